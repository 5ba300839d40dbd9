"""What the builders accept, every worker reads; what a worker would ignore or refuse, they refuse with a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.client import Identifiers, messages
from garbo.core.party.consent import CONSENTS
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import Direction, Identifier
from garbo.errors import MessageError
from garbo.processors.identifiers import PARTY
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.testing import Driver
from tests.golden.histories.playing import bank

AT = 1_709_550_000_000
FRAME: dict[str, Any] = {"event_id": "e", "occurred_at": AT}


def touchpoint(**more: Any) -> InboundMessage:
    return messages.touchpoint(**{"channel": "web", "kind": "page_view", "cookie": "c", **FRAME, **more})


def test_every_kind_of_identifier_has_its_keyword() -> None:
    assert {PARTY, *DEFAULT.identifiers} == Identifiers.__optional_keys__


def test_identifiers_leave_in_one_spelling_the_strongest_first() -> None:
    built = touchpoint(cookie="  c ", phone=["333 1234567", "+393331234567"], email="A@Example.ORG", customer_id="0042")
    assert built.body.identifiers == (
        Identifier("customer_id", "0042"),
        Identifier("phone", "+393331234567"),
        Identifier("email", "a@example.org"),
        Identifier("cookie", "c"),
    )
    assert routed(built) == ("touchpoints", b"customer_id:0042")


def test_several_of_one_kind_keep_their_order() -> None:
    """The last one is where the person was reached last."""
    built = touchpoint(email=["new@example.org", "old@example.org"])
    assert [i.value for i in built.body.identifiers] == ["new@example.org", "old@example.org", "c"]


def test_none_is_not_known_and_left_out() -> None:
    assert touchpoint(email=None, phone=None).body.identifiers == (Identifier("cookie", "c"),)


def test_a_phone_without_prefix_belongs_to_the_region() -> None:
    assert touchpoint(cookie=None, phone="030 1234567", region="DE").body.identifiers[0].value == "+49301234567"


@pytest.mark.parametrize(
    "moment",
    [AT, datetime.fromtimestamp(AT / 1000, UTC), datetime.fromtimestamp(AT / 1000, timezone(timedelta(hours=5)))],
)
def test_an_instant_is_milliseconds_or_a_datetime_of_any_zone(moment: int | datetime) -> None:
    assert touchpoint(occurred_at=moment).at == AT


class Number(float):
    """As NumPy's: a subclass of float that Avro does not know."""


class Word(str, Enum):  # noqa: UP042  a plain mixin: `str()` of it is not its value
    YES = "yes"


def test_subclasses_of_plain_types_travel_as_plain_values() -> None:
    sent = touchpoint(attributes={"n": Number(1.5), "w": Word.YES, "b": True, "i": 7}).body.attributes  # type: ignore[union-attr]
    assert [(str(v), type(v)) for v in sent.values()] == [("1.5", float), ("yes", str), ("True", bool), ("7", int)]


def test_the_named_codes_go_through() -> None:
    assert touchpoint(channel=Channel.ATM, direction="outbound").body.direction is Direction.OUTBOUND  # type: ignore[union-attr]
    assert messages.outcome("accepted", action="a", cookie="c", **FRAME).body.status == OutcomeStatus.ACCEPTED  # type: ignore[union-attr]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown channel": ({"channel": "wbe"}, "channel 'wbe' is unknown; did you mean 'web'"),
    "far from any channel": ({"channel": "fax machine"}, "is unknown; known: web, ebanking"),
    "unknown direction": ({"direction": "sideways"}, "direction 'sideways' is unknown"),
    "empty kind": ({"kind": ""}, "kind is empty"),
    "kind of another type": ({"kind": 7}, "kind must be a string, not int"),
    "empty event id": ({"event_id": ""}, "event_id is empty"),
    "nobody": ({"cookie": None}, "names nobody; give at least one identifier: party, customer_id"),
    "misspelt identifier": ({"custmer_id": "1"}, "'custmer_id' is neither .* did you mean 'customer_id'"),
    "bad phone": ({"phone": "call me"}, "phone is no telephone number of region IT"),
    "bad e-mail": ({"email": "ada at example.org"}, "email is no e-mail address"),
    "empty e-mail beside a good cookie": ({"email": ""}, "email is no e-mail address"),
    "blank customer": ({"customer_id": " "}, "customer_id is empty"),
    "control character": ({"customer_id": "1\x002"}, "control characters"),
    "endless identifier": ({"device": "d" * 300}, "longer than 256"),
    "number for an identifier": ({"customer_id": 1001}, "customer_id must be a string, or a list of strings, not int"),
    "list with a hole": ({"email": ["a@example.org", None]}, "email must be a string, or a list"),
    "too many": ({"device": [f"d{n}" for n in range(64)]}, "has 65 identifiers; a person has 64"),
    "not a number": ({"attributes": {"x": float("nan")}}, "'x' is not a finite number"),
    "infinite": ({"attributes": {"x": float("inf")}}, "'x' is not a finite number"),
    "too long a number": ({"attributes": {"x": 2**63}}, "'x' does not fit into 64 bits"),
    "attribute None": (
        {"attributes": {"x": None}},
        "'x' must be a string, an integer, a float, a bool, a list of strings or a mapping to numbers, not NoneType",
    ),
    "attribute of another type": ({"attributes": {"x": [1]}}, "must be a string, not int"),
    "attribute without a name": ({"attributes": {"": 1}}, "an attribute's name is empty"),
    "before 1970": ({"occurred_at": -1}, "occurred_at must lie between 1970 and 9999"),
    "after 9999": ({"occurred_at": 253_402_300_800_000}, "between 1970 and 9999"),
    "before 1970, as a date": ({"occurred_at": datetime(1969, 12, 31, tzinfo=UTC)}, "between 1970 and 9999"),
    "no zone": ({"occurred_at": datetime(2024, 3, 4)}, "has no time zone"),  # noqa: DTZ001  that is the point
    "seconds as a float": (
        {"occurred_at": AT / 1000},
        "must be a datetime with a time zone, or whole milli.*not float",
    ),
    "a flag for an instant": ({"occurred_at": True}, "not bool"),
    "half a surrogate": ({"text": "\ud800"}, "text holds half a surrogate pair"),
    "half a surrogate in an identifier": ({"customer_id": "\ud800"}, "half a surrogate"),
}


