"""BPI 2012 through the engine: its log is laid on the map of examples/bpi2012, counted, and drawn.

    python -m benchmarks.bpi2012 LOG.xes.gz --html examples/bpi2012/report.html --html examples/bpi2012/report.it.html
    python -m benchmarks.bpi2012 LOG.xes.gz --counts

Each event is a touchpoint of a person, the case. The pipeline places it, in one thread: resolve, decide and
journey_kpis are those of a worker. `benchmarks.bpi2012_independent` counts the same without Garbo, and its counts must
be equal. The log is not in this repository: examples/bpi2012/README.md says where it is from.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bpi2012_independent import MAP, Case, read, until_of
from garbo.core.journeys.cells import COUNTS, decode
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.policy import Policy
from garbo.core.policy.themes import Theme
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.merged import PartitionCell
from garbo.journeys.narrowing import Bar
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.plan_of import plans_of
from garbo.journeys.report.build import build
from garbo.journeys.report.page import page
from garbo.policy.build.journeys import journeys
from garbo.policy.schema.journey import JourneyFile
from garbo.policy.yaml_reader import read as read_yaml
from garbo.processors.journey_kpis import STATE, key_of
from garbo.testing import Driver, touchpoint

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
TICK: Final = 24 * HOUR


class Placed(NamedTuple):
    """What the engine made of the log. until: the end of its last hour (ms)."""

    plan: JourneyPlan
    cells: list[PartitionCell]
    until: int


def policy() -> Policy:
    """The map alone: a log of the past is not answered, so there is no action, no need and no model."""
    given = JourneyFile.model_validate(read_yaml(MAP.read_text("utf-8")).data)
    return Policy(
        "bpi2012",
        name="bpi2012",
        zone="UTC",
        languages=("en", "it"),
        touchpoints={name: TouchpointKind(name, t.meaning, tuple(t.channels)) for name, t in given.touchpoints.items()},
        journeys=journeys(given, {}),
        themes={JOURNEY: Theme(JOURNEY)},
    )


def place(cases: Iterable[Case]) -> Placed:
    """Send all events in the order of time, and let time pass in between."""
    cases = list(cases)
    found, until = policy(), until_of(cases)
    driver = Driver(found, partitions=PARTITIONS)
    events = sorted((at, case, n, kind) for case, happened in cases for n, (at, kind) in enumerate(happened))
    now = events[0][0]
    for at, case, n, kind in events:
        while at > now + TICK:
            now += TICK
            driver.tick(now)
            driver.take()
        driver.send(touchpoint("branch", kind, at, theme=JOURNEY, customer_id=case, event_id=f"{case}-{n}"))
    driver.tick(until)
    cells = [
        PartitionCell(partition, key_of(key), decode(value))
        for partition in range(PARTITIONS)
        for key, value in driver.table("journey_kpis", partition).scan()
        if key != STATE
    ]
    return Placed(plans_of(found)[JOURNEY], [c for c in cells if c.key.journey == JOURNEY], until)


def counts(found: Iterable[PartitionCell]) -> Counter[str]:
    """`stage count` and `origin > target`, for the comparison."""
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
    parser.add_argument("--html", type=Path, action="append", default=[], help="*.it.html is in Italian")
    parser.add_argument("--counts", action="store_true")
    a = parser.parse_args()
    placed = place(read(a.log))
    if a.counts:
        for name, n in sorted(counts(placed.cells).items()):
            print(f"{n:7,} {name}")
    if a.html:
        report = build(TITLE, [placed.plan], placed.cells, placed.until, Bar(), NOTES)
        for path in a.html:
            path.write_text(page(report, "it" if path.name.endswith(".it.html") else "en", Bar()), "utf-8")


if __name__ == "__main__":
    main()
