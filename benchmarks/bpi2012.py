"""Lay BPI 2012 on the map of examples/bpi2012, and write the report. No engine: a second, independent way to place.

    python -m benchmarks.bpi2012 LOG.xes.gz --html examples/bpi2012/report.html    # --language it
    python -m benchmarks.bpi2012 LOG.xes.gz --counts

The log is not in this repository: examples/bpi2012/README.md says where it is from. Events are taken in order, so this
script has no journal and mends nothing; it shares no code with `garbo.core.journeys.placement`, and its counts must be
equal.
"""

import argparse
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import yaml

from garbo.core.journeys.cells import COUNTS, Cell, CellKey, fold, positions
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.merged import PartitionCell
from garbo.journeys.narrowing import Bar
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.report.build import build
from garbo.journeys.report.page import page

MAP: Final = Path(__file__).parents[1] / "examples/bpi2012/journey.yaml"
PARTITIONS: Final = 16
JOURNEY: Final = "loan"
TITLE: Final = {"en": "Loan applications (BPI Challenge 2012)", "it": "Domande di prestito (BPI Challenge 2012)"}
NOTES: Final = (
    {
        "en": "Data: van Dongen, B.F., BPI Challenge 2012, 4TU.ResearchData, doi:10.4121/uuid:3926db30-f712-4394-aebc-"
        "75976070e91f; a subset of 4,366 cases. This page holds sums only. Half of the cancelled "
        "offers had been out for thirty days or longer; an offer that comes back does so after ten (median).",
        "it": "Dati: van Dongen, B.F., BPI Challenge 2012, 4TU.ResearchData, doi:10.4121/uuid:3926db30-f712-4394-aebc-"
        "75976070e91f; un sottoinsieme di 4.366 casi. Questa pagina contiene solo somme. Metà delle "
        "offerte annullate era fuori da almeno trenta giorni; un'offerta che ritorna lo fa dopo dieci (mediana).",
    },
)


@dataclass
class Visit:
    """Where a case is. touched: the last event in the stage (ms)."""

    stage: str
    since: int
    touched: int
    began: int
    trail: list[str] = field(default_factory=list)


class Map:
    """journey.yaml, read for this script."""

    def __init__(self, path: Path) -> None:
        # BaseLoader: all scalars are strings, and `on` is a word.
        journey = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)["journeys"][JOURNEY]  # noqa: S506
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
        self.plan = JourneyPlan(
            JOURNEY,
            [StagePlan(n, s["label"], patience=self.patience[n], turn=s["turn"]) for n, s in self.stages.items()],
            self.ideal, self.goal, journey["ends"], journey["label"],
        )  # fmt: skip


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def read(path: Path) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Case and its events (ms, kind), in the order of the log; work items by their START."""
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
                events.append((round(at * 1000), said["concept:name"].replace(" ", "_")))
            yield case, sorted(events, key=lambda e: e[0])  # stable: equal instants stay in the log's order
            trace.clear()


def place(map_: Map, case: str, events: list[tuple[int, str]], until: int) -> Iterator[Flow]:
    """The facts of one case, up to `until` (ms)."""
    now: Visit | None = None
    for at, kind in [*events, (until, "")]:
        if now and at >= now.touched + map_.patience[now.stage]:
            when = now.touched + map_.patience[now.stage]
            ended = FlowKind.END if now.stage in map_.ends else FlowKind.DROP
            yield _fact(case, when, ended, now.stage, "", when - now.since)
            now = None
        target = map_.moves.get((now.stage if now else "start", kind))
        if not kind:
            return
        if target is None:
            if now is None:
                yield _fact(case, at, FlowKind.OFF_MAP, "", "")
            else:
                known = kind in map_.stages[now.stage].get("touchpoints", {})
                yield _fact(case, at, FlowKind.STAY if known else FlowKind.OFF_MAP, now.stage, "")
                now.touched = at
            continue
        origin = now.stage if now else ""
        yield _fact(case, at, FlowKind.MOVE if now else FlowKind.ENTER, origin, target, at - now.since if now else 0)
        trail, began = (now.trail, now.began) if now else ([], at)
        if target in trail:
            yield _fact(case, at, FlowKind.RETURN, origin, target)
        first = map_.ideal.index(origin) + 1 if origin in map_.ideal else 0
        last = map_.ideal.index(target) if target in map_.ideal else 0
        for passed in map_.ideal[first:last]:
            if passed not in trail:
                yield _fact(case, at, FlowKind.SKIP, origin, passed)
        if target == map_.goal:
            yield _fact(case, at, FlowKind.GOAL, origin, target, at - began)
        now = Visit(target, at, at, began, [*trail, target])


def _fact(case: str, at: int, kind: FlowKind, origin: str, target: str, dwell: int = 0) -> Flow:
    return Flow(case, at, "journey", origin, target, "", dwell, kind, JOURNEY, segment="all")


def cells(map_: Map, log: Path) -> tuple[list[PartitionCell], int]:
    """The cells of the log, and the end of its last hour (ms)."""
    cases = list(read(log))
    until = (max(at for _, events in cases for at, _ in events) // HOUR + 1) * HOUR
    paths = positions({JOURNEY: map_.ideal})
    tables: list[dict[CellKey, Cell]] = [{} for _ in range(PARTITIONS)]
    offsets = [0] * PARTITIONS
    for case, events in cases:
        partition = zlib.crc32(case.encode()) % PARTITIONS
        table = tables[partition]
        for fact in place(map_, case, events, until):
            fold(lambda key, table=table: table.setdefault(key, Cell()), fact, offsets[partition], paths)  # type: ignore[misc]
            offsets[partition] += 1
    return [PartitionCell(p, key, cell) for p, table in enumerate(tables) for key, cell in table.items()], until


def counts(found: list[PartitionCell]) -> Counter[str]:
    """`stage count` and `origin > target`, for the comparison with the engine's placement."""
    total: Counter[str] = Counter()
    for _, key, cell in found:
        for index, n in cell.counts.items():
            total[f"{key.stage} {COUNTS[index]}"] += n
        for target, n in cell.targets.items():
            total[f"{key.stage} > {target}"] += n
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--html", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--counts", action="store_true")
    a = parser.parse_args()
    map_ = Map(MAP)
    found, until = cells(map_, a.log)
    if a.counts:
        for name, n in sorted(counts(found).items()):
            print(f"{n:7,} {name}")
    if a.html:
        a.html.write_text(page(build(TITLE, [map_.plan], found, until, Bar(), NOTES), a.language, Bar()), "utf-8")


if __name__ == "__main__":
    main()
