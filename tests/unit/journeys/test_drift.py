"""Drift: a change that was made is found, and parties' own ups and downs are not."""

import numpy as np
import pytest

from garbo.core.journeys.cells import EXIT_CODE, INDEX, Cell, CellKey
from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.drift import CONVERSION, DWELL, LEAST_EXITS, Drift, drifts, period_of
from garbo.journeys.merged import PartitionCell
from garbo.journeys.plan import JourneyPlan, StagePlan

PLAN = JourneyPlan("j", [StagePlan("a", patience=4 * DAY), StagePlan("b", patience=4 * DAY), StagePlan("g")],
                   ["a", "b", "g"], "g")  # fmt: skip
DAYS = 70
UNTIL = DAYS * DAY
CHANGE = UNTIL - 28 * DAY


def world(
    seed: int, later: float = 0.5, longer: float = 1.0, *, days: int = DAYS, partitions: int = 16, daily: int = 120
) -> list[PartitionCell]:
    """Exits of stage `a`: half of them go onward, a share `later` after CHANGE; then visits last `longer` times as
    long. A party makes three visits that all end alike, so visits are no independent draws."""
    rng, found = np.random.default_rng(seed), []
    for day in range(days):
        changed = day * DAY >= CHANGE
        for partition in range(partitions):
            cell = Cell(upto=day)
            parties = rng.poisson(daily / partitions / 3)
            onward = 3 * int(rng.binomial(parties, later if changed else 0.5))
            lasted = rng.lognormal(np.log(6 * HOUR), 1.0, onward) * (longer if changed else 1.0)
            for name, n in (("enter", 3 * parties), ("onward", onward), ("drop", 3 * parties - onward)):
                if n:
                    cell.counts[INDEX[name]] = n
            for ms in lasted:
                key = bucket(int(ms)) * 4 + EXIT_CODE["onward"]
                cell.dwell[key] = cell.dwell.get(key, 0) + 1
            if 3 * parties > onward:
                cell.dwell[bucket(4 * DAY) * 4 + EXIT_CODE["drop"]] = 3 * parties - onward
            found.append(PartitionCell(partition, CellKey(day * 24, "j", "a", "web", "all"), cell))
    return found


def found(*args: float, **more: int) -> list[Drift]:
    return drifts([PLAN], world(*args, **more), UNTIL)  # type: ignore[arg-type]


def test_a_conversion_that_falls_is_found_with_its_size() -> None:
    for seed in range(5):
        (one,) = found(seed, 0.35)
        assert (one.journey, one.stage, one.figure) == ("j", "a", CONVERSION)
        assert (one.before, one.after) == (pytest.approx(0.5, abs=0.05), pytest.approx(0.35, abs=0.05))
        assert one.change.low is not None
        assert one.change.high is not None
        assert one.change.low < -0.3 < one.change.high < 0
        assert (one.period.since, one.period.turn, one.period.until) == (UNTIL - 56 * DAY, CHANGE, UNTIL)


def test_a_dwell_that_grows_is_found() -> None:
    for seed in range(5):
        (one,) = found(seed, 0.5, 2.0)
        assert one.figure == DWELL
        assert one.change.value == pytest.approx(1.0, abs=0.3)
        assert one.after == pytest.approx(12 * HOUR, rel=0.2)


def test_nothing_is_claimed_of_what_stays_as_it_is() -> None:
    """At most one in twenty worlds by the rule; the least change makes it rarer."""
    assert sum(bool(found(seed)) for seed in range(100, 140)) <= 2


def test_a_change_that_is_sure_and_small_is_not_material() -> None:
    assert found(3, 0.47, daily=6_000) == []


def test_with_few_exits_partitions_or_weeks_nothing_is_said() -> None:
    assert LEAST_EXITS == 200
    assert found(1, 0.2, daily=5) == []
    assert found(1, 0.2, partitions=3) == []
    assert drifts([PLAN], world(1, 0.2), UNTIL, since=UNTIL - 13 * DAY) == []
    assert period_of(0, 13 * DAY) is None
    span = period_of(0, 35 * DAY)
    assert span is not None
    assert (span.until - span.turn, span.turn - span.since) == (14 * DAY, 14 * DAY)


def test_the_weeks_before_exits_are_ripe_do_not_count() -> None:
    """One and a half times the patience of four days after the first entry."""
    (one,) = drifts([PLAN], world(1, 0.3), UNTIL, since=UNTIL - 60 * DAY)
    assert one.period.since == UNTIL - 56 * DAY
    assert drifts([PLAN], [c for c in world(1, 0.3) if c.key.window * HOUR >= UNTIL - 19 * DAY], UNTIL) == []
