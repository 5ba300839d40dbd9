"""Count BPI 2012 on the map of examples/bpi2012 without Garbo: nothing of it is imported.

    python -m benchmarks.bpi2012_independent LOG.xes.gz

It takes each case by itself, event by event, with a dictionary for the map: no journal, no timer, no cell. The output
is that of `python -m benchmarks.bpi2012 LOG.xes.gz --counts`, and must be equal.

Rules
 1. A work item counts when it starts. Of events at one instant each comes a millisecond after the one before it, in the
    order of the log.
 2. The log ends with its last hour.
"""

import argparse
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

import yaml

MAP: Final = Path(__file__).parents[1] / "examples/bpi2012/journey.yaml"
DAY, HOUR = 86_400_000, 3_600_000

Case: TypeAlias = tuple[str, list[tuple[int, str]]]
"""A case, and its events in order: instant (ms), kind."""


@dataclass
class Visit:
    """Where a case is. touched: the last event in the stage (ms)."""

    stage: str
    touched: int
    seen: set[str] = field(default_factory=set)


class Map:
    """journey.yaml as dictionaries."""

    def __init__(self, path: Path = MAP) -> None:
        # BaseLoader: all scalars are strings, and `on` is a word.
        journey = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)["journeys"]["loan"]  # noqa: S506
        self.ideal: list[str] = journey["ideal"]
        self.goal: str = journey["goal"]["stage"]
        self.ends = {self.goal, *journey["ends"]}
        self.stages: dict[str, dict[str, Any]] = journey["stages"]
        self.patience = {name: int(s["patience"].removesuffix("d")) * DAY for name, s in self.stages.items()}
        self.moves: dict[tuple[str, str], str] = {}
        for move in journey["moves"]:
            for origin in _listed(move["from"]):
                for kind in _listed(move["on"]):
                    self.moves.setdefault((origin, kind), move["to"])

    def exit(self, origin: str, target: str) -> str:
        """onward, back or aside, by the ideal path."""
        if target not in self.ideal:
            return "aside"
        place = self.ideal.index(origin) if origin in self.ideal else -1
        return "onward" if self.ideal.index(target) > place else "back"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def read(path: Path) -> Iterator[Case]:
    """The cases of an XES log (rule 1)."""
    with gzip.open(path) as raw:
        for _, trace in ElementTree.iterparse(raw):
            if trace.tag.rpartition("}")[2] != "trace":
                continue
            case = next(c.get("value", "") for c in trace if c.get("key") == "concept:name")
            events = []
            for event in (e for e in trace if e.tag.rpartition("}")[2] == "event"):
                said = {c.get("key"): c.get("value", "") for c in event}
                if said["concept:name"].startswith("W_") and said["lifecycle:transition"] != "START":
                    continue
                at = datetime.fromisoformat(said["time:timestamp"]).timestamp()
                events.append((round(at * 1000), said["concept:name"].replace(" ", "_").lower()))
            yield case, apart(sorted(events, key=lambda e: e[0]))  # stable: equal instants stay in the log's order
            trace.clear()


def apart(events: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Events at one instant, a millisecond apart."""
    found: list[tuple[int, str]] = []
    for at, kind in events:
        found.append((max(at, found[-1][0] + 1) if found else at, kind))
    return found


def until_of(cases: Iterable[Case]) -> int:
    """The end of the log's last hour (ms)."""
    return (max(at for _, events in cases for at, _ in events) // HOUR + 1) * HOUR


def count(map_: Map, cases: Iterable[Case]) -> Counter[str]:
    """`stage count` and `origin > target`, over all cases."""
    cases = list(cases)
    total: Counter[str] = Counter()
    until = until_of(cases)
    for _, events in cases:
        _count_case(map_, [*events, (until, "")], total)
    return total


def _count_case(map_: Map, events: Iterable[tuple[int, str]], total: Counter[str]) -> None:
    now: Visit | None = None
    for at, kind in events:
        if now is not None and at >= now.touched + map_.patience[now.stage]:
            total[f"{now.stage} {'end' if now.stage in map_.ends else 'drop'}"] += 1
            now = None
        if not kind:
            return
        origin = now.stage if now is not None else ""
        target = map_.moves.get((origin or "start", kind))
        if target is None or target == origin:
            _touch(map_, now, at, kind, total)
            continue
        if origin:
            total[f"{origin} {map_.exit(origin, target)}"] += 1
            total[f"{origin} > {target}"] += 1
        seen = now.seen if now is not None else set()
        total[f"{target} enter"] += 1
        total[f"{target} return"] += target in seen
        total[f"{target} goal"] += target == map_.goal
        first = map_.ideal.index(origin) + 1 if origin in map_.ideal else 0
        last = map_.ideal.index(target) if target in map_.ideal else 0
        for passed in map_.ideal[first:last]:
            total[f"{passed} skip"] += passed not in seen
        now = Visit(target, at, {*seen, target})


def _touch(map_: Map, now: Visit | None, at: int, kind: str, total: Counter[str]) -> None:
    if now is None:
        total[" off_map"] += 1
        return
    foreseen = kind in map_.stages[now.stage].get("touchpoints", {})
    total[f"{now.stage} {'stay' if foreseen else 'off_map'}"] += 1
    now.touched = at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    for name, n in sorted(count(Map(), read(parser.parse_args().log)).items()):
        if n:
            print(f"{n:7,} {name}")


if __name__ == "__main__":
    main()
