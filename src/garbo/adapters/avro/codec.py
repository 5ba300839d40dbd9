"""The engine's `Codec` on Avro. READ FIRST in this folder.

Rules
 1. Whatever the bytes are, decoding raises `Rejected`. Only a registry that does not answer raises `SchemaError`: then
    the message is not at fault.
 2. A message is written with today's packaged schema. It is read with the schema it names, resolved to today's.
 3. Each message is declared once, in `messages/`; the codec builds its readers and writers from that table.
 4. Framing is done by hand and each schema parsed once: confluent-kafka's deserializer takes three times as long.
    fastavro reads and writes, except where most messages flow: `fast_touchpoint` reads touchpoints, `primitives`
    writes envelopes, commands and decision records.
 5. A detail never holds personal data: fastavro's exception texts quote values, so only their type is kept.
"""

from collections.abc import Container, Mapping
from io import BytesIO
from typing import Any, NamedTuple

from fastavro import schemaless_reader
from fastavro.read import SchemaResolutionError

from garbo.adapters.avro.fast_touchpoint import TouchpointReader
from garbo.adapters.avro.framing import HEADER_BYTES, header, schema_id
from garbo.adapters.avro.messages import (
    MESSAGES,
    MessageType,
    action_command,
    dead_letter,
    decision_record,
    identity_link,
    journey_finding,
    journey_flow,
    journey_kpi,
    learning_example,
    objection,
    party_event,
    touchpoint,
)
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.avro.messages.fields import PARTY_CHARACTERS, Datum, event_id, instant, invalid
from garbo.adapters.avro.messages.message_type import Writer
from garbo.adapters.avro.messages.party_event import BODIES, INBOUND
from garbo.adapters.avro.registry import Registry
from garbo.adapters.avro.schema_guard import refusal
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, JourneyFinding, JourneyKpi, Learn, Objection
from garbo.core.vocabulary.events import Body, InboundBody, PartyEvent, Source
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link, Rejected


class _Inlet(NamedTuple):
    """How messages with one header are read. `reader` is None if the writer's schema is today's own."""

    name: str
    writer: Any
    reader: Any