@pytest.mark.parametrize(("more", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MessageError, match=sentence):
        touchpoint(**more)


OTHERS: dict[str, tuple[Callable[..., InboundMessage], dict[str, Any], str]] = {
    "unknown consent": (messages.consent, {"name": "profilling", "granted": True}, "did you mean 'profiling'"),
    "a guess for a consent": (messages.consent, {"name": "profiling", "granted": "no"}, "True or False, not str"),
    "unknown status": (messages.outcome, {"status": "accept", "action": "a"}, "did you mean 'accepted'"),
    "an action that is no text": (messages.outcome, {"status": "accepted", "action_id": "a-1", "action": 5}, "action"),
    "a party in another spelling": (messages.outcome, {"status": "accepted", "action_id": "a", "party": " p"}, "party"),
    "an outcome of nothing": (messages.outcome, {"status": "accepted"}, "needs the command's action_id, or the name"),
    "a zone that is none": (messages.profile, {"zone": "Rome"}, "write an IANA name"),
    "a zone that is a path": (messages.profile, {"zone": "../etc"}, "write an IANA name"),
    "a household that is none": (messages.profile, {"household": " "}, "household is blank"),
    "unknown life cycle": (messages.profile, {"lifecycle": "custommer"}, "did you mean 'customer'"),
}


@pytest.mark.parametrize(("build", "more", "sentence"), OTHERS.values(), ids=OTHERS)
def test_the_other_messages_refuse_what_a_worker_would_ignore(
    build: Callable[..., InboundMessage], more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(MessageError, match=sentence):
        build(**FRAME, cookie="c", **more)


def test_an_error_never_shows_an_identifier() -> None:
    for kind, value in (("phone", "39 secret"), ("email", "secret"), ("customer_id", "secret\0secret")):
        with pytest.raises(MessageError) as refused:
            touchpoint(**{kind: value})
        assert "secret" not in str(refused.value)


TEXT = st.text(max_size=12)
# Half of all messages can be built: every field is mostly right, and each may be odd.
GOOD = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1, max_size=12)
NAMED = st.one_of(*[GOOD] * 9, TEXT)
WHO = st.fixed_dictionaries(
    {"cookie": NAMED},
    optional={
        **dict.fromkeys(("customer_id", "device", "social", "party"), NAMED | st.none()),
        "email": st.sampled_from(["a@example.org", "B@EXAMPLE.org", "ü@example.org", "no"]),
        "verified_phone": st.sampled_from(["+39 333 1234567", "06 1234567", "+44 20 7946 0958", "no"]),
    },
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.dictionaries(NAMED, TEXT | NUMBERS | st.booleans() | st.integers() | st.floats(), max_size=3)
WHEN = st.integers(0, AT)
BUILT = st.one_of(
    st.builds(
        lambda who, **f: (messages.touchpoint, {**f, **who}),
        WHO,
        channel=st.sampled_from([c.value for c in Channel]),
        kind=NAMED,
        theme=TEXT,
        text=TEXT,
        direction=st.sampled_from(["inbound", "outbound"]),
        attributes=VALUES,
        event_id=NAMED,
        occurred_at=WHEN,
    ),
    st.builds(
        lambda who, **f: (messages.consent, {**f, **who}),
        WHO,
        name=st.sampled_from(CONSENTS),
        granted=st.booleans(),
        evidence=TEXT,
        channel=st.sampled_from(["", "branch"]),
        event_id=NAMED,
        occurred_at=WHEN,
    ),
    st.builds(
        lambda who, **f: (messages.outcome, {**f, **who}),
        WHO,
        status=st.sampled_from([s.value for s in OutcomeStatus]),
        action_id=NAMED,
        action=TEXT,
        attributes=VALUES,
        event_id=NAMED,
        occurred_at=WHEN,
    ),
    st.builds(
        lambda who, **f: (messages.profile, {**f, **who}),
        WHO,
        attributes=VALUES,
        name=TEXT,
        language=TEXT,
        zone=st.sampled_from(["", "Europe/Rome", "UTC"]),
        household=NAMED | st.just(""),
        household_role=TEXT,
        lifecycle=st.sampled_from(["", "customer"]),
        event_id=NAMED,
        occurred_at=WHEN,
    ),
)


@settings(max_examples=150)
@given(st.lists(BUILT, min_size=1, max_size=6))
def test_what_is_built_never_becomes_a_dead_letter(calls: list[tuple[Callable[..., InboundMessage], Any]]) -> None:
    driver = Driver(bank(), partitions=2)
    for build, given_fields in calls:
        try:
            built = build(**given_fields)
        except MessageError:
            continue
        driver.send(built)
        value = driver.codec.encode_inbound(built)
        assert driver.codec.inbound(value) == built
    reasons = {driver.codec.dead_letter(letter.value or b"").reason for letter in driver.dead_letters()}
    assert reasons <= {
        "unknown_word",
        "wrong_value",
    }  # kinds, themes, attributes and actions: the policy's, not known here
