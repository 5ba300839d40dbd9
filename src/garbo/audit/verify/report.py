"""The checker's report: counts, and the first violations of each invariant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SHOWN: Final = 5

# The report lists them, so that nobody reads a missing line as a proof.
NOT_CHECKED: Final = {
    "I5": "explainable and reproducible: not checked here; `garbo replay-decision --all` checks it",
}


@dataclass(slots=True)
class InvariantResult:
    """One invariant. says: what it promises; checked: the number of items checked; 0: there was nothing to check."""

    name: str
    says: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    results: Sequence[InvariantResult]
    counts: dict[str, int]
    notes: list[str]

    @property
    def violations(self) -> int:
        return sum(len(j.violations) for j in self.results)

    def of(self, name: str) -> InvariantResult:
        return next(j for j in self.results if j.name == name)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types."""
        return {
            "violations": self.violations,
            "counts": self.counts,
            "invariants": {
                j.name: {
                    "says": j.says, "checked": j.checked, "violations": len(j.violations),
                    "first": j.violations[:SHOWN],
                }
                for j in self.results
            },
            "not_checked": dict(NOT_CHECKED),
            "notes": self.notes,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The report as lines of text."""
        lines = [", ".join(f"{count:,} {what}" for what, count in self.counts.items())]
        for j in self.results:
            verdict = f"{len(j.violations):,} VIOLATIONS" if j.violations else "ok" if j.checked else "nothing to check"
            lines.append(f"{j.name}  {j.says}: {verdict} ({j.checked:,} checked)")
            lines += [f"    {example}" for example in j.violations[:SHOWN]]
            if len(j.violations) > SHOWN:
                lines.append(f"    ... and {len(j.violations) - SHOWN:,} more")
        lines += [f"{name}  {says}" for name, says in NOT_CHECKED.items()]
        return lines + [f"note: {note}" for note in self.notes]
