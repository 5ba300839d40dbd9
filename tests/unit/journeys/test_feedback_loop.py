"""The closed loop: weeks of facts, the step that they give, and a town decided with the new weight."""

from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from garbo.core.policy.feedback import MOST, STEP
from garbo.core.policy.policy import Policy
from garbo.journeys.claims import claims_of
from garbo.journeys.feedback import Bar, Step, outranked, stages_of, step, week_of
from garbo.journeys.flow_log import from_files
from garbo.journeys.hold_out import compare
from garbo.journeys.plan_of import plans_of
from tests.unit.journeys.outranked_town import START, WEEK, lived, policy

WEEKS = 7
PLACE = ("pension", "wish")


def next_step(folder: Path, by: Policy, week: int) -> Step:
    plans = plans_of(by)
    with from_files(folder) as connection:
        claims = outranked(claims_of(connection, by, plans, since=START))
        compared = compare(connection, plans, stages_of(by, claims), by.hold_out, since=START)
    return step(by, week_of(START + (week + 1) * WEEK), claims, compared, Bar())


@pytest.mark.parametrize("effect", [0.25, 0.0, -0.2], ids=["helps", "changes nothing", "harms"])
def test_weeks_of_feedback_do_no_harm_and_do_not_blow_up(tmp_path: Path, effect: float) -> None:
    """An offer that helps is made more often; one that harms gets no weight. Where it changes nothing, chance may give
    it some (the interval is one of 95 %), and nothing is lost."""
    by, weights, gained = policy(), [1.0], 0
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    for week in range(WEEKS):
        gained += lived(tmp_path / "with", by, week, effect) - lived(tmp_path / "without", policy(), week, effect)
        by = replace(by, feedback=next_step(tmp_path / "with", by, week).feedback)
        weights.append(by.feedback.weight(*PLACE))
    moves = [round(after - before, 9) for before, after in pairwise(weights)]
    assert max(weights) <= MOST
    assert all(-STEP <= move <= STEP for move in moves)
    assert gained > 0 if effect > 0 else gained == 0
    assert max(weights) > 1.0 if effect > 0 else effect == 0 or max(weights) == 1.0
