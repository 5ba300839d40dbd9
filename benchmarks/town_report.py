"""The journey report of the bank's town: persons who answer Garbo, in one thread, without a broker.

    python -m benchmarks.town_report docs/journey-report-bank.html --journey card

The cells are those that the processor journey_kpis wrote. 2,500 persons and 75 days take ten minutes.
"""

import argparse
from datetime import date
from pathlib import Path
from typing import Final

from garbo.core.journeys.cells import decode
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.merged import PartitionCell, ripe_cells
from garbo.journeys.narrowing import Bar
from garbo.journeys.plan_of import plans_of
from garbo.journeys.report.build import build
from garbo.journeys.report.page import page
from garbo.policy.loader import load
from garbo.processors.journey_kpis import STATE, key_of
from garbo.simulation.loop import run
from garbo.simulation.summary import Summary
from garbo.simulation.town import Town
from garbo.simulation.world import START
from garbo.testing import Driver
from garbo.testing.one_thread import OneThread

BANK: Final = Path(__file__).parents[1] / "examples/bank"
PARTITIONS: Final = 8
TITLE: Final = {"en": "The bank's town: simulated persons", "it": "La città della banca: persone simulate"}


def cells_of(parties: int, days: int, seed: int, start: date = START) -> list[PartitionCell]:
    """The cells of a town."""
    driver = Driver(load(BANK), partitions=PARTITIONS)
    run(Town(seed, parties, days, start), OneThread(driver), Summary())
    return [
        PartitionCell(partition, key_of(key), decode(value))
        for partition in range(PARTITIONS)
        for key, value in driver.table("journey_kpis", partition).scan()
        if key != STATE
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("html", type=Path)
    parser.add_argument("--journey", action="append")
    parser.add_argument("--language", default="en")
    parser.add_argument("--parties", type=int, default=2_500)
    parser.add_argument("--days", type=int, default=75)
    parser.add_argument("--seed", type=int, default=7)
    a = parser.parse_args()
    cells = cells_of(a.parties, a.days, a.seed)
    until = (max(c.key.window for c in cells) + 1) * HOUR
    plans = [plan for plan in plans_of(load(BANK)).values() if ripe_cells(plan, cells, until)[1]]
    a.html.write_text(page(build(TITLE, plans, cells, until, Bar(), only=a.journey), a.language, Bar()), "utf-8")


if __name__ == "__main__":
    main()
