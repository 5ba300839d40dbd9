"""The party's own log: the envelope around an event's message.

The body is a whole framed message, so that resolve forwards a producer's bytes untouched.
"""

from collections.abc import Mapping
from typing import Any, Final

from garbo.adapters.avro.messages import action_outcome, consent_change, internal_events, profile_update, touchpoint
from garbo.adapters.avro.messages.fields import LAST_INSTANT, Datum, event_id, instant, invalid, party_id
from garbo.adapters.avro.messages.message_type import MessageType
from garbo.adapters.avro.primitives import NULL, SOME, blob, long, string, symbols, word
from garbo.core.vocabulary.events import EVENT_TYPES, Body, PartyEvent, Source
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import Rejected
from garbo.processors.topics import PARTY_EVENTS

INBOUND: Final[Mapping[str, MessageType]] = {
    m.name: m for m in (touchpoint.MESSAGE, consent_change.MESSAGE, action_outcome.MESSAGE, profile_update.MESSAGE)
}
BODIES: Final[Mapping[str, MessageType]] = {**INBOUND, **{m.name: m for m in internal_events.MESSAGES}}

# What the envelope's `type` says of each body, so that a consumer may filter without opening it: the structs' tags.
TYPES: Final[Mapping[str, str]] = {name: EVENT_TYPES[body.value] for name, body in BODIES.items()}

_TOPIC_CHARACTERS: Final = 249  # Kafka's own bound


def _source(datum: Datum | None) -> Source | None:
    """Where the event lay. An impossible place is refused: the row would remember it as applied."""
    if datum is None:
        return None
    topic, partition, offset = datum["topic"], datum["partition"], datum["offset"]
    if not 0 < len(topic) <= _TOPIC_CHARACTERS or partition < 0 or offset < 0:
        raise invalid("source", "is no place on a log")
    return Source(topic, partition, offset)


def read(datum: Datum, body_name: str, body: Body, sequence: int, appended_at: int) -> PartyEvent:
    """The envelope's fields around a decoded body."""
    if datum["type"] != TYPES[body_name]:
        raise Rejected(DeadLetterReason.WRONG_TYPE, f"the envelope does not say {body_name}")
    return PartyEvent(
        event_id(datum),
        datum["party_id"] if body_name == internal_events.CLOCK_TICK.name else party_id(datum, "party_id"),
        instant(datum["occurred_at"]),
        body,
        sequence,
        appended(datum["received_at"]) or appended(appended_at),
        _source(datum["source"]),
        datum["forwarded_from"],
    )


def appended(stamp: int) -> int:
    """A record's timestamp; 0 if it is no instant (a producer may set it), which makes the event as old as can be."""
    return stamp if 0 <= stamp <= LAST_INSTANT else 0


class EnvelopeWriter:
    """Writes envelopes by hand: resolve writes one an event, and fastavro takes three times as long."""

    def __init__(self, header: bytes, schema: Any) -> None:
        types = symbols(next(f["type"] for f in schema["fields"] if f["name"] == "type"))
        self._types = {name: types[tag] for name, tag in TYPES.items()}
        self._header = header

    def __call__(
        self, event_id: str, party: str, body_name: str, at: int, source: Source | None, origin: str, body: bytes,
        received_at: int,
    ) -> bytes:  # fmt: skip
        """The framed envelope of a framed `body`; `origin` is the alias it was forwarded from, or empty. received_at:
        when the first topic took the message (ms), 0: the envelope is the first."""
        return b"".join(
            (
                self._header,
                string(event_id),
                string(party),
                self._types[body_name],
                long(at),
                NULL if source is None else SOME + word(source[0]) + long(source[1]) + long(source[2]),
                string(origin),
                blob(body),
                long(received_at),
            )
        )


MESSAGE: Final = MessageType(
    name="garbo.PartyEvent",
    value=PartyEvent,
    topics=(PARTY_EVENTS,),
    key="party id",
    written_by="resolve, decide",
    read_by="decide",
    read=read,
    writer=EnvelopeWriter,
)
