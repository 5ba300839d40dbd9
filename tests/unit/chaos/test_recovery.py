"""A fault that lasts is looked at all the while: the longest that anything waited is its time, and no sleep of ours."""

from typing import Any, cast

import pytest

from tests.chaos.bench import Bench
from tests.chaos.clock import Clock
from tests.chaos.recovery import AFTER_S, LIMIT_S, Hurt, Inputs


def test_a_fault_that_is_over_at_once_takes_until_all_is_committed() -> None:
    hurt = Hurt("kill", 10.0)
    hurt.works(17.0)
    assert 7.0 == hurt.took


def test_the_longest_wait_counts_while_it_lasts_and_what_is_asked_at_its_end_does_too() -> None:
    hurt = Hurt("scale", 10.0, lasts=True)
    hurt.ends = {}
    hurt.works(12.0)
    assert (12.0, None, None) == (hurt.at, hurt.ends, hurt.took)
    hurt.works(21.0)  # 9 s of nothing
    hurt.works(22.0)
    hurt.over(24.0)
    assert (24.0, None) == (hurt.at, hurt.ends)  # the end is looked at again
    hurt.works(26.0)
    assert 9.0 == hurt.took


def test_who_waits_at_the_end_has_waited_since_before() -> None:
    hurt = Hurt("terminate", 10.0, lasts=True)
    hurt.over(40.0)
    hurt.works(45.0)
    assert 35.0 == hurt.took


class Time:
    """Passes only when somebody sleeps. It begins where a machine's clock may be."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Works(Inputs):
    """A pipeline that has always committed all, at least until it stops."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.stopped = False

    def ends(self) -> Any:
        return {}

    def behind(self, ends: Any) -> int:
        return int(self.stopped)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def bench(time: Time) -> Bench:
    none, clock = cast("Any", None), Clock(lambda: time.now, time.sleep)
    return Bench(none, none, none, none, Works(clock), none, none, none, 3, none, clock)


def test_what_recovers_while_we_wait_for_something_else_has_recovered_then(bench: Bench) -> None:
    """As soon as the first look after the fault finds everything committed, not when the wait is over."""
    hurt = bench.hurt("model_slow")
    assert not bench.watch(lambda: False, 30.0)
    assert hurt.took == pytest.approx(AFTER_S, abs=0.3)


def test_what_never_works_again_is_waited_for_and_remembered(bench: Bench, time: Time) -> None:
    cast("Works", bench.inputs).stopped = True
    hurt = bench.hurt("disk_full")
    bench.recovered(seconds=100.0)
    assert (1100.0, hurt.took) == (pytest.approx(time.now, abs=0.3), pytest.approx(100.0, abs=0.3))
    assert ["disk_full at 0 s: never recovered"] == bench.wrong


def test_a_fault_through_which_all_works_takes_less_than_we_sleep(bench: Bench, time: Time) -> None:
    with bench.hurting("zombie") as hurt:
        bench.sleep_until(time.now + 40.0)
    bench.recovered()
    assert time.now >= 1040.0
    assert hurt.took is not None
    assert hurt.took < 4.0  # the last two seconds of a sleep are not looked at


def test_one_that_recovered_too_late_is_reported_also_when_nobody_waited_for_it(bench: Bench, time: Time) -> None:
    bench.hurt("disk_full", time.now - LIMIT_S - 5)
    bench.watch(lambda: False, 0.0)
    bench.recovered()
    bench.recovered()
    assert ["disk_full at -65 s: recovered after 65.0 s"] == bench.wrong
