"""Producers' messages: touchpoint, consent change, action outcome, profile update.

Rules
 1. A reader takes fastavro's dict and gives the body, or raises `Undecodable`; the codec adds event id and instant.
 2. Identifiers pass as they are spelt: resolve normalises them.
 3. A detail names the field, never its value.
"""

from collections.abc import Callable, Mapping
from sys import intern
from typing import Any, Final, TypeAlias

from garbo.core.vocabulary.events import (
    ActionOutcome,
    Channel,
    ConsentChange,
    Direction,
    Identifier,
    OutcomeStatus,
    ProfileUpdate,
    Touchpoint,
    Value,
)
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import InboundMessage, Rejected

Datum: TypeAlias = dict[str, Any]
FactBody: TypeAlias = Touchpoint | ConsentChange | ActionOutcome | ProfileUpdate

TOUCHPOINT: Final = "garbo.Touchpoint"
CONSENT: Final = "garbo.ConsentChange"
OUTCOME: Final = "garbo.ActionOutcome"
PROFILE: Final = "garbo.ProfileUpdate"

# The end of the year 9999: beyond, Python's own calendar gives up.
LAST_INSTANT: Final = 253_402_300_799_999

# A person is known by a handful of names at once. Each becomes a link of its own: 128 KiB of them would be 10,000
# messages, and as many strangers made one person.
IDENTIFIERS: Final = 64

_UNKNOWN: Final = "UNKNOWN"
CHANNELS: Final[Mapping[str, Channel]] = {c.value: c for c in Channel}
DIRECTIONS: Final[Mapping[str, Direction]] = {d.value: d for d in Direction}
_STATUSES: Final[Mapping[str, OutcomeStatus]] = {s.value: s for s in OutcomeStatus}
_BRANCH: Final[Mapping[type, str]] = {str: "string", int: "long", float: "double", bool: "boolean"}


def invalid(field: str, why: str) -> Rejected:
    return Rejected(DeadLetterReason.INVALID, f"{field} {why}")


def instant(ms: int, field: str = "occurred_at") -> int:
    """`ms`, when it lies between 1970 and 9999. Whether it lies in the future, the engine judges: it has the time."""
    if 0 <= ms <= LAST_INSTANT:
        return ms
    raise invalid(field, "is no instant between 1970 and 9999")


def event_id(datum: Datum) -> str:
    found: str = datum["event_id"]
    if not found:
        raise invalid("event_id", "is empty")
    return found


def attributes(raw: dict[str, Value], field: str = "attributes") -> dict[str, Value]:
    """`raw`, when its numbers are finite: a NaN would silence every rule and poison a model."""
    for value in raw.values():
        if value.__class__ is float and value - value != 0.0:
            raise invalid(field, "holds a number that is not finite")
    return raw


def identifiers(raw: list[Datum]) -> tuple[Identifier, ...]:
    if len(raw) > IDENTIFIERS:
        raise invalid("identifiers", f"are more than {IDENTIFIERS}")
    return tuple([Identifier(i["kind"], i["value"]) for i in raw])


def _channel(symbol: str | None) -> Channel | None:
    if symbol is None:
        return None
    found = CHANNELS.get(symbol)
    if found is None:
        raise Rejected(DeadLetterReason.UNKNOWN_CHANNEL, "channel is not one of this version's")
    return found


def _touchpoint(datum: Datum) -> Touchpoint:
    channel = CHANNELS.get(datum["channel"])
    if channel is None:
        raise Rejected(DeadLetterReason.UNKNOWN_CHANNEL, "channel is not one of this version's")
    direction = DIRECTIONS.get(datum["direction"])
    if direction is None:
        raise invalid("direction", "is not one of this version's")
    kind = datum["kind"]
    if not kind:
        raise invalid("kind", "is empty")
    return Touchpoint(
        channel,
        intern(kind),
        direction,
        identifiers(datum["identifiers"]),
        attributes(datum["attributes"]),
        datum["topic"],
        datum["text"] or "",
        datum["source_system"],
    )


def _consent(datum: Datum) -> ConsentChange:
    consent = datum["consent"]
    if consent == _UNKNOWN:
        raise Rejected(DeadLetterReason.UNKNOWN_PURPOSE, "consent is not one of this version's")
    return ConsentChange(
        consent, datum["granted"], identifiers(datum["identifiers"]), datum["evidence"], _channel(datum["channel"])
    )


def _outcome(datum: Datum) -> ActionOutcome:
    status = _STATUSES.get(datum["status"])
    if status is None:
        raise invalid("status", "is not one of this version's")
    return ActionOutcome(
        status,
        datum["action_id"],
        datum["action"],
        _channel(datum["channel"]),
        identifiers(datum["identifiers"]),
        attributes(datum["attributes"]),
    )


def _profile(datum: Datum) -> ProfileUpdate:
    return ProfileUpdate(
        identifiers(datum["identifiers"]),
        attributes(datum["attributes"]),
        datum["name"],
        datum["language"],
        datum["zone"],
        datum["household"],
        datum["household_role"],
        datum["lifecycle"],
    )


READERS: Final[Mapping[str, Callable[[Datum], FactBody]]] = {
    TOUCHPOINT: _touchpoint,
    CONSENT: _consent,
    OUTCOME: _outcome,
    PROFILE: _profile,
}

NAMES: Final[Mapping[type, str]] = {
    Touchpoint: TOUCHPOINT,
    ConsentChange: CONSENT,
    ActionOutcome: OUTCOME,
    ProfileUpdate: PROFILE,
}


def datum(fact: InboundMessage) -> Datum:
    """The fact as fastavro writes it: the body's fields by name, and what the envelope knows."""
    body = fact.body
    names = zip(body.__struct_encode_fields__, body.__struct_fields__, strict=True)
    out: Datum = {wire: getattr(body, field) for wire, field in names}
    out["event_id"], out["occurred_at"] = fact.event_id, fact.at
    out["identifiers"] = [i._asdict() for i in body.identifiers]
    if "attributes" in out:  # naming the branch spares fastavro trying them all, and keeps 1 and True apart
        out["attributes"] = {key: (_BRANCH[type(value)], value) for key, value in out["attributes"].items()}
    if "text" in out:
        out["text"] = out["text"] or None
    return out
