"""The value to the customer that contacts deliver: once, when the contact is made or with the first yes."""

import pytest

from garbo.core.party import worth
from garbo.core.party.state import Pending
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary.effects import VALUE_LIMIT


def pending(value: float, *, delivered: bool) -> Pending:
    return Pending(
        "a-1", "call", "call", "phone", "card", 0, 1.0, 0.5, "", value_customer=worth.thousandths(value),
        delivered=delivered,
    )  # fmt: skip


def test_an_offer_delivers_with_the_first_yes() -> None:
    offer = pending(12.3456, delivered=False)
    said = (Meaning.SEEN, Meaning.INTERESTED, Meaning.FAILED, Meaning.POSITIVE, Meaning.POSITIVE)
    assert [0, 0, 0, 12_346, 0] == [worth.of_report([offer], meaning) for meaning in said]


def test_an_answer_that_failed_is_taken_back_once() -> None:
    answer = pending(-2.5, delivered=True)
    said = (Meaning.POSITIVE, Meaning.FAILED, Meaning.FAILED)
    assert [0, 2_500, 0] == [worth.of_report([answer], meaning) for meaning in said]


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0005, 0), (0.0015, 2), (-1e300, -VALUE_LIMIT), (1e300, VALUE_LIMIT)]
)
def test_a_value_is_whole_thousandths_within_bounds(value: float, expected: int) -> None:
    assert expected == worth.thousandths(value)


def test_only_marketing_waits_for_a_yes() -> None:
    assert [False, True, True] == [worth.at_once(name) for name in ("marketing", "service", "mandatory")]
