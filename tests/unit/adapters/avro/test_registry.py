"""The registries: packaged, in-process mock, and a real client against a small HTTP registry."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from garbo.adapters.avro import AvroCodec, ConfluentRegistry, PackagedRegistry
from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import SchemaError
from garbo.processors.ports import ConsumerRecord, InboundMessage, Rejected
from tests.chaos.registry import Registry, registry
from tests.golden import messages

MESSAGE = InboundMessage("evt-1", 1_000, Touchpoint(Channel.WEB, "visit"))


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as made:
        yield made


# Nobody waits the timeout out: it is for a machine that stands still in between.
FAST = {"max.retries": 0, "timeout": 30}


def _touchpoint(**changes: Any) -> Any:
    """Today's touchpoint schema as another version might be."""
    schema = json.loads(current()["garbo.Touchpoint"].text)
    for name, change in changes.items():
        if change is None:
            schema["fields"] = [f for f in schema["fields"] if f["name"] != name]
        else:
            next(f for f in schema["fields"] if f["name"] == name).update(change)
    return schema


def _write(number: int, schema: Any, **datum: Any) -> bytes:
    out = BytesIO()
    base = {"event_id": "e", "channel": "web", "kind": "visit", "occurred_at": 1_000}
    schemaless_writer(out, parse_schema(schema), {**base, **datum})
    return header(number) + out.getvalue()


def test_each_schema_is_registered_under_its_record_name(server: Registry) -> None:
    registry = ConfluentRegistry(server.url, FAST)
    assert sorted(current()) == sorted(server.subjects)
    assert server.schemas[registry.id_of("garbo.Touchpoint")] == current()["garbo.Touchpoint"].text
    codec = AvroCodec(registry)
    written = codec.encode_inbound(MESSAGE)
    assert header(registry.id_of("garbo.Touchpoint")) == written[:HEADER_BYTES]
    assert MESSAGE == codec.inbound(written)
    assert [] == server.asked  # what we registered ourselves needs no question


def test_a_second_worker_gets_the_same_ids_without_registering(server: Registry) -> None:
    first, second = ConfluentRegistry(server.url, FAST), ConfluentRegistry(server.url, FAST, register=False)
    assert [first.id_of(n) for n in current()] == [second.id_of(n) for n in current()]


def test_without_leave_to_register_a_missing_schema_is_named(server: Registry) -> None:
    with pytest.raises(SchemaError, match=r"garbo\.Touchpoint"):
        ConfluentRegistry(server.url, FAST, register=False)


def test_an_incompatible_schema_is_refused_with_what_to_do(server: Registry) -> None:
    server.refuse_all = 409
    with pytest.raises(SchemaError, match="incompatible"):
        ConfluentRegistry(server.url, FAST)


def test_a_registry_that_does_not_answer_stops_the_worker_and_hides_its_password() -> None:
    with pytest.raises(SchemaError, match=r"127\.0\.0\.1 does not answer") as refused:
        ConfluentRegistry("http://user:secret@127.0.0.1:9", FAST)
    assert "secret" not in str(refused.value)


def test_an_unknown_id_is_asked_once_a_minute(server: Registry) -> None:
    now = [0.0]
    codec = AvroCodec(ConfluentRegistry(server.url, FAST, clock=lambda: now[0]))
    for _ in range(3):
        with pytest.raises(Rejected) as refused:
            codec.inbound(header(999) + b"x")
        assert DeadLetterReason.UNKNOWN_SCHEMA == refused.value.reason
    assert [999] == server.asked
    now[0] = 61.0
    with pytest.raises(Rejected):
        codec.inbound(header(999) + b"x")
    assert [999, 999] == server.asked


def test_a_registry_in_trouble_is_no_fault_of_the_message(server: Registry) -> None:
    """A dead letter for each message of an outage would lose them all; the worker stops instead."""
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    server.refuse_all = 500
    with pytest.raises(SchemaError):
        codec.inbound(header(999) + b"x")


def test_another_writers_version_is_fetched_once_and_resolved(server: Registry) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = _touchpoint(text=None, topic=None)
    newer["fields"].append({"name": "mood", "type": "string", "default": ""})
    newer["fields"].reverse()
    server.schemas[50] = json.dumps(newer)
    for _ in range(2):
        assert MESSAGE.body == codec.inbound(_write(50, newer, mood="sunny")).body
    assert [50] == server.asked


