"""What reading journey KPIs costs: cells applied from the topic, the first answer about a month, and later ones.

    python -m benchmarks.journey_read [--partitions 12] [--facts 432000]

A month of one journey: 30 days, 7 stages, 6 channels, 3 segments, the facts spread over them evenly. Seconds of
processor time, in which a busy machine matters less, and of the clock.
"""

import argparse
import random
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.journeys.cells import Cell, CellKey, encode, fold, positions
from garbo.core.vocabulary.effects import Flow, FlowKind, JourneyKpi
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.processors.journey_kpis import row_key
from garbo.processors.ports import ConsumerRecord
from garbo.readmodel.journey_kpis import Question, of_records

START: Final = 1_740_960_000_000  # Monday 3 March 2025
STAGES: Final = ("discovery", "consideration", "enquiry", "proposal", "decision", "onboarding", "aside")
CHANNELS: Final = ("web", "app", "email", "sms", "branch", "call_centre")
SEGMENTS: Final = ("young", "family", "all")
KINDS: Final = (*[FlowKind.MOVE] * 4, FlowKind.ENTER, FlowKind.STAY, FlowKind.STAY, FlowKind.DROP, FlowKind.CONTACT)


def facts(count: int) -> Iterator[Flow]:
    dice = random.Random(5)
    for _ in range(count):
        at, origin = START + dice.randrange(30 * DAY), dice.choice(STAGES)
        yield Flow(
            "p", at, "journey", origin, dice.choice(STAGES), "visit", dice.randrange(5 * DAY), dice.choice(KINDS),
            "card", 1, dice.choice(CHANNELS), dice.choice(CHANNELS), dice.choice(SEGMENTS),
            dice.choice(("", "", "cap:weekly")), dice.randrange(-1, DAY), action=dice.choice(("call", "offer")),
        )  # fmt: skip


def topic(count: int, partitions: int, codec: AvroCodec) -> list[ConsumerRecord]:
    """journey-kpis as compaction leaves it."""
    tables: list[dict[CellKey, Cell]] = [{} for _ in range(partitions)]
    paths = positions({"card": STAGES[:-1]})
    for offset, fact in enumerate(facts(count)):
        table = tables[offset % partitions]
        fold(lambda key, table=table: table.setdefault(key, Cell()), fact, offset, paths)  # type: ignore[misc]
    return [
        ConsumerRecord(
            "journey-kpis", p, n, row_key(key),
            codec.encode(JourneyKpi(p, key.window * HOUR, *key[1:], cell.upto, encode(cell))), 0,
        )
        for p, table in enumerate(tables)
        for n, (key, cell) in enumerate(table.items())
    ]  # fmt: skip


def timed(what: str, work: Callable[[], Any], per: int = 0) -> Any:
    began, used = time.perf_counter(), time.process_time()
    found = work()
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{what:42} {took * 1000:8.0f} ms, processor {cpu * 1000:8.0f} ms"
          + (f", {cpu / per * 1e6:.1f} us each" if per else ""), flush=True)  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--facts", type=int, default=432_000)
    given = parser.parse_args()
    codec = AvroCodec(PackagedRegistry())
    records = topic(given.facts, given.partitions, codec)
    print(f"{len(records):,} cells of {given.partitions} partitions, {given.facts:,} facts")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kpis = timed("apply the topic", lambda: of_records(records, codec), len(records))
    print(f"{'memory that it takes':42} {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:8.0f} MB")
    questions = {
        "by stage": Question("card"),
        "by stage, once more": Question("card"),
        "by day, stage, channel": Question("card", by="day", split=("stage", "channel")),
        "one stage by day": Question("card", by="day", stage="enquiry"),
        "one day by hour and stage": Question("card", START + 9 * DAY, START + 10 * DAY, by="hour"),
    }
    for name, question in questions.items():
        timed(f"read the month: {name}", lambda question=question: kpis.read(question))  # type: ignore[misc]
    timed("apply 10,000 cells again", lambda: [kpis.apply(r, codec) for r in records[:10_000]], 10_000)
    timed("read the month: by stage, after that", lambda: kpis.read(Question("card")))


if __name__ == "__main__":
    main()
