"""Answer against patience."""

import numpy as np
import pytest

from garbo.journeys.race import at_risk, mean_hazards, race
from garbo.journeys.tally import BINS, EDGES, IN_TIME


def simulated(pace: float, n: int = 200_000) -> tuple[np.ndarray, float]:
    """Waits of n visits that leave after a time of mean 2 and are answered after one of mean `pace`."""
    rng = np.random.default_rng(5)
    answer, leave = rng.exponential(pace, n), rng.exponential(2.0, n)
    bins = np.searchsorted(EDGES, np.minimum(answer, leave))
    waits = np.zeros((BINS, 2))
    np.add.at(waits, (bins, (answer > leave).astype(int)), 1)
    return waits, float((answer <= leave).mean())


def test_the_race_of_what_was_seen_gives_what_was_seen() -> None:
    waits, answered = simulated(0.5)
    hazards = mean_hazards(waits)
    found = race(hazards[..., 0], hazards[..., 1])
    assert found.ever[0] == pytest.approx(answered, abs=0.01)
    assert found.in_time[0] == pytest.approx(waits[:IN_TIME, 0].sum() / waits.sum(), abs=0.01)


def test_a_quicker_answer_is_raced_against_the_same_patience() -> None:
    """The counterfactual: slow visits with the hazard of quick ones are answered as often as quick ones were."""
    (slow, slow_answered), (quick, quick_answered) = simulated(4.0), simulated(0.5)
    found = race(mean_hazards(quick)[..., 0], mean_hazards(slow)[..., 1])
    assert slow_answered < quick_answered
    assert found.ever[0] == pytest.approx(quick_answered, abs=0.015)


def test_at_risk_counts_those_still_waiting() -> None:
    waits = np.array([[1.0, 0], [2, 1], [0, 3]])
    assert at_risk(waits).tolist() == [7, 6, 3]