def test_a_newer_producers_channel_is_an_unknown_channel(server: Registry) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = _touchpoint()
    channel = next(f for f in newer["fields"] if f["name"] == "channel")
    channel["type"]["symbols"].append("hologram")
    server.schemas[50] = json.dumps(newer)
    with pytest.raises(Rejected) as refused:
        codec.inbound(_write(50, newer, channel="hologram"))
    assert DeadLetterReason.UNKNOWN_CHANNEL == refused.value.reason
    assert MESSAGE == codec.inbound(_write(50, newer, event_id="evt-1"))


def test_a_newer_producers_consent_is_an_unknown_purpose(server: Registry) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = json.loads(current()["garbo.ConsentChange"].text)
    next(f for f in newer["fields"] if f["name"] == "consent")["type"]["symbols"].append("telepathy")
    server.schemas[51] = json.dumps(newer)
    with pytest.raises(Rejected) as refused:
        codec.inbound(_write(51, newer, consent="telepathy", granted=True))
    assert DeadLetterReason.UNKNOWN_PURPOSE == refused.value.reason


def test_a_schema_of_somebody_else_is_of_the_wrong_type(server: Registry) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    others = {
        60: '"string"',
        61: '{"type": "record", "name": "Order", "namespace": "shop", "fields": []}',
        62: json.dumps({**_touchpoint(), "fields": [{"name": "channel", "type": "double"}]}),
    }
    server.schemas.update(others)
    for number in others:
        with pytest.raises(Rejected) as refused:
            codec.inbound(header(number) + b"\x00" * 8)
        assert DeadLetterReason.WRONG_TYPE == refused.value.reason


def test_a_schema_made_to_hang_or_overflow_is_not_read(server: Registry) -> None:
    """2**62 nulls in ten bytes, a list of empty records, a chain without end."""
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    empty = {"type": "record", "name": "Empty", "fields": []}
    chain = {"type": "record", "name": "Chain", "fields": [{"name": "next", "type": ["null", "Chain"]}]}
    bombs: list[Any] = [{"type": "array", "items": "null"}, {"type": "array", "items": empty}, chain]
    for number, bomb in enumerate(bombs, start=70):
        schema = _touchpoint()
        schema["fields"].insert(0, {"name": "bomb", "type": bomb})
        server.schemas[number] = json.dumps(schema)
        with pytest.raises(Rejected) as refused:
            codec.inbound(header(number) + b"\xfe" + b"\xff" * 8 + b"\x01" * 9)
        assert DeadLetterReason.WRONG_TYPE == refused.value.reason


def test_what_was_written_before_the_registry_came_stays_readable(server: Registry) -> None:
    before = AvroCodec(PackagedRegistry()).encode_inbound(MESSAGE)
    assert MESSAGE == AvroCodec(ConfluentRegistry(server.url, FAST)).inbound(before)
    assert [] == server.asked


def test_a_registry_that_went_away_is_back_with_its_ids(server: Registry) -> None:
    """For the fault runs: while it is down a worker stops, and nothing it wrote before becomes unreadable."""
    registry = ConfluentRegistry(server.url, FAST)
    number = registry.id_of("garbo.Touchpoint")
    server.stop()
    with pytest.raises(SchemaError, match="does not answer"):
        ConfluentRegistry(server.url, FAST)
    server.start()
    assert number == ConfluentRegistry(server.url, FAST).id_of("garbo.Touchpoint")


def test_every_message_is_byte_for_byte_what_confluents_serializer_writes() -> None:
    registry = ConfluentRegistry("mock://framing")
    codec = AvroCodec(registry)
    for name, (_, values) in messages.samples(codec).items():
        if name in messages.BODIES:
            continue  # travel within envelopes only
        text = current()[name].text
        serializer = AvroSerializer(registry._client, text, conf={"subject.name.strategy.type": "TOPIC"})
        for value in values:
            ours = messages.encode(codec, value)
            datum = schemaless_reader(BytesIO(ours[HEADER_BYTES:]), parse_schema(json.loads(text)), None)
            theirs = serializer(datum, SerializationContext("any", MessageField.VALUE))
            assert theirs is not None
            assert theirs[HEADER_BYTES:] == ours[HEADER_BYTES:], name
            assert (theirs[0], len(theirs)) == (ours[0], len(ours))
            assert header(int.from_bytes(theirs[1:HEADER_BYTES], "big")) == theirs[:HEADER_BYTES]


def test_the_packaged_ids_are_the_same_in_every_process() -> None:
    assert [PackagedRegistry().id_of(n) for n in current()] == [s.id for s in current().values()]
    codec = AvroCodec(PackagedRegistry())
    record = ConsumerRecord("party-events", 0, 1, b"p", codec.encode_inbound(MESSAGE), 2)
    assert MESSAGE.body == codec.party_event(record).body