class AvroCodec:
    """Messages to values and back; implements `garbo.processors.ports.Codec`.

    Besides the port: `encode_inbound` for producers, and `command`, `decision`, `kpi`, `finding`, `objection`,
    `dead_letter` for consumers.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        schemas = current()
        self._schemas = {message.name: schemas[message.name].parsed() for message in MESSAGES}
        headers = {name: header(registry.id_of(name)) for name in self._schemas}
        self._inlets: dict[bytes, _Inlet] = {}
        self._touchpoint_header = headers[touchpoint.MESSAGE.name]
        self._touchpoint = TouchpointReader(self._schemas[touchpoint.MESSAGE.name], HEADER_BYTES)
        self._envelope_header = headers[party_event.MESSAGE.name]
        self._names: Mapping[type, str] = {message.value: message.name for message in MESSAGES}
        self._writers: Mapping[type, Writer] = {
            message.value: message.writer(headers[message.name], self._schemas[message.name]) for message in MESSAGES
        }
        self._envelope = self._writers[PartyEvent]

    # -- reading

    def inbound(self, value: bytes) -> InboundMessage:
        """A framed touchpoint, consent change, action outcome or profile update."""
        if value and value[:HEADER_BYTES] == self._touchpoint_header:
            usual = self._touchpoint(value)
            if usual is not None:
                return usual
        name, datum = self._datum(value, INBOUND)
        return InboundMessage(event_id(datum), instant(datum["occurred_at"]), INBOUND[name].read(datum))

    def party_event(self, record: ConsumerRecord) -> PartyEvent:
        """A record of party-events: an envelope, or a bare inbound message whose producer knew the party (the key)."""
        value = record.value
        if value is None:
            raise Rejected(DeadLetterReason.EMPTY)
        if value[:HEADER_BYTES] != self._envelope_header and self._inlet(value).name != party_event.MESSAGE.name:
            return self._bare(record, value)
        _, datum = self._datum(value, (party_event.MESSAGE.name,))
        name, body = self._body(datum["body"])
        return party_event.read(datum, name, body, record.offset, record.timestamp_ms)

    def link(self, value: bytes) -> Link:
        found: Link = self._one(value, identity_link.MESSAGE)
        return found

    def example(self, value: bytes) -> Learn:
        found: Learn = self._one(value, learning_example.MESSAGE)
        return found

    def command(self, value: bytes) -> Deliver:
        """What a dispatcher reads from actions.<channel>."""
        found: Deliver = self._one(value, action_command.MESSAGE)
        return found

    def decision(self, value: bytes) -> DecisionRecord:
        found: DecisionRecord = self._one(value, decision_record.MESSAGE)
        return found

    def flow(self, value: bytes) -> Flow:
        found: Flow = self._one(value, journey_flow.MESSAGE)
        return found

    def kpi(self, value: bytes) -> JourneyKpi:
        """What readers of journey-kpis read."""
        found: JourneyKpi = self._one(value, journey_kpi.MESSAGE)
        return found

    def finding(self, value: bytes) -> JourneyFinding:
        """What readers of journey-findings read."""
        found: JourneyFinding = self._one(value, journey_finding.MESSAGE)
        return found

    def objection(self, value: bytes) -> Objection:
        """What other systems that write to customers read."""
        found: Objection = self._one(value, objection.MESSAGE)
        return found

    def dead_letter(self, value: bytes) -> DeadLetter:
        found: DeadLetter = self._one(value, dead_letter.MESSAGE)
        return found

    def as_written(self, value: bytes) -> tuple[str, Datum]:
        """The message's schema and its fields as its writer wrote them, unchecked: for a person to look at.

        Raises:
            Rejected: the bytes cannot be read with the schema that they name.
        """
        name, writer, _ = self._inlets.get(value[:HEADER_BYTES]) or self._inlet(value)
        return name, _read(value, name, writer, None)

    # -- writing

    def encode_inbound(self, message: InboundMessage) -> bytes:
        """A producer's message."""
        return self._writers[type(message.body)](message)

    def envelope(self, message: InboundMessage, party: str, source: Source, body: bytes, received_at: int = 0) -> bytes:
        """A resolved message for party-events; `body` is the producer's framed message, forwarded byte for byte.

        received_at: when the first topic took it (ms).
        """
        name = self._names[type(message.body)]
        return self._envelope(message.event_id, party, name, message.at, source, "", body, received_at)

    def encode_event(self, event: PartyEvent) -> bytes:
        """An event in its envelope, without its sequence: the log gives that."""
        body = event.body
        written = InboundMessage(event.event_id, event.at, body) if isinstance(body, InboundBody) else body
        framed = self._writers[type(body)](written)
        name = self._names[type(body)]
        origin, received = event.forwarded_from, event.appended_at
        return self._envelope(event.event_id, event.party, name, event.at, event.source, origin, framed, received)

    def encode_link(self, link: Link) -> bytes:
        return self._writers[Link](link)

    def encode(
        self, effect: Deliver | DecisionRecord | Learn | Flow | Objection | JourneyKpi | JourneyFinding
    ) -> bytes:
        return self._writers[type(effect)](effect)

    def encode_dead_letter(
        self, record: ConsumerRecord, processor: str, reason: DeadLetterReason, detail: str, at: int
    ) -> bytes:
        """The message put aside, with its coordinates and reason; a value over 64 KiB is cut, its size kept."""
        return self._writers[DeadLetter](dead_letter.put_aside(record, processor, reason, detail, at))

    # -- inside

    def _body(self, value: bytes) -> tuple[str, Body]:
        """An envelope's body, and its schema's name. The envelope's event id and instant hold, not the body's own."""
        if value[:HEADER_BYTES] == self._touchpoint_header:
            usual = self._touchpoint(value)
            if usual is not None:
                return touchpoint.MESSAGE.name, usual.body
        name, datum = self._datum(value, BODIES)
        return name, BODIES[name].read(datum)

    def _bare(self, record: ConsumerRecord, value: bytes) -> PartyEvent:
        if not record.key:
            raise Rejected(DeadLetterReason.NULL_KEY, "a bare message needs its party id as key")
        try:
            party = record.key.decode()
        except UnicodeDecodeError:
            raise Rejected(DeadLetterReason.NOT_UTF8, "the key is no party id") from None
        event_id, at, body = self.inbound(value)
        if len(party) > PARTY_CHARACTERS:
            raise invalid("the key", f"is longer than {PARTY_CHARACTERS} characters")
        return PartyEvent(event_id, party, at, body, record.offset, party_event.appended(record.timestamp_ms))

    def _one(self, value: bytes, message: MessageType) -> Any:
        _, datum = self._datum(value, (message.name,))
        return message.read(datum)

    def _datum(self, value: bytes, accepted: Container[str]) -> tuple[str, Datum]:
        """The message as fastavro reads it, and its schema's name, one of `accepted`."""
        if not value:  # None too: a tombstone has no place on these topics
            raise Rejected(DeadLetterReason.EMPTY)
        name, writer, reader = self._inlets.get(value[:HEADER_BYTES]) or self._inlet(value)
        if name not in accepted:
            raise Rejected(DeadLetterReason.WRONG_TYPE, f"{name} does not belong here")
        return name, _read(value, name, writer, reader)

    def _inlet(self, value: bytes) -> _Inlet:
        number = schema_id(value)
        writer = self._registry.schema(number)
        if writer is None:
            raise Rejected(DeadLetterReason.UNKNOWN_SCHEMA, f"schema id {number}")
        name = writer.get("name", "") if isinstance(writer, dict) else ""
        own = self._schemas.get(name)
        if own is None:
            raise Rejected(DeadLetterReason.WRONG_TYPE, f"schema id {number} is none of Garbo's")
        if writer != own and (why := refusal(writer)):
            raise Rejected(DeadLetterReason.WRONG_TYPE, f"schema id {number} {why}")
        found = self._inlets[value[:HEADER_BYTES]] = _Inlet(name, writer, None if writer == own else own)
        return found


def _read(value: bytes, name: str, writer: Any, reader: Any) -> Datum:
    """The fields of a message of schema `name`."""
    stream = BytesIO(value)
    stream.seek(HEADER_BYTES)
    try:
        datum: Any = schemaless_reader(stream, writer, reader)
    except UnicodeDecodeError:
        raise Rejected(DeadLetterReason.NOT_UTF8, f"a string of {name}") from None
    except SchemaResolutionError:
        raise Rejected(DeadLetterReason.WRONG_TYPE, f"{name} as written does not resolve to today's") from None
    except Exception as e:  # noqa: BLE001  EOFError, IndexError, MemoryError, ...: the bytes are at fault in each
        raise Rejected(DeadLetterReason.MALFORMED, f"{type(e).__name__} within {name}") from None
    if stream.tell() != len(value):
        raise Rejected(DeadLetterReason.MALFORMED, f"bytes follow the end of {name}")
    found: Datum = datum
    return found
