"""A lasting fault is observed all the time: its time is the longest wait of a record, without the harness's sleeps."""

from typing import Any, cast

import pytest

from tests.chaos.bench import Bench
from tests.chaos.clock import Clock
from tests.chaos.recovery import AFTER_S, LIMIT_S, FaultWatch, Inputs


def test_a_momentary_fault_takes_until_everything_is_committed() -> None:
    watch = FaultWatch("kill", 10.0)
    watch.works(17.0)
    assert 7.0 == watch.took


def test_the_longest_wait_counts_while_it_lasts_and_at_its_end() -> None:
    watch = FaultWatch("scale", 10.0, lasts=True)
    watch.ends = {}
    watch.works(12.0)
    assert (12.0, None, None) == (watch.at, watch.ends, watch.took)
    watch.works(21.0)  # 9 s of nothing
    watch.works(22.0)
    watch.over(24.0)
    assert (24.0, None) == (watch.at, watch.ends)  # a new look begins at the end
    watch.works(26.0)
    assert 9.0 == watch.took


def test_a_wait_at_the_end_counts_from_its_beginning() -> None:
    watch = FaultWatch("terminate", 10.0, lasts=True)
    watch.over(40.0)
    watch.works(45.0)
    assert 35.0 == watch.took


class Time:
    """A clock that only a sleep advances. It begins at a plausible monotonic time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Works(Inputs):
    """A pipeline that has always committed everything, at least until it stops."""

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


def test_a_recovery_during_another_wait_has_its_own_time(bench: Bench) -> None:
    """As soon as the first look after the fault finds everything committed, not when the wait is over."""
    watch = bench.fault_ended("model_slow")
    assert not bench.watch(lambda: False, 30.0)
    assert watch.took == pytest.approx(AFTER_S, abs=0.3)


def test_what_never_works_again_is_waited_for_and_remembered(bench: Bench, time: Time) -> None:
    cast("Works", bench.inputs).stopped = True
    watch = bench.fault_ended("disk_full")
    bench.recovered(seconds=100.0)
    assert (1100.0, watch.took) == (pytest.approx(time.now, abs=0.3), pytest.approx(100.0, abs=0.3))
    assert ["disk_full at 0 s: never recovered"] == bench.wrong


def test_a_fault_without_effect_takes_less_than_the_sleep(bench: Bench, time: Time) -> None:
    with bench.fault_lasts("zombie") as watch:
        bench.sleep_until(time.now + 40.0)
    bench.recovered()
    assert time.now >= 1040.0
    assert watch.took is not None
    assert watch.took < 4.0  # the last two seconds of a sleep are not looked at


def test_one_that_recovered_too_late_is_reported_also_when_nobody_waited_for_it(bench: Bench, time: Time) -> None:
    bench.fault_ended("disk_full", time.now - LIMIT_S - 5)
    bench.watch(lambda: False, 0.0)
    bench.recovered()
    bench.recovered()
    assert ["disk_full at -65 s: recovered after 65.0 s"] == bench.wrong
