"""The regret benchmark: its truth is nobody's guess, and its figures are what they say."""

import pytest

from benchmarks.regret import POLICY, UNIFORM, models
from benchmarks.regret_figures import NEAR, ROLLING, result
from benchmarks.regret_town import Judge, Judged, town
from garbo.core.policy.models import PRESETS
from garbo.core.vocabulary.instants import HOUR
from garbo.policy.loader import load
from garbo.simulation.loop import run
from garbo.simulation.summary import Summary
from garbo.testing.driver import Driver
from garbo.testing.one_thread import OneThread


def judged(regrets: list[float], drift: int) -> list[Judged]:
    return [Judged(n, 0.5 - regret, 0.5, 0.1, n >= drift) for n, regret in enumerate(regrets)]


def test_recovered_is_when_a_whole_rolling_mean_is_near_its_level_before_the_drift() -> None:
    half, late = 3 * ROLLING, 500
    found = result("x", judged([0.1] * half + [0.3] * late + [0.1] * half, half), {"c": half + 7}, 1.0)
    assert (found.decisions, found.drift) == (2 * half + late, half)
    assert (found.before, found.after) == (pytest.approx(0.1 * half), pytest.approx(0.3 * late + 0.1 * half))
    assert found.level == found.end == pytest.approx(0.1)
    # The mean is within a tenth of .1 while at most one in twenty of its decisions is of the bad time.
    assert found.recovered == pytest.approx(late + ROLLING - (NEAR - 1) * 0.1 / 0.2 * ROLLING, abs=1)
    assert found.promoted == {"c": half + 7}
    assert result("x", judged([0.1] * half + [0.2] * half, half), {}, 1.0).recovered == -1


def test_the_judge_knows_the_best_of_what_was_feasible_and_the_engine_is_the_real_one() -> None:
    live = town(4, 8, 4)
    judge = Judge(OneThread(Driver(load(POLICY), partitions=2)), live)
    run(live, judge, Summary(), slice_ms=4 * HOUR)
    assert len(judge.judged) > 30
    assert all(0.0 <= one.chosen <= one.best < 0.9 and one.uniform < one.best for one in judge.judged)
    assert {one.chosen == one.best for one in judge.judged} == {True, False}
    assert {one.drifted for one in judge.judged} == {True, False}


def test_each_run_is_the_policy_with_another_estimator() -> None:
    for name in PRESETS:
        assert {model["estimator"] for model in models(name)["models"].values()} == {name}
    assert {model["estimator"] for model in models(UNIFORM)["models"].values()} == {"constant"}
    assert set(models("champion_alone")["models"]) < set(models("with_challenger")["models"])
