"""The party's own log: the envelope, the events Garbo itself makes, and resolve's links."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from garbo.adapters.avro import facts
from garbo.adapters.avro.facts import LAST_INSTANT, Datum, event_id, instant, invalid
from garbo.adapters.avro.primitives import NULL, SOME, blob, long, string, symbols, word
from garbo.core.vocabulary.events import (
    Body,
    ClockTick,
    HouseholdJoined,
    Identifier,
    PartyEvent,
    PartyMerged,
    RowMoved,
    Source,
    TimerFired,
)
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import Link, Rejected

ENVELOPE: Final = "garbo.PartyEvent"
LINK: Final = "garbo.IdentityLink"
_TIMER: Final = "garbo.TimerFired"
_MERGED: Final = "garbo.PartyMerged"
_MOVED: Final = "garbo.RowMoved"
_HOUSEHOLD: Final = "garbo.HouseholdJoined"
_TICK: Final = "garbo.ClockTick"

# Party ids are ours (22 characters) or a bank's own; they stand in every row, record and key of the party.
PARTY_CHARACTERS: Final = 256
_TOPIC_CHARACTERS: Final = 249  # Kafka's own bound


def _party(datum: Datum, field: str) -> str:
    found: str = datum[field]
    if not 0 < len(found) <= PARTY_CHARACTERS:
        raise invalid(field, "is empty" if not found else f"is longer than {PARTY_CHARACTERS} characters")
    return found


def _source(datum: Datum | None) -> Source | None:
    """Where the event lay. A place that cannot be would mark, in the row, what was never applied."""
    if datum is None:
        return None
    topic, partition, offset = datum["topic"], datum["partition"], datum["offset"]
    if not 0 < len(topic) <= _TOPIC_CHARACTERS or partition < 0 or offset < 0:
        raise invalid("source", "is no place on a log")
    return Source(topic, partition, offset)


READERS: Final[Mapping[str, Callable[[Datum], Body]]] = {
    **facts.READERS,
    _TIMER: lambda d: TimerFired(d["timer"], instant(d["due"], "due")),
    _MERGED: lambda d: PartyMerged(_party(d, "winner")),
    _MOVED: lambda d: RowMoved(d["loser"], d["row"]),
    _HOUSEHOLD: lambda d: HouseholdJoined(d["household"], d["member"], d["name"], d["role"]),
    _TICK: lambda _: ClockTick(),
}

NAMES: Final[Mapping[type, str]] = {
    **facts.NAMES,
    TimerFired: _TIMER,
    PartyMerged: _MERGED,
    RowMoved: _MOVED,
    HouseholdJoined: _HOUSEHOLD,
    ClockTick: _TICK,
}

# What the envelope's `type` says of each body, so that a consumer may filter without opening it: the structs' tags.
TYPES: Final[Mapping[str, str]] = {name: str(struct.__struct_config__.tag) for struct, name in NAMES.items()}  # type: ignore[attr-defined]


def body_datum(body: TimerFired | PartyMerged | RowMoved | HouseholdJoined | ClockTick) -> Datum:
    """An event of Garbo's own as fastavro writes it; its id and instant are the envelope's."""
    return {field: getattr(body, field) for field in body.__struct_fields__}


def party_event(datum: Datum, body_name: str, body: Body, sequence: int, appended_at: int) -> PartyEvent:
    """The envelope's fields around a decoded body."""
    if datum["type"] != TYPES[body_name]:
        raise Rejected(DeadLetterReason.WRONG_TYPE, f"the envelope does not say {body_name}")
    return PartyEvent(
        event_id(datum),
        datum["party_id"] if body_name == _TICK else _party(datum, "party_id"),
        instant(datum["occurred_at"]),
        body,
        sequence,
        appended(appended_at),
        _source(datum["source"]),
        datum["forwarded_from"],
    )


def appended(stamp: int) -> int:
    """A record's stamp. It may be the producer's word: what is no instant is 0, and the event as old as can be."""
    return stamp if 0 <= stamp <= LAST_INSTANT else 0


class EnvelopeWriter:
    """Writes envelopes. Resolve writes one per event, so by hand: fastavro takes three times as long."""

    def __init__(self, header: bytes, schema: Any) -> None:
        types = symbols(next(f["type"] for f in schema["fields"] if f["name"] == "type"))
        self._types = {name: types[tag] for name, tag in TYPES.items()}
        self._header = header

    def __call__(
        self, event_id: str, party: str, body_name: str, at: int, source: Source | None, origin: str, body: bytes
    ) -> bytes:
        """The framed envelope of a framed `body`; `origin` is the alias it was forwarded from, or empty."""
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
            )
        )


def link(datum: Datum) -> Link:
    party = _party(datum, "party")
    identifier, via = datum["identifier"], datum["via"]
    return Link(
        Identifier(identifier["kind"], identifier["value"]),
        party,
        Identifier(via["kind"], via["value"]),
        datum["name"],
        datum["role"],
    )


def link_datum(link: Link) -> Datum:
    return {**link._asdict(), "identifier": link.identifier._asdict(), "via": link.via._asdict()}
