"""Whatever the bytes, a typed refusal: a bad message never stops the log behind it."""

import json
import math
import random
import struct
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_writer
from msgspec.structs import replace

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.adapters.avro.framing import header
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import (
    Identifier,
    PartyEvent,
    PartyMerged,
    ProfileUpdate,
    Source,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, InboundMessage, Rejected
from tests.golden import messages

REGISTRY = PackagedRegistry()
CODEC = AvroCodec(REGISTRY)
GOOD = CODEC.encode_inbound(
    InboundMessage("evt-secret", 1_000, Touchpoint(Channel.WEB, "visit", attributes={"a": 1.0}))
)

ENTRANCES = ("inbound", "party_event", "link", "example", "command", "decision", "flow", "dead_letter")


def _reason(value: Any, entrance: str = "inbound") -> DeadLetterReason:
    with pytest.raises(Rejected) as refused:
        messages.reader(CODEC, entrance)(value)
    assert "secret" not in refused.value.detail
    return refused.value.reason


def _written(name: str, **changes: Any) -> bytes:
    """A message whose fields fastavro accepts and Garbo may not."""
    base: dict[str, Any] = {
        "garbo.Touchpoint": {"event_id": "secret", "channel": "web", "kind": "visit", "occurred_at": 1},
        "garbo.ConsentChange": {"event_id": "secret", "occurred_at": 1, "consent": "profiling", "granted": True},
        "garbo.ActionOutcome": {"event_id": "secret", "occurred_at": 1, "status": "opened"},
        "garbo.PartyEvent": {
            "event_id": "secret",
            "party_id": "p",
            "type": "touchpoint",
            "occurred_at": 1,
            "body": GOOD,
        },
    }[name]
    out = BytesIO()
    schemaless_writer(out, current()[name].parsed(), {**base, **changes})
    return header(REGISTRY.id_of(name)) + out.getvalue()


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("nothing", [None, b""])
def test_nothing_is_empty(entrance: str, nothing: bytes | None) -> None:
    assert _reason(nothing, entrance) == DeadLetterReason.EMPTY


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("value", [b'{"event_id": "1"}', b"\x01", b"Obj\x01", bytes([255]) * 2_000_000])
def test_other_formats_are_not_avro(entrance: str, value: bytes) -> None:
    assert _reason(value, entrance) == DeadLetterReason.NOT_AVRO


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_an_id_nobody_published_is_an_unknown_schema(entrance: str) -> None:
    assert _reason(header(7) + b"x", entrance) == DeadLetterReason.UNKNOWN_SCHEMA
    assert _reason(header(2**32 - 1), entrance) == DeadLetterReason.UNKNOWN_SCHEMA


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_cut_header_is_malformed(entrance: str) -> None:
    assert _reason(GOOD[:4], entrance) == DeadLetterReason.MALFORMED


@pytest.mark.parametrize("cut", range(5, len(GOOD)))
def test_a_message_cut_anywhere_is_malformed(cut: int) -> None:
    assert _reason(GOOD[:cut]) == DeadLetterReason.MALFORMED


def test_bytes_after_the_end_are_malformed() -> None:
    assert _reason(GOOD + b"\x00") == DeadLetterReason.MALFORMED


def test_a_string_that_is_not_utf8() -> None:
    assert _reason(GOOD.replace(b"visit", b"vi\xffit")) == DeadLetterReason.NOT_UTF8


@pytest.mark.parametrize("length", [2**30, 2**31, 2**40, 2**62, 2**63 - 1, -1, -(2**63)])
def test_an_absurd_length_is_refused_without_allocating(length: int) -> None:
    zigzag = (length << 1) ^ (length >> 63)
    raw = bytearray()
    while zigzag >= 0x80:
        raw.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    raw.append(zigzag)
    assert _reason(GOOD[:5] + bytes(raw) + GOOD[6:]) == DeadLetterReason.MALFORMED
    empty = _written("garbo.Touchpoint")  # ... event id, channel, kind, direction, instant, then the two counts
    place = empty.index(b"visit") + 7
    assert _reason(empty[:place] + bytes(raw) + empty[place + 1 :]) == DeadLetterReason.MALFORMED


def test_a_varint_without_end_is_malformed() -> None:
    assert _reason(GOOD[:5] + b"\xff" * 10_000) == DeadLetterReason.MALFORMED


@pytest.mark.parametrize(
    "entrance", [entrance for entrance in ENTRANCES if entrance not in ("inbound", "party_event", "dead_letter")]
)
def test_a_message_of_another_topic_is_of_the_wrong_type(entrance: str) -> None:
    assert _reason(GOOD, entrance) == DeadLetterReason.WRONG_TYPE


def test_only_inbound_messages_and_envelopes_belong_on_party_events() -> None:
    event = PartyEvent("e", "p", 1, TimerFired("t", 1))
    assert _reason(CODEC.encode_event(event)) == DeadLetterReason.WRONG_TYPE
    link = CODEC.encode_link(messages.LINKS[0])
    assert _reason(link, "party_event") == DeadLetterReason.WRONG_TYPE
    assert _reason(_written("garbo.PartyEvent", body=link), "party_event") == DeadLetterReason.WRONG_TYPE
    nested = _written("garbo.PartyEvent", body=_written("garbo.PartyEvent"))
    assert _reason(nested, "party_event") == DeadLetterReason.WRONG_TYPE


def test_an_envelope_that_says_another_type_is_refused() -> None:
    assert _reason(_written("garbo.PartyEvent", type="consent"), "party_event") == DeadLetterReason.WRONG_TYPE
    assert _reason(_written("garbo.PartyEvent", type="UNKNOWN"), "party_event") == DeadLetterReason.WRONG_TYPE


@pytest.mark.parametrize("body", [b"", b"\x00", b"junk", GOOD[:-1]])
def test_a_bad_body_in_a_good_envelope(body: bytes) -> None:
    expected = {b"": "empty", b"\x00": "malformed", b"junk": "not_avro", GOOD[:-1]: "malformed"}[body]
    assert _reason(_written("garbo.PartyEvent", body=body), "party_event") == expected


def test_an_unknown_channel() -> None:
    assert _reason(_written("garbo.Touchpoint", channel="UNKNOWN")) == DeadLetterReason.UNKNOWN_CHANNEL
    assert _reason(_written("garbo.ConsentChange", channel="UNKNOWN")) == DeadLetterReason.UNKNOWN_CHANNEL
    assert _reason(_written("garbo.ActionOutcome", channel="UNKNOWN")) == DeadLetterReason.UNKNOWN_CHANNEL


def test_an_unknown_consent() -> None:
    assert _reason(_written("garbo.ConsentChange", consent="UNKNOWN")) == DeadLetterReason.UNKNOWN_PURPOSE


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("garbo.Touchpoint", {"occurred_at": -1}),
        ("garbo.Touchpoint", {"occurred_at": 2**62}),
        ("garbo.Touchpoint", {"event_id": ""}),
        ("garbo.Touchpoint", {"kind": ""}),
        ("garbo.Touchpoint", {"direction": "UNKNOWN"}),
        ("garbo.Touchpoint", {"attributes": {"secret": math.nan}}),
        ("garbo.Touchpoint", {"attributes": {"secret": -math.inf}}),
        ("garbo.ActionOutcome", {"status": "UNKNOWN"}),
        ("garbo.ActionOutcome", {"attributes": {"secret": math.inf}}),
    ],
)
def test_a_value_that_makes_no_sense_is_invalid(name: str, changes: dict[str, Any]) -> None:
    assert _reason(_written(name, **changes)) == DeadLetterReason.INVALID


