"""The events that Garbo makes itself. They travel only in a `PartyEvent`, which has their id and instant."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from garbo.adapters.avro.messages.fields import Datum, datum_of, instant, party_id
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import ClockTick, HouseholdJoined, MemberUpdate, PartyMerged, RowMoved, TimerFired


def _internal(name: str, value: type[Struct], written_by: str, read: Callable[[Datum], Any]) -> MessageType:
    return MessageType(
        name=name,
        value=value,
        topics=(),
        key="",
        written_by=written_by,
        read_by="decide",
        read=read,
        writer=by_fastavro(datum_of(value)),
    )


TIMER_FIRED: Final = _internal(
    "garbo.TimerFired", TimerFired, "decide", lambda d: TimerFired(d["timer"], instant(d["due"], "due"))
)
PARTY_MERGED: Final = _internal(
    "garbo.PartyMerged", PartyMerged, "resolve", lambda d: PartyMerged(party_id(d, "winner"))
)
ROW_MOVED: Final = _internal("garbo.RowMoved", RowMoved, "decide", lambda d: RowMoved(d["loser"], d["row"]))
HOUSEHOLD_JOINED: Final = _internal(
    "garbo.HouseholdJoined",
    HouseholdJoined,
    "resolve",
    lambda d: HouseholdJoined(d["household"], party_id(d, "member"), d["name"], d["role"]),
)
MEMBER_UPDATE: Final = _internal(
    "garbo.MemberUpdate",
    MemberUpdate,
    "decide",
    lambda d: MemberUpdate(
        party_id(d, "member"),
        tuple(d["consents"]),
        instant(d["contact_at"], "contact_at"),
        d["channel"],
        d["action_class"],
        d["purpose"],
        d["topic"],
        d["group"],
    ),
)
CLOCK_TICK: Final = _internal("garbo.ClockTick", ClockTick, "a replay's feeder", lambda _: ClockTick())

MESSAGES: Final = (TIMER_FIRED, PARTY_MERGED, ROW_MOVED, HOUSEHOLD_JOINED, CLOCK_TICK, MEMBER_UPDATE)
