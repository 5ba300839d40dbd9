"""What is written is read as the same value, and every byte is one fastavro would have written."""

from io import BytesIO
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.adapters.avro.framing import HEADER_BYTES, schema_id
from garbo.adapters.avro.messages.dead_letter import KEPT_BYTES
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, Learn, Objection
from garbo.core.vocabulary.events import PartyEvent, Source
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link
from tests.unit.adapters.avro import strategies

CODEC = AvroCodec(PackagedRegistry())
often = settings(max_examples=150)


def _as_fastavro_writes(message: bytes) -> bytes:
    """The same message read and written again by fastavro alone, with the schema as published."""
    schema: Any = next(s for s in current().values() if s.id == schema_id(message)).parsed()
    datum = schemaless_reader(BytesIO(message[HEADER_BYTES:]), schema, None)
    out = BytesIO()
    schemaless_writer(out, schema, datum)
    return message[:HEADER_BYTES] + out.getvalue()


@often
@given(strategies.inbound)
def test_inbound_messages(message: InboundMessage) -> None:
    read = CODEC.inbound(CODEC.encode_inbound(message))
    assert message == read
    kept = getattr(message.body, "attributes", {})
    assert [type(v) for v in kept.values()] == [type(v) for v in getattr(read.body, "attributes", {}).values()]


@often
@given(strategies.party_events)
def test_party_events(event: PartyEvent) -> None:
    written = CODEC.encode_event(event)
    record = ConsumerRecord("party-events", 0, event.sequence, event.party.encode(), written, event.appended_at)
    assert event == CODEC.party_event(record)
    assert written == _as_fastavro_writes(written)


@often
@given(strategies.inbound, st.integers(0, 2**62))
def test_a_producers_bytes_are_forwarded_verbatim(message: InboundMessage, offset: int) -> None:
    source = Source("touchpoints", 2, offset)
    body = CODEC.encode_inbound(message)
    written = CODEC.envelope(message, "p-1", source, body, 10)
    assert body in written
    expected = PartyEvent(message.event_id, "p-1", message.at, message.body, 9, 10, source)
    assert expected == CODEC.party_event(ConsumerRecord("party-events", 0, 9, b"p-1", written, 10))
    assert written == CODEC.encode_event(expected)


@often
@given(strategies.inbound)
def test_a_bare_message_takes_its_party_from_the_key(message: InboundMessage) -> None:
    record = ConsumerRecord("party-events", 0, 9, "p-è".encode(), CODEC.encode_inbound(message), 10)
    assert PartyEvent(message.event_id, "p-è", message.at, message.body, 9, 10) == CODEC.party_event(record)


@often
@given(strategies.links)
def test_links(link: Link) -> None:
    assert link == CODEC.link(CODEC.encode_link(link))


@often
@given(strategies.commands)
def test_commands(command: Deliver) -> None:
    written = CODEC.encode(command)
    assert command == CODEC.command(written)
    assert written == _as_fastavro_writes(written)


@often
@given(strategies.decisions)
def test_decision_records(record: DecisionRecord) -> None:
    written = CODEC.encode(record)
    assert record == CODEC.decision(written)
    assert written == _as_fastavro_writes(written)


@often
@given(strategies.examples)
def test_learning_examples(example: Learn) -> None:
    assert example == CODEC.example(CODEC.encode(example))


@often
@given(strategies.objections)
def test_objections(objection: Objection) -> None:
    assert objection == CODEC.objection(CODEC.encode(objection))


@often
@given(strategies.flows)
def test_journey_flows(flow: Flow) -> None:
    assert flow == CODEC.flow(CODEC.encode(flow))


@often
@given(
    st.none() | st.binary(max_size=300),
    st.none() | st.binary(max_size=300),
    st.sampled_from(DeadLetterReason),
    st.text(),
)
def test_dead_letters(key: bytes | None, value: bytes | None, reason: DeadLetterReason, detail: str) -> None:
    record = ConsumerRecord("touchpoints", 3, 77, key, value, 123)
    read = CODEC.dead_letter(CODEC.encode_dead_letter(record, "resolve", reason, detail, 456))
    assert (key, value, reason, "resolve", 456) == (read.key, read.value, read.reason, read.processor, read.at)
    assert ("touchpoints", 3, 77, 123) == (read.topic, read.partition, read.offset, read.appended_at)


def test_a_dead_letter_keeps_64_kib_and_the_whole_size() -> None:
    record = ConsumerRecord("touchpoints", 0, 0, b"k" * 100_000, b"v" * 1_000_000, 0)
    read = CODEC.dead_letter(CODEC.encode_dead_letter(record, "resolve", DeadLetterReason.TOO_LARGE, "", 0))
    assert (b"k" * KEPT_BYTES, b"v" * KEPT_BYTES, 1_000_000) == (read.key, read.value, read.size)