@pytest.mark.parametrize("changes", [{"occurred_at": -1}, {"event_id": ""}, {"party_id": ""}])
def test_an_envelope_that_makes_no_sense_is_invalid(changes: dict[str, Any]) -> None:
    assert _reason(_written("garbo.PartyEvent", **changes), "party_event") == DeadLetterReason.INVALID


@pytest.mark.parametrize(
    ("topic", "partition", "offset"), [("", 0, 0), ("t" * 250, 0, 0), ("t", -1, 0), ("t", 0, -1), ("t", 0, -(2**63))]
)
def test_a_source_that_is_no_place_on_a_log_is_invalid(topic: str, partition: int, offset: int) -> None:
    """A negative offset lies before everything: the event would be dropped as applied, and never was."""
    source = {"topic": topic, "partition": partition, "offset": offset}
    assert _reason(_written("garbo.PartyEvent", source=source), "party_event") == DeadLetterReason.INVALID


@pytest.mark.parametrize("party", ["", "p" * 257])
def test_a_party_without_a_usable_id_is_invalid(party: str) -> None:
    """An empty winner would take the row away to nobody, and leave no alias."""
    assert _reason(_written("garbo.PartyEvent", party_id=party), "party_event") == DeadLetterReason.INVALID
    merged = CODEC.encode_event(PartyEvent("e", "secret", 1, PartyMerged(party)))
    assert _reason(merged, "party_event") == DeadLetterReason.INVALID
    link = CODEC.encode_link(messages.LINKS[0]._replace(party=party))
    assert _reason(link, "link") == DeadLetterReason.INVALID
    if party:
        with pytest.raises(Rejected) as refused:
            CODEC.party_event(ConsumerRecord("party-events", 0, 0, party.encode(), GOOD, 0))
        assert refused.value.reason == DeadLetterReason.INVALID


