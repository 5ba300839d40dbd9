"""Steps of the journey and the life cycle, from values alone."""

import pytest

from garbo.core.journeys.placement import JOURNEY, LIFECYCLE, Step, lifecycle_steps, stage_step
from garbo.core.policy.journey import StageRule
from garbo.core.policy.vocabulary import DEFAULT

RULES = (
    StageRule("", "view", "looking"),
    StageRule("looking", "view", "asking", "card"),
    StageRule("*", "view", "back"),
)


@pytest.mark.parametrize(
    ("current", "theme", "expected"),
    [
        ("", "loan", Step(JOURNEY, "", "looking", 20)),
        ("looking", "card", Step(JOURNEY, "looking", "asking", 20)),
        ("looking", "loan", Step(JOURNEY, "looking", "back", 20)),
        ("asking", "card", Step(JOURNEY, "asking", "back", 20)),
        ("back", "card", None),  # it is there already
    ],
)
def test_the_first_rule_that_fits_counts(current: str, theme: str, expected: Step | None) -> None:
    assert expected == stage_step(current, 10, RULES, theme, 30)


@pytest.mark.parametrize(("since", "expected"), [(0, 0), (10, 20), (40, 0)])
def test_time_at_the_origin_is_never_negative_and_unknown_is_zero(since: int, expected: int) -> None:
    step = stage_step("", since, RULES, "", 30)
    assert step is not None
    assert expected == step.dwell_ms


def test_a_move_over_several_states_stays_in_those_between_for_no_time() -> None:
    expected = [Step(LIFECYCLE, "lead", "prospect", 20), Step(LIFECYCLE, "prospect", "customer", 0)]
    assert expected == lifecycle_steps(DEFAULT, "lead", 10, "customer", 30)


def test_an_illegal_move_has_no_steps() -> None:
    assert [] == lifecycle_steps(DEFAULT, "customer", 10, "lead", 30)
