"""Fields of a message are set as a person writes them; each mistake is a sentence that names the field and no value."""

from typing import Any

import pytest

from garbo.core.vocabulary.events import ConsentChange, Identifier, Touchpoint
from garbo.errors import ConfigError, MessageError
from garbo.processors.ports import InboundMessage
from garbo.readmodel.letter_content import as_json
from garbo.redrive.mending import mended, message_of, setting

WHO = Identifier("cookie", "c-1")
VISIT = InboundMessage("e-1", 1_700_000_000_000, Touchpoint("web", "page_view", identifiers=(WHO,)))
CONSENT = InboundMessage("e-2", 1_700_000_000_000, ConsentChange("profiling", True, (WHO,)))


def set_to(message: InboundMessage, *texts: str) -> InboundMessage:
    return message_of(mended(as_json(message), [setting(text) for text in texts]))


@pytest.mark.parametrize("message", [VISIT, CONSENT])
def test_json_and_back_is_the_same_message(message: InboundMessage) -> None:
    assert message_of(as_json(message)) == message


def test_each_kind_of_field_is_set() -> None:
    found = set_to(
        VISIT, "event_id=e-9", "at=2024-03-04T12:00+01:00", "channel=app", "kind= spaced = out ", "theme=savings",
        "attributes.age=42", 'attributes.code="042"', "attributes.name=Ann", "attributes.vip=true",
        "identifiers.customer_id=4711",
    )  # fmt: skip
    assert (found.event_id, found.at) == ("e-9", 1_709_550_000_000)
    assert found.body == Touchpoint(
        "app", " spaced = out ", identifiers=(WHO, Identifier("customer_id", "4711")), theme="savings",
        attributes={"age": 42, "code": "042", "name": "Ann", "vip": True},
    )  # fmt: skip
    assert set_to(VISIT, "at=1700000000001").at == 1_700_000_000_001
    assert set_to(CONSENT, "granted=false").body == ConsentChange("profiling", False, (WHO,))


def test_an_identifier_is_replaced_and_nothing_removes_it() -> None:
    assert set_to(VISIT, "identifiers.cookie=c-2").body.identifiers == (Identifier("cookie", "c-2"),)
    assert set_to(VISIT, "identifiers.cookie=").body.identifiers == ()
    assert set_to(VISIT, "attributes.a=1", "attributes.a=").body == VISIT.body


def test_the_message_that_is_mended_stays_as_it_was() -> None:
    given = as_json(VISIT)
    mended(given, [setting("attributes.age=42"), setting("identifiers.cookie=")])
    assert given == as_json(VISIT)


@pytest.mark.parametrize("text", ["kind", "=x", "attributes=1", "identifiers=x", "kind.a=1", ""])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="write field=value"):
        setting(text)


@pytest.mark.parametrize(
    ("message", "text", "sentence"),
    [
        (VISIT, "knd=x", r"a touchpoint has no field 'knd'; did you mean 'kind'\?"),
        (CONSENT, "kind=x", "a consent has no field 'kind'"),
        (VISIT, "at=yesterday", "at must be milliseconds"),
        (VISIT, "at=2024-03-04T12:00", "at must be milliseconds"),
        (CONSENT, "granted=yes", "granted must be true or false"),
        (VISIT, "direction=up", "direction"),
    ],
)
def test_a_wrong_field_is_named(message: InboundMessage, text: str, sentence: str) -> None:
    with pytest.raises(MessageError, match=sentence):
        set_to(message, text)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "event_id"),
        ([], "object"),
        ({**as_json(VISIT), "extra": 1}, "extra"),
        ({**as_json(VISIT), "at": "secret"}, "at"),
        ({**as_json(VISIT), "body": {"type": "visit"}}, "body.type is none of touchpoint, consent, outcome, profile"),
        ({**as_json(VISIT), "body": {"type": "touchpoint", "theme": "secret"}}, "has no field 'theme'"),
        ({**as_json(VISIT), "body": {"type": "touchpoint", "channel": "web", "kind": 7}}, "kind"),
    ],
)
def test_an_edited_message_that_is_none_is_refused(values: Any, sentence: str) -> None:
    with pytest.raises(MessageError, match=sentence) as refused:
        message_of(values)
    assert "secret" not in str(refused.value)
