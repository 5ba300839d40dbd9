"""Identifiers: one spelling for one address, and nothing that cannot be one."""

import pytest

from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, PartyEvent, Touchpoint
from garbo.processors import identifiers
from garbo.processors.identifiers import key_of, normalise_identifiers, normalised


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("email", " Ada@Example.ORG ", "ada@example.org"),
        ("verified_email", "ADA@example.org", "ada@example.org"),
        ("phone", "333 1234567", "+393331234567"),
        ("phone", "+39 333-123.4567", "+393331234567"),
        ("phone", "0039 333 1234567", "+393331234567"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("verified_phone", "(06) 6982 1234", "+390669821234"),
        ("social", "@Ada.Lovelace", "ada.lovelace"),
        ("cookie", " Ab12 ", "Ab12"),
        ("device", "X:Y", "X:Y"),
        ("customer_id", "IT-1001", "IT-1001"),
        ("party", "0-abc", "0-abc"),
    ],
)
def test_one_spelling(kind: str, value: str, expected: str) -> None:
    assert Identifier(kind, expected) == normalised(kind, value)


@pytest.mark.parametrize("kind", DEFAULT.identifiers)
def test_normalising_twice_changes_nothing(kind: str) -> None:
    value = {"email": " A@B.it", "verified_email": "A@B.it", "phone": "333 1234567", "verified_phone": "06 69821234"}
    once = normalised(kind, value.get(kind, " @Some Value "))
    assert once is not None
    assert once == normalised(once.kind, once.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "no at sign"),
        ("email", "@example.org"),
        ("email", "ada@"),
        ("email", "@"),
        ("phone", "hello"),
        ("phone", "12"),
        ("phone", "+39" + "1" * 40),
        ("social", "@"),
        ("social", "@@ "),
        ("cookie", ""),
        ("cookie", "   "),
        ("cookie", "x" * 257),
        ("cookie", "a\0b"),
        ("cookie", "a\nb"),
        ("shoe_size", "42"),
        ("household", "rossi"),
        ("", "x"),
    ],
)
def test_what_cannot_be_an_identifier_is_none(kind: str, value: str) -> None:
    assert None is normalised(kind, value)


def test_what_is_too_long_is_not_remembered() -> None:
    """The memory counts entries, not bytes: 65,536 of the largest messages would be 8 GB."""
    before = identifiers._normalised.cache_info().currsize
    assert [None] * 3 == [normalised("cookie", "x" * 100_000 + str(n)) for n in range(3)]
    assert [None] * 3 == [normalised("k" * 100_000 + str(n), "x") for n in range(3)]
    assert before == identifiers._normalised.cache_info().currsize


def test_number_without_a_prefix_is_of_the_region() -> None:
    assert "+4915112345678" == normalised("phone", "0151 12345678", "DE").value  # type: ignore[union-attr]


def test_key_names_kind_and_value() -> None:
    assert "social:ada.è".encode() == key_of(Identifier("social", "ada.è"))


def test_a_row_keeps_identifiers_in_their_one_spelling() -> None:
    """Resolve forwards a producer's bytes as they are; what decide keeps, and a dispatcher dials, is normalised."""
    spelt_as = (
        Identifier("phone", "+39 333 1000026"),
        Identifier("email", " Anna@Example.ORG "),
        Identifier("fax", "1"),
    )
    event = PartyEvent("e", "p", 1, Touchpoint(Channel.WEB, "page_view", identifiers=spelt_as))
    expected = (Identifier("phone", "+393331000026"), Identifier("email", "anna@example.org"))
    assert normalise_identifiers(event, "IT", DEFAULT.identifiers).body.identifiers == expected


def test_an_event_spelt_right_is_handed_on_as_it_is() -> None:
    event = PartyEvent("e", "p", 1, Touchpoint(Channel.WEB, "page_view", identifiers=(Identifier("cookie", "c"),)))
    assert normalise_identifiers(event, "IT", DEFAULT.identifiers) is event
