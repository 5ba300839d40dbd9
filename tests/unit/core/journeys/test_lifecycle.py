"""The life cycle's table: every pair, and what flows of it."""

from itertools import product

import pytest

from garbo.core.journeys.lifecycle import LEGAL, STATES, further, steps
from garbo.core.party.placement import move_lifecycle
from garbo.core.party.state import Party

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
    flows = move_lifecycle(party, target, "why", 30)
    expected = EXPECTED.get((origin, target), ())
    assert expected == steps(origin, target)
    assert expected == tuple(f.target for f in flows)
    assert (expected[-1] if expected else origin) == party.lifecycle
    assert (30 if expected else 10) == party.lifecycle_since
    assert [20, 0][: len(expected)] == [f.dwell_ms for f in flows]


@pytest.mark.parametrize(("origin", "target"), [("lead", "friend"), ("", "customer"), ("customer", "")])
def test_unknown_states_go_nowhere(origin: str, target: str) -> None:
    assert () == steps(origin, target)


def test_every_step_of_a_leap_is_itself_legal() -> None:
    for (origin, _), path in LEGAL.items():
        for one, next_one in zip((origin, *path), path, strict=False):
            assert (next_one,) == LEGAL[one, next_one]


@pytest.mark.parametrize(("one", "other"), list(product(STATES, STATES)))
def test_further_is_total_and_commutative(one: str, other: str) -> None:
    assert further(one, other) == further(other, one)
    assert max(STATES.index(one), STATES.index(other)) == STATES.index(further(one, other))
