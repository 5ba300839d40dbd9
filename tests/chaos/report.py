"""The report of a fault run: JSON for programs, Markdown for docs/guarantees.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from garbo.runtime.crash_points import POINTS
from tests.chaos.recovery import LIMIT_S, FaultWatch
from tests.chaos.schedule import CRASH_POINT, KILL


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one run. Counts by name; `verdict`: verdict.Verdict as a dict.

    asked: requested kills at each crash point. wanted: requested faults by kind. kill_marks: progress at each kill -9,
    0 to 1. recovery: by kind, in seconds.
    """

    commit: str
    seed: int
    command: str
    workers: int
    partitions: int
    seconds: float
    events: int
    sent: Mapping[str, int]
    hits: Mapping[str, int]
    asked: Mapping[str, int]
    wanted: Mapping[str, int]
    faults: Mapping[str, int]
    kill_marks: Sequence[float]
    recovery: Mapping[str, Mapping[str, float]]
    exits: Mapping[str, int]
    last_exits: Sequence[int]
    starts: int
    assignments: int
    missed: Sequence[str]
    wrong: Sequence[str]
    story: Sequence[str]
    verdict: Mapping[str, Any]
    bug: str = ""

    def as_dict(self) -> dict[str, Any]:
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"passed": not self.failures(), "failures": self.failures(), **plain}

    @property
    def random_kills(self) -> int:
        return self.faults.get(KILL, 0)

    def failures(self) -> list[str]:
        """The reasons why this run failed or proves nothing; empty if it passed."""
        found = list(self.wrong)
        if violations := self.verdict["violations"]:
            found.append(f"{violations} violations")
        found += [
            f"{name}: nothing was checked"
            for name in ("I1", "I2", "I3", "I4", "I5", "I7", "I8", "I19")
            if not self.verdict["invariants"].get(name, {}).get("checked")
        ]
        found += [
            f"{point}: {self.hits.get(point, 0)} kills of {count}"
            for point, count in self.asked.items()
            if self.hits.get(point, 0) < count
        ]
        # A kind may be missed now and then, but each must occur at least once.
        found += [f"{kind} never occurred" for kind in self.wanted if not self.faults.get(kind)]
        if (kills := self.random_kills) < self.wanted.get(KILL, 0):
            found.append(f"{kills} random kills of {self.wanted[KILL]}")
        if early := [mark for mark in self.kill_marks if not 0.2 <= mark <= 0.9]:
            found.append(f"{len(early)} kills before 20 % or after 90 % of progress")
        if bugs := sum(count for name, count in self.exits.items() if name.startswith("4 ")):
            found.append(f"{bugs} times a processor raised (exit code 4)")
        if any(self.last_exits):
            found.append(f"after the final SIGTERM the workers ended with {list(self.last_exits)}")
        return found


def recovery(watches: Iterable[FaultWatch]) -> dict[str, dict[str, float]]:
    """By kind: the number of recoveries, their median and maximum in seconds."""
    took: dict[str, list[float]] = defaultdict(list)
    for watch in watches:
        took[watch.kind].append(LIMIT_S * 10 if watch.took is None else watch.took)
    return {
        kind: {"count": len(seconds), "median": round(median(seconds), 1), "max": round(max(seconds), 1)}
        for kind, seconds in sorted(took.items())
    }


def markdown(result: Result) -> str:
    """The report as Markdown."""
    failures = result.failures()
    kills = sum(result.hits.values())
    others = sum(result.faults.values()) - kills - result.random_kills
    result_word = "FAILED" if failures else "Passed"
    run = f"{result.workers} workers, {result.partitions} partitions, {result.seconds / 60:.1f} minutes"
    done = f"{kills} kills at crash points, {result.random_kills} random kills, {others} other faults"
    what = f"{result.starts} processes, {result.assignments} assignments"
    lines = [f"**{result_word}**: commit `{result.commit}`, seed {result.seed}, {run}.", ""]
    lines += [f"{result.events:,} events sent. {done}; {what}.", "", f"`{result.command}`", ""]
    if result.bug:
        lines += [f"With the seeded bug `{result.bug}`.", ""]
    lines += [f"- {failure}" for failure in failures] + [""] * bool(failures)
    lines += _verdict(result)
    lines += _table("Kills by crash point", ("point", "kills", "requested"), _points(result))
    times = [(kind, count) for kind, count in sorted(result.faults.items()) if kind != CRASH_POINT]
    lines += _table("Faults", ("fault", "times"), times)
    took = [(kind, t["count"], f"{t['median']:.1f}", f"{t['max']:.1f}") for kind, t in result.recovery.items()]
    lines += _table("Seconds until all waiting records are committed", ("after", "times", "median", "max"), took)
    lines += _table("How processes ended", ("end", "times"), sorted(result.exits.items()))
    lines += _table("Sent", ("kind", "messages"), [(k, f"{n:,}") for k, n in result.sent.items() if ": " not in k])
    kinds = [(k, f"{n:,}") for k, n in result.verdict["kinds"].items()]
    lines += _table("Outcomes", ("outcome", "records"), kinds)
    if result.missed:
        lines += ["### Faults that did not occur", "", *(f"- {what}" for what in result.missed), ""]
    return "\n".join(lines).rstrip() + "\n"


def _points(result: Result) -> list[tuple[Any, ...]]:
    points = [point for point in POINTS if point in result.hits or point in result.asked]
    return [(f"`{point}`", result.hits.get(point, 0), result.asked.get(point, 0)) for point in points]


def _verdict(result: Result) -> list[str]:
    invariants = result.verdict["invariants"]
    rows = [
        (name, i["says"], f"{i['checked']:,}", f"{i['violations']:,}")
        for name, i in sorted(invariants.items(), key=lambda entry: _number(entry[0]))
    ]
    lines = _table("Invariants", ("", "says", "checked", "violations"), rows)
    lines += [f"- {name}: {example}" for name, i in invariants.items() for example in i["first"]]
    kills = sum(result.hits.values()) + result.random_kills
    if kills and not result.verdict["violations"]:
        lines += [f"No violation in {kills} kills: with 95 % confidence the rate is below 3/{kills} = {3 / kills:.1%}."]
    return [*lines, ""]


def _number(name: str) -> tuple[int, str]:
    """I2 before I11, and what has no number last."""
    digits = re.match(r"I(\d+)", name)
    return (int(digits[1]) if digits else 99, name)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    if not rows:
        return []
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows), ""]


def asked(faults: Iterable[Any]) -> Counter[str]:
    """The requested kills at each crash point."""
    return Counter(fault.with_["point"] for fault in faults if fault.kind == CRASH_POINT)