@pytest.mark.parametrize("count", [65, 2_000])
def test_more_names_than_a_person_has_are_invalid(count: int) -> None:
    """Each becomes a link of its own, and makes one person of as many strangers."""
    names = tuple(Identifier("cookie", f"secret-{n}") for n in range(count))
    for body in (Touchpoint(Channel.WEB, "visit", identifiers=names), ProfileUpdate(names)):
        assert _reason(CODEC.encode_inbound(InboundMessage("e", 1, body))) == DeadLetterReason.INVALID
        fine = replace(body, identifiers=names[:64])
        assert fine == CODEC.inbound(CODEC.encode_inbound(InboundMessage("e", 1, fine))).body


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_an_example_that_would_ruin_a_model_is_invalid(number: float) -> None:
    good = Learn("f", "x", "secret", 1, "a", {"a": 1.0}, 1, 0.5, 0.5, "")
    for field, value in (("features", {"a": number}), ("probability", number), ("propensity", number), ("label", 2)):
        bad = Learn(**{**{f: getattr(good, f) for f in good.__struct_fields__}, field: value})
        assert _reason(CODEC.encode(bad), "example") == DeadLetterReason.INVALID


def test_a_bare_message_needs_a_key_that_is_text() -> None:
    for key, reason in ((None, "null_key"), (b"", "null_key"), (b"\xff", "not_utf8")):
        with pytest.raises(Rejected) as refused:
            CODEC.party_event(ConsumerRecord("party-events", 0, 0, key, GOOD, 0))
        assert refused.value.reason == reason


def test_twenty_thousand_mutations_of_good_messages() -> None:
    """Cut, flipped, doubled, crossed, and with numbers at the edge of their type put in: never another exception."""
    draw = random.Random(3)
    seeds = [
        (golden["entrance"], bytes.fromhex(message["hex"]))
        for file in sorted(messages.FOLDER.glob("*.json"))
        for golden in [json.loads(file.read_text("utf-8"))]
        for message in golden["messages"]
    ]
    heads = [header(schema.id) for schema in current().values()]
    edges = [b"\xff" * 9 + b"\x01", b"\xfe" + b"\xff" * 8 + b"\x01", b"\x80" * 12, struct.pack("<d", math.nan), b"\x01"]
    refused = 0
    for _ in range(20_000):
        entrance, value = draw.choice(seeds)
        raw = bytearray(value)
        for _ in range(draw.randint(1, 4)):
            place = draw.randrange(5, len(raw) + 1) if len(raw) > 5 else len(raw)
            match draw.randrange(7):
                case 0:
                    del raw[place:]
                case 1 if place < len(raw):
                    raw[place] ^= 1 << draw.randrange(8)
                case 2:
                    raw[place:place] = draw.choice(edges)
                case 3:
                    raw[place:place] = raw[5:place]
                case 4:
                    raw[:5] = draw.choice(heads)
                case 5:
                    raw[place : place + draw.randrange(8)] = draw.randbytes(draw.randrange(8))
                case 6:
                    raw[place:] = draw.choice(seeds)[1][place:]
        if draw.random() < 0.2:
            entrance = draw.choice(ENTRANCES)
        try:
            messages.reader(CODEC, entrance)(bytes(raw))
        except Rejected:
            refused += 1
    assert refused > 10_000  # the mutations bite


def test_the_engine_writes_what_it_reads() -> None:
    """A forward keeps the event's own id and instant, in the envelope and within."""
    event = PartyEvent("e", "winner", 5, ProfileUpdate(name="x"), 1, 2, Source("profiles", 0, 3), "loser")
    assert event == CODEC.party_event(ConsumerRecord("party-events", 0, 1, b"winner", CODEC.encode_event(event), 2))
    merged = PartyEvent("e", "loser", 5, PartyMerged("winner"), 1, 2)
    assert merged == CODEC.party_event(ConsumerRecord("party-events", 0, 1, b"loser", CODEC.encode_event(merged), 2))
