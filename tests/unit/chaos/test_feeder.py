"""The feeder's rate: full up to a mark; spread out during a fault, then a trickle for second tries."""

import time
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from tests.chaos import feeder as feeding
from tests.chaos.feeder import Feeder
from tests.chaos.run import share
from tests.chaos.schedule import END, LAST, OTHERS, Plan, others, schedule
from tests.chaos.traffic import Message

EVENTS = 1_000


@pytest.fixture
def feeder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feeder]:
    """A feeder to a broker that never answers: its messages wait."""
    monkeypatch.setattr(feeding, "_LEAST", 300.0)
    made = Feeder(KafkaSettings(bootstrap="127.0.0.1:9"), repeat(Message("facts", b"k", b"v", 1)), EVENTS, 2_000.0)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def reaches(feeder: Feeder, count: int) -> Callable[[], bool]:
    def reached() -> bool:
        feeder.await_sent(count, 20.0)
        time.sleep(0.2)  # and nothing more
        return feeder.sent == count

    return reached


def test_nothing_is_sent_beyond_the_mark(feeder: Feeder) -> None:
    feeder.allow(50)
    assert reaches(feeder, 50)()


def test_a_fault_that_takes_longer_than_its_share_still_has_traffic(feeder: Feeder) -> None:
    feeder.allow(50, trickle_to=90)
    assert reaches(feeder, 90)()


def test_a_trickle_beyond_the_next_mark_is_not_taken_back(feeder: Feeder) -> None:
    feeder.allow(10, trickle_to=90)
    assert reaches(feeder, 90)()
    feeder.allow(50)
    assert reaches(feeder, 90)()
    feeder.allow(100)
    assert reaches(feeder, 100)()


@pytest.mark.parametrize(
    ("sent", "upto"),
    [
        (1_000, 1_800),  # at its mark
        (1_400, 1_800),  # a slow fault before has used half
        (1_700, 2_100),  # more
        (5_000, 5_400),
    ],
)
def test_every_fault_has_half_its_share_of_traffic_at_least(sent: int, upto: int) -> None:
    assert upto == share(1_000, 1_800, sent)


def test_the_last_faults_have_a_trickle_for_minutes() -> None:
    """Two tries of two starts, 65 s each, when the last one is missed."""
    events = 40_000  # the short run's
    faults = schedule(2026, Plan(events, 3, 1, 9, others(OTHERS, 1), (3.0, 15.0)))
    spread = share(faults[-1].mark, int(LAST * events), faults[-1].mark)
    assert (int(END * events) - spread) / feeding._LEAST > 4 * 65
