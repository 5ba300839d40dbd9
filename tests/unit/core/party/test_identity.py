"""Identity: parties are ordered by strength, totally, so that all workers agree without talking."""

from itertools import permutations, product

import pytest

from garbo.core.party.identity import best, distinct, party_of, strongest_first
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.events import Identifier

STRENGTH = DEFAULT.identifiers
ALL = [Identifier(kind, value) for kind in STRENGTH for value in ("a", "b")]


@pytest.mark.parametrize(("one", "other"), list(product(ALL, ALL)))
def test_stronger_identifier_has_the_better_party(one: Identifier, other: Identifier) -> None:
    if STRENGTH[one.kind] < STRENGTH[other.kind]:
        assert party_of(one) < party_of(other)
    assert (one == other) == (party_of(one) == party_of(other))


def test_party_is_a_function_of_the_identifier() -> None:
    """For ever: rows are found by it after every upgrade."""
    assert "0-7b60010768bd9967a14d" == party_of(Identifier("customer_id", "IT-1001"))


def test_best_does_not_depend_on_the_order_of_claims() -> None:
    parties = [party_of(i) for i in ALL[:4]]
    assert {min(parties)} == {best(order) for order in permutations(parties)}


def test_strongest_first_is_one_order_without_doubles_or_unknown_kinds() -> None:
    found = strongest_first([*reversed(ALL), *ALL, Identifier("shoe_size", "42")])
    assert sorted(ALL, key=lambda i: (STRENGTH[i.kind], i.kind, i.value)) == found


def test_same_address_verified_and_not_is_two_identifiers() -> None:
    """Anybody may type somebody else's address into a form."""
    assert party_of(Identifier("email", "a@b.c")) != party_of(Identifier("verified_email", "a@b.c"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("0-a", "0-b", True), ("0-a", "0-a", False), ("0-a", "1-b", False), ("1-a", "1-b", False), ("0-a", "x", False)],
)
def test_only_two_customers_are_surely_two_persons(one: str, other: str, expected: bool) -> None:
    assert (expected, expected) == (distinct(one, other), distinct(other, one))
