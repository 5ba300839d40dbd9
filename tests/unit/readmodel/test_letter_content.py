"""What a person sees of a dead letter's value, whatever it is."""

import json
from typing import Any

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.vocabulary.events import Identifier, PartyEvent, Source, Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import ConfigError
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link
from garbo.readmodel.dead_letters import Place
from garbo.readmodel.letter_advice import ADVICE, UNKNOWN, advice
from garbo.readmodel.letter_content import SHOWN_BYTES, Content, content_of

CODEC = AvroCodec(PackagedRegistry())
WHO = Identifier("cookie", "c-1")
MESSAGE = InboundMessage("e", 1, Touchpoint("web", "page_view", identifiers=(WHO,), attributes={"age": 4}))
VISIT = CODEC.encode_inbound(MESSAGE)
EVENT = CODEC.encode_event(PartyEvent("e", "p-1", 1, MESSAGE.body, source=Source("touchpoints", 0, 7)))


def content(value: bytes | None, topic: str = "touchpoints", key: bytes | None = b"p-1") -> Content:
    record = ConsumerRecord(topic, 0, 0, key, value, 1)
    letter = CODEC.dead_letter(CODEC.encode_dead_letter(record, "resolve", DeadLetterReason.INVALID, "", 1))
    return content_of(letter, value, CODEC, topic)


def test_a_message_has_the_form_of_a_line_of_simulate() -> None:
    found = content(VISIT)
    assert found.problem == ""
    assert json.loads(json.dumps(found.message)) == {
        "event_id": "e", "at": 1,
        "body": {
            "type": "touchpoint", "channel": "web", "kind": "page_view", "direction": "inbound",
            "identifiers": [["cookie", "c-1"]], "attributes": {"age": 4}, "topic": "", "text": "", "source_system": "",
        },
    }  # fmt: skip


def test_a_message_that_only_its_schema_can_read_is_shown_as_written_with_the_problem() -> None:
    found = content(VISIT.replace(b"\2e\2\x12page_view", b"\2e\0\x12page_view"))
    assert found.message is not None
    assert found.message["body"] == {
        "type": "touchpoint", "channel": "UNKNOWN", "kind": "page_view", "direction": "inbound",
        "identifiers": [["cookie", "c-1"]], "attributes": {"age": 4},
    }  # fmt: skip
    assert found.problem.startswith("unknown_channel: ")


def test_an_event_of_party_events_shows_its_message_within() -> None:
    found = content(EVENT, "party-events")
    assert found.fields is not None
    assert (found.fields["schema"], found.fields["party_id"], found.problem) == ("garbo.PartyEvent", "p-1", "")
    assert found.fields["body"]["schema"] == "garbo.Touchpoint"
    assert found.fields["body"]["kind"] == "page_view"
    bare = content(VISIT, "party-events")
    assert (bare.message is not None, bare.problem) == (True, "")
    assert content(VISIT[:-2], "party-events").problem.startswith("malformed: ")


def test_another_message_shows_its_fields() -> None:
    found = content(CODEC.encode_link(Link(WHO, "p-1", WHO)), "identity-links")
    assert found.fields is not None
    assert (found.fields["schema"], found.problem) == ("garbo.IdentityLink", "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"kind": "page_view"}', {"text": '{"kind": "page_view"}'}),
        ("è\n".encode() * 1000, {"text": ("è\n" * 1000)[:SHOWN_BYTES]}),
        (b"\xff\xfe", {"hexadecimal": "fffe"}),
        (b"a\x00b", {"hexadecimal": "610062"}),
        (b"\xff" * 1000, {"hexadecimal": "ff" * SHOWN_BYTES}),
        (None, {}),
        (b"", {}),
    ],
)
def test_bytes_that_nothing_reads_are_text_or_digits(value: bytes | None, shown: dict[str, Any]) -> None:
    found = content(value)
    given = {name: getattr(found, name) for name in ("text", "hexadecimal") if getattr(found, name)}
    assert (given, found.message, found.fields) == (shown, None, None)
    assert found.problem.split(":")[0] == ("not_avro" if value else "empty")


def test_every_reason_has_its_advice() -> None:
    assert {reason.value for reason in DeadLetterReason} <= ADVICE.keys()
    assert advice("a reason of next year") == UNKNOWN


def test_a_place_is_written_as_it_is_read() -> None:
    assert str(Place.parse(" touchpoints/1/77 ")) == "touchpoints/1/77"
    for wrong in ("", "touchpoints", "touchpoints/1", "/1/2", "t/1/-2", "t/a/2", "t/1/2/3", "t/¹/2"):
        with pytest.raises(ConfigError, match="names no dead letter"):
            Place.parse(wrong)
