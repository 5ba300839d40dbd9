"""The life cycle's table: every pair, and what flows of it."""

from itertools import product

import pytest
from msgspec import structs

from garbo.core.party.placement import move_lifecycle
from garbo.core.party.state import Party
from garbo.core.policy.vocabulary import DEFAULT, LifecycleState

STATES = tuple(DEFAULT.lifecycle)

EXPECTED = {
    ("lead", "prospect"): ("prospect",),
    ("lead", "customer"): ("prospect", "customer"),
    ("prospect", "customer"): ("customer",),
    ("customer", "former"): ("former",),
    ("former", "prospect"): ("prospect",),
    ("former", "customer"): ("prospect", "customer"),
}


@pytest.mark.parametrize(("origin", "target"), list(product(STATES, STATES)))
def test_every_pair(origin: str, target: str) -> None:
    """Legal ones go through every state between; staying, going back and unknown ones change nothing."""
    party = Party("p", lifecycle=origin, lifecycle_since=10)
    flows = move_lifecycle(party, target, "why", 30, DEFAULT)
    expected = EXPECTED.get((origin, target), ())
    assert expected == DEFAULT.steps(origin, target)
    assert expected == tuple(f.target for f in flows)
    assert (expected[-1] if expected else origin) == party.lifecycle
    assert (30 if expected else 10) == party.lifecycle_since
    assert [20, 0][: len(expected)] == [f.dwell_ms for f in flows]


@pytest.mark.parametrize(("origin", "target"), [("lead", "friend"), ("", "customer"), ("customer", "")])
def test_unknown_states_go_nowhere(origin: str, target: str) -> None:
    assert () == DEFAULT.steps(origin, target)


def test_every_step_of_a_leap_is_itself_legal() -> None:
    for (origin, _), path in DEFAULT.legal.items():
        for one, next_one in zip((origin, *path), path, strict=False):
            assert (next_one,) == DEFAULT.legal[one, next_one]


@pytest.mark.parametrize(("one", "other"), list(product(STATES, STATES)))
def test_further_is_total_and_commutative(one: str, other: str) -> None:
    assert DEFAULT.further(one, other) == DEFAULT.further(other, one)
    assert max(STATES.index(one), STATES.index(other)) == STATES.index(DEFAULT.further(one, other))


TELCO = structs.replace(
    DEFAULT,
    lifecycle={
        "visitor": LifecycleState("visitor", ("trial", "subscriber")),
        "trial": LifecycleState("trial", ("subscriber", "gone")),
        "subscriber": LifecycleState("subscriber", ("gone",)),
        "gone": LifecycleState("gone", ("subscriber",), former=True),
    },
)


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        ("visitor", "subscriber", ("subscriber",)),  # the shortest way
        ("visitor", "gone", ()),  # who never came cannot leave
        ("trial", "gone", ("gone",)),
        ("gone", "trial", ()),
        ("subscriber", "trial", ()),  # not through those who left
        ("gone", "subscriber", ("subscriber",)),
    ],
)
def test_a_policy_has_a_life_cycle_of_its_own(origin: str, target: str, expected: tuple[str, ...]) -> None:
    assert expected == TELCO.steps(origin, target)


def test_a_person_starts_in_the_first_state() -> None:
    assert ["lead", "visitor"] == [DEFAULT.first_state, TELCO.first_state]
