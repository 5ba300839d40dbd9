"""Pressure decays, adds up in any order, and weighs channels and refusals as the policy says."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbo.core.party.pressure import add, contact_weight, outcome_weight, pressure
from garbo.core.party.state import Party
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.instants import DAY

NOW = 1_709_000_000_000
POLICY = ContactPolicy(contact_weights={"call_centre": 3.0}, pressure_half_life=7 * DAY)


def felt(at: int, *additions: tuple[float, int]) -> float:
    party = Party("p")
    for weight, since in additions:
        add(party, weight, since, POLICY)
    return pressure(party, at, POLICY)


def test_nothing_weighs_on_a_new_party() -> None:
    assert felt(NOW) == 0.0


def test_pressure_halves_every_half_life() -> None:
    assert [felt(NOW + n * 7 * DAY, (4.0, NOW)) for n in range(3)] == [4.0, 2.0, 1.0]


def test_additions_add_to_what_is_left() -> None:
    assert felt(NOW, (4.0, NOW - 7 * DAY), (1.0, NOW)) == 3.0


def test_late_addition_adds_what_is_left_of_it() -> None:
    assert felt(NOW, (1.0, NOW), (4.0, NOW - 7 * DAY)) == 3.0


def test_late_addition_never_moves_the_instant_back() -> None:
    party = Party("p", pressure=1.0, pressure_at=NOW)
    add(party, 4.0, NOW - 7 * DAY, POLICY)
    assert (party.pressure, party.pressure_at) == (3.0, NOW)


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(NOW - 60 * DAY, NOW)), max_size=4))
def test_order_of_arrival_does_not_matter(additions: list[tuple[float, int]]) -> None:
    expected = felt(NOW, *sorted(additions, key=lambda a: a[1]))
    assert [felt(NOW, *order) for order in permutations(additions)] == pytest.approx(
        [expected] * len([*permutations(additions)])
    )


def test_call_weighs_more_than_a_channel_the_policy_does_not_name() -> None:
    assert [contact_weight(POLICY, channel) for channel in ("call_centre", "web")] == [3.0, 1.0]


@pytest.mark.parametrize(
    ("status", "weight"),
    [("refused", 1.0), ("complaint", 3.0), ("unsubscribed", 3.0), ("no_answer", 0.0), ("accepted", 0.0)],
)
def test_refusals_and_complaints_weigh(status: str, weight: float) -> None:
    assert outcome_weight(POLICY, DEFAULT.meaning(status)) == weight
