"""The engine's `Codec` on Avro. READ FIRST in this folder.

Rules
 1. Whatever the bytes, decoding raises `Undecodable`; only a registry that does not answer raises `SchemaError`,
    for then the fault is not the message's.
 2. A message is written with today's packaged schema, and read with the schema it names, resolved to today's.
 3. Framing by hand and one parse of each schema: confluent-kafka's deserializer costs three times the time. fastavro
    reads and writes, but for what flows most: touchpoints are read by `swift`, the engine's output written by `wire`.
 4. A detail never holds personal data: exception texts of fastavro quote values, so only their type is kept.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, NamedTuple, TypeVar

from fastavro import schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError

from garbo.adapters.avro import commands, decisions, events, facts, reports
from garbo.adapters.avro.facts import Datum
from garbo.adapters.avro.fast_touchpoint import TouchpointReader
from garbo.adapters.avro.framing import HEADER_BYTES, header, schema_id
from garbo.adapters.avro.registry import Registry
from garbo.adapters.avro.reports import DeadLetter
from garbo.adapters.avro.schema_guard import refusal
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, Learn
from garbo.core.vocabulary.events import Body, PartyEvent, Source
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link, Rejected

_T = TypeVar("_T")


class _Inlet(NamedTuple):
    """How messages with one header are read. `reader` is None where the writer's schema is today's own."""

    name: str
    writer: Any
    reader: Any


class AvroCodec:
    """Messages to values and back; implements `garbo.processors.ports.Codec`.

    Besides the port: `encode_fact` for producers, and `command`, `decision`, `flow`, `dead_letter` for consumers.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._schemas = {name: schema.parsed() for name, schema in current().items()}
        self._headers = {name: header(registry.id_of(name)) for name in self._schemas}
        self._inlets: dict[bytes, _Inlet] = {}
        self._touchpoint = TouchpointReader(self._schemas[facts.TOUCHPOINT], HEADER_BYTES)
        self._envelope = events.EnvelopeWriter(*self._outlet(events.ENVELOPE))
        self._encoders: Mapping[type, Callable[[Any], bytes]] = {
            Deliver: commands.CommandWriter(*self._outlet(commands.COMMAND)),
            DecisionRecord: decisions.DecisionWriter(*self._outlet(decisions.DECISION)),
            Learn: lambda effect: self._write(reports.EXAMPLE, reports.struct_datum(effect)),
            Flow: lambda effect: self._write(reports.FLOW, reports.struct_datum(effect)),
        }

    # -- reading

    def fact(self, value: bytes) -> InboundMessage:
        """A framed touchpoint, consent change, action outcome or profile update."""
        if value and value[:HEADER_BYTES] == self._headers[facts.TOUCHPOINT]:
            usual = self._touchpoint(value)
            if usual is not None:
                return usual
        name, datum = self._datum(value, facts.READERS)
        return InboundMessage(facts.event_id(datum), facts.instant(datum["occurred_at"]), facts.READERS[name](datum))

    def party_event(self, record: ConsumerRecord) -> PartyEvent:
        """A record of party-events: an envelope, or a bare fact whose producer knew the party (the key)."""
        value = record.value
        if value is None:
            raise Rejected(DeadLetterReason.EMPTY)
        if value[:HEADER_BYTES] != self._headers[events.ENVELOPE] and self._inlet(value).name != events.ENVELOPE:
            return self._bare(record, value)
        _, datum = self._datum(value, (events.ENVELOPE,))
        name, body = self._body(datum["body"])
        return events.party_event(datum, name, body, record.offset, record.timestamp_ms)

    def link(self, value: bytes) -> Link:
        return self._one(value, events.LINK, events.link)

    def example(self, value: bytes) -> Learn:
        return self._one(value, reports.EXAMPLE, reports.example)

    def command(self, value: bytes) -> Deliver:
        """What a dispatcher reads from actions.<channel>."""
        return self._one(value, commands.COMMAND, commands.command)

    def decision(self, value: bytes) -> DecisionRecord:
        return self._one(value, decisions.DECISION, decisions.decision)

    def flow(self, value: bytes) -> Flow:
        return self._one(value, reports.FLOW, reports.flow)

    def dead_letter(self, value: bytes) -> DeadLetter:
        return self._one(value, reports.DEAD_LETTER, reports.dead_letter)

    # -- writing

    def encode_fact(self, fact: InboundMessage) -> bytes:
        """A producer's message."""
        return self._write(facts.NAMES[type(fact.body)], facts.datum(fact))

    def envelope(self, fact: InboundMessage, party: str, source: Source, body: bytes) -> bytes:
        """A resolved fact for party-events; `body` is the producer's framed message, forwarded byte for byte."""
        return self._envelope(fact.event_id, party, facts.NAMES[type(fact.body)], fact.at, source, "", body)

    def encode_event(self, event: PartyEvent) -> bytes:
        """An event in its envelope. Sequence and append time are the log's to give."""
        body = event.body
        name = events.NAMES[type(body)]
        if isinstance(body, facts.FactBody):  # forwarded: its bytes are gone, so it is written anew
            framed = self.encode_fact(InboundMessage(event.event_id, event.at, body))
        else:
            framed = self._write(name, events.body_datum(body))
        return self._envelope(event.event_id, event.party, name, event.at, event.source, event.forwarded_from, framed)

    def encode_link(self, link: Link) -> bytes:
        return self._write(events.LINK, events.link_datum(link))

    def encode(self, effect: Deliver | DecisionRecord | Learn | Flow) -> bytes:
        return self._encoders[type(effect)](effect)

    def encode_dead_letter(
        self, record: ConsumerRecord, stage: str, reason: DeadLetterReason, detail: str, at: int
    ) -> bytes:
        """The message put aside, with its coordinates and reason; a value over 64 KiB is cut, its size kept."""
        return self._write(reports.DEAD_LETTER, reports.dead_letter_datum(record, stage, reason, detail, at))

    # -- inside

    def _body(self, value: bytes) -> tuple[str, Body]:
        """What an envelope holds, and its schema's name. Its own event id and instant yield to the envelope's."""
        if value[:HEADER_BYTES] == self._headers[facts.TOUCHPOINT]:
            usual = self._touchpoint(value)
            if usual is not None:
                return facts.TOUCHPOINT, usual.body
        name, datum = self._datum(value, events.READERS)
        return name, events.READERS[name](datum)

    def _bare(self, record: ConsumerRecord, value: bytes) -> PartyEvent:
        if not record.key:
            raise Rejected(DeadLetterReason.NULL_KEY, "a bare message needs its party id as key")
        try:
            party = record.key.decode()
        except UnicodeDecodeError:
            raise Rejected(DeadLetterReason.NOT_UTF8, "the key is no party id") from None
        event_id, at, body = self.fact(value)
        if len(party) > events.PARTY_CHARACTERS:
            raise facts.invalid("the key", f"is longer than {events.PARTY_CHARACTERS} characters")
        return PartyEvent(event_id, party, at, body, record.offset, events.appended(record.timestamp_ms))

    def _one(self, value: bytes, name: str, build: Callable[[Datum], _T]) -> _T:
        _, datum = self._datum(value, (name,))
        return build(datum)

    def _datum(self, value: bytes, accepted: Mapping[str, object] | tuple[str, ...]) -> tuple[str, Datum]:
        """The message as fastavro reads it, and its schema's name, one of `accepted`."""
        if not value:  # None too: a tombstone has no place on these topics
            raise Rejected(DeadLetterReason.EMPTY)
        name, writer, reader = self._inlets.get(value[:HEADER_BYTES]) or self._inlet(value)
        if name not in accepted:
            raise Rejected(DeadLetterReason.WRONG_TYPE, f"{name} does not belong here")
        stream = BytesIO(value)
        stream.seek(HEADER_BYTES)
        try:
            datum: Any = schemaless_reader(stream, writer, reader)
        except UnicodeDecodeError:
            raise Rejected(DeadLetterReason.NOT_UTF8, f"a string of {name}") from None
        except SchemaResolutionError:
            raise Rejected(DeadLetterReason.WRONG_TYPE, f"{name} as written does not resolve to today's") from None
        except Exception as e:  # noqa: BLE001  EOFError, IndexError, MemoryError, ...: the bytes' fault, all of them
            raise Rejected(DeadLetterReason.MALFORMED, f"{type(e).__name__} within {name}") from None
        if stream.tell() != len(value):
            raise Rejected(DeadLetterReason.MALFORMED, f"bytes follow the end of {name}")
        return name, datum

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

    def _outlet(self, name: str) -> tuple[bytes, Any]:
        return self._headers[name], self._schemas[name]

    def _write(self, name: str, datum: Datum) -> bytes:
        stream = BytesIO()
        stream.write(self._headers[name])
        schemaless_writer(stream, self._schemas[name], datum)
        return stream.getvalue()
