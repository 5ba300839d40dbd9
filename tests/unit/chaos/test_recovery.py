"""A fault that lasts is looked at all the while: the longest that anything waited is its time, and no sleep of ours."""

import time
from typing import Any, cast

import pytest

from tests.chaos import bench as benches
from tests.chaos import recovery
from tests.chaos.bench import Bench
from tests.chaos.recovery import LIMIT_S, Hurt, Inputs


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
    assert (24.0, None) == (hurt.at, hurt.ends)  # the end is looked at anew
    hurt.works(26.0)
    assert 9.0 == hurt.took


def test_who_waits_at_the_end_has_waited_since_before() -> None:
    hurt = Hurt("terminate", 10.0, lasts=True)
    hurt.over(40.0)
    hurt.works(45.0)
    assert 35.0 == hurt.took


class Works(Inputs):
    """A pipeline that has always committed all."""

    def __init__(self) -> None:
        self.looks = 0

    def ends(self) -> Any:
        self.looks += 1
        return {}

    def behind(self, ends: Any) -> int:
        return 0


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(recovery, "AFTER_S", 0.0)
    none = cast("Any", None)
    return Bench(none, none, none, none, Works(), none, none, none, 3, none)


def test_what_recovers_while_we_wait_for_something_else_has_recovered_then(bench: Bench) -> None:
    hurt = bench.hurt("model_slow")
    assert not bench.watch(lambda: False, 0.1)
    assert hurt.took is not None


def test_a_fault_through_which_all_works_takes_less_than_we_sleep(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "_SPARE_S", 0.1)
    began = time.monotonic()
    with bench.hurting("zombie") as hurt:
        bench.sleep_until(began + 1.5)
    bench.recovered()
    assert hurt.took is not None
    assert hurt.took < time.monotonic() - began - 0.1


def test_one_that_recovered_too_late_is_told_also_when_nobody_waited_for_it(bench: Bench) -> None:
    bench.hurt("disk_full", time.monotonic() - LIMIT_S - 5)
    bench.watch(lambda: False, 0.0)
    bench.recovered()
    bench.recovered()
    assert 1 == len(bench.wrong)
    assert "recovered after 65." in bench.wrong[0]
