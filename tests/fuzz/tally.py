"""Counts of the messages' outcomes: target, outcome, reason."""

from collections import Counter
from collections.abc import Iterable


class Tally:
    """Counts by (target, outcome, reason)."""

    def __init__(self) -> None:
        self.ends: Counter[tuple[str, str, str]] = Counter()
        self.slowest: dict[str, float] = {}

    def note(self, target: str, outcome: str, reason: str = "") -> None:
        self.ends[target, outcome, reason] += 1

    def took(self, target: str, seconds: float) -> None:
        if seconds > self.slowest.get(target, 0.0):
            self.slowest[target] = seconds

    @property
    def messages(self) -> int:
        return sum(self.ends.values())

    def add(self, ends: Iterable[tuple[tuple[str, str, str], int]], slowest: dict[str, float]) -> None:
        for end, count in ends:
            self.ends[end] += count
        for target, seconds in slowest.items():
            self.took(target, seconds)

    def table(self) -> list[str]:
        """The counts as a Markdown table (docs/fuzzing.md)."""
        lines = ["| target | messages | slowest | outcomes |", "|---|---:|---:|---|"]
        for target in sorted({target for target, _, _ in self.ends}):
            mine = sorted((-n, o, r) for (t, o, r), n in self.ends.items() if t == target)
            ends = ", ".join(f"{o} {r} {-n:,}".replace("  ", " ") for n, o, r in mine)
            slowest = f"{1000 * self.slowest[target]:.1f} ms" if target in self.slowest else ""
            lines.append(f"| {target} | {-sum(n for n, _, _ in mine):,} | {slowest} | {ends} |")
        return lines
