"""A model's call has a deadline that is enforced, not assumed; a replay knows which models were late."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from garbo.audit.recompute.recompute import RecordedScorer
from garbo.core.policy.actions import Trigger
from garbo.core.scoring.scorer import LATE, Estimate, NoModels
from garbo.processors.timed_scorer import LONGEST_PAUSE_S, PAUSE_S, TimedScorer
from tests.unit.core.small import action, view, with_actions
from tests.unit.processors.processor import DecideHost, known

FAST, SLOW = Estimate(0.9, 900.0, "f@1"), Estimate(0.8, 900.0, "f@1")


class Model(NoModels):
    """Takes as long as it is told to; `now` is everybody's clock (s)."""

    def __init__(self, takes: float) -> None:
        self.takes, self.now, self.asked = takes, 100.0, 0

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        self.asked += 1
        self.now += self.takes
        return FAST

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize(("takes", "answer"), [(0.0, FAST), (0.002, FAST), (0.0021, LATE), (5.0, LATE)])
def test_an_answer_later_than_its_cost_is_not_used(takes: float, answer: Estimate) -> None:
    model = Model(takes)
    assert answer == TimedScorer(model, lambda: 2, clock=lambda: round(model.clock(), 6)).estimate("f", {})


def test_a_slow_model_is_left_alone_for_a_while_and_the_others_are_asked() -> None:
    model = Model(0.5)
    timed = TimedScorer(model, lambda: 2, clock=model.clock)
    assert [LATE, LATE, LATE] == [timed.estimate("f", {}) for _ in range(3)]
    assert 1 == model.asked
    model.takes = 0.0
    assert FAST == timed.estimate("g", {})
    model.now += PAUSE_S
    assert FAST == timed.estimate("f", {})


def test_a_challenger_that_stays_slow_is_asked_ever_less_and_a_champion_each_second() -> None:
    def calls(name: str) -> int:
        model = Model(0.05)
        timed = TimedScorer(model, lambda: 2, lambda of: of == "champion", model.clock)
        while model.now < 100.0 + 300.0:
            timed.begin()
            timed.estimate(name, {})
            model.now += 0.1
        return model.asked

    assert (calls("champion") > 250, calls("challenger")) == (True, 10)  # pauses 1, 2, 4 ... 64, 64, 64 s


def test_an_answer_in_time_ends_the_long_pauses_of_a_challenger() -> None:
    model = Model(0.5)
    timed = TimedScorer(model, lambda: 2, lambda of: False, model.clock)
    waited = []
    for takes in (0.5, 0.5, 0.5, 0.0, 0.5):
        model.takes, began = takes, model.now
        asked = model.asked
        while model.asked == asked:
            timed.begin()
            timed.estimate("challenger", {})
            model.now += 0.25
        waited.append(model.now - began - takes - 0.25)
    assert waited == [0.0, PAUSE_S - 0.25, 2 * PAUSE_S - 0.25, 4 * PAUSE_S - 0.25, 0.0]
    assert LONGEST_PAUSE_S > 4 * PAUSE_S


def test_a_late_challenger_costs_no_champion_its_answer_and_the_next_one_is_not_asked() -> None:
    """The deadline is shared by all models of a decision, and a champion is asked all the same."""
    model = Model(0.5)
    timed = TimedScorer(model, lambda: 2, lambda name: name.startswith("champion"), model.clock)
    timed.begin()
    assert (LATE, 1) == (timed.estimate("challenger", {}), model.asked)
    model.takes = 0.0
    assert (LATE, 1) == (timed.estimate("shadow", {}), model.asked)
    assert FAST == timed.estimate("champion", {})
    timed.begin()
    assert FAST == timed.estimate("shadow", {})  # it was not slow itself: no pause for it
    assert LATE == timed.estimate("challenger", {})


class Late(NoModels):
    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        return LATE


class Sure(NoModels):
    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        return SLOW


def test_the_prior_decides_and_a_replay_comes_out_the_same() -> None:
    """The record says `fallback`; recomputing with a model that now answers at once keeps to what was known then."""
    offers = [action(name, when=(Trigger("touchpoint", "view"),)) for name in ("a", "b")]
    policy = with_actions(*offers)
    host = known(DecideHost(policy, scorer=Late()), "own_promotion", "profiling")
    host.happen(view())
    record = host.decisions()[-1]
    assert (True, {(0.2, -1.0)}) == (record.fallback, {(s.propensity, s.model_output) for s in record.scored})
    assert LATE is RecordedScorer(Sure(), record, policy).estimate("f", {})
    in_time = replace(record, fallback=False)
    assert SLOW == RecordedScorer(Sure(), in_time, policy).estimate("f", {})
