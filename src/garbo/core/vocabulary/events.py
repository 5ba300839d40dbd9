"""What happened. One class an event; `PartyEvent` is the envelope in which each travels on the party's own log."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias, get_args

from msgspec import Struct

Scalar: TypeAlias = str | int | float | bool

Value: TypeAlias = Scalar | list[str] | dict[str, float]
"""An attribute's value. A date is text, "2027-03-31"; a list holds strings, a map numbers."""

# Published schemas and recorded histories call a theme "topic", and the value to the company "value_bank": they keep
# these names for ever.
WIRE_NAMES: Mapping[str, str] = {"theme": "topic", "value_company": "value_bank"}


class Direction(StrEnum):
    INBOUND = "inbound"  # the customer came to us
    OUTBOUND = "outbound"  # we, or another system of ours, went to the customer


class Identifier(NamedTuple):
    """`kind` is one of the policy's identifiers; `value` is normalised before it gets here."""

    kind: str
    value: str


class Source(NamedTuple):
    """Where an event lay before resolve forwarded it. Orders and dedupes what resolve sends at least once."""

    topic: str
    partition: int
    offset: int


class Touchpoint(Struct, frozen=True, tag="touchpoint", rename=WIRE_NAMES):
    """Something the customer did, or a contact another system made (`direction` outbound)."""

    channel: str
    kind: str
    direction: Direction = Direction.INBOUND
    identifiers: tuple[Identifier, ...] = ()
    attributes: dict[str, Value] = {}
    theme: str = ""
    text: str = ""
    source_system: str = ""


class ConsentChange(Struct, frozen=True, tag="consent"):
    """One consent given or withdrawn."""

    consent: str
    granted: bool
    identifiers: tuple[Identifier, ...] = ()
    evidence: str = ""
    channel: str | None = None


class ActionOutcome(Struct, frozen=True, tag="outcome"):
    """What became of an action. `action_id` empty: a contact made by another system, named by `action`."""

    status: str
    action_id: str = ""
    action: str = ""
    channel: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    attributes: dict[str, Value] = {}


class ProfileUpdate(Struct, frozen=True, tag="profile"):
    """What a system of record knows: attributes, language, zone, household."""

    identifiers: tuple[Identifier, ...] = ()
    attributes: dict[str, Value] = {}
    name: str = ""
    language: str = ""
    zone: str = ""
    household: str = ""
    household_role: str = ""
    lifecycle: str = ""


class TimerFired(Struct, frozen=True, tag="timer"):
    """A timer of the party's row came due."""

    timer: str
    due: int


class PartyMerged(Struct, frozen=True, tag="merged"):
    """This party and `winner` are one person: the row moves there and leaves an alias."""

    winner: str


class RowMoved(Struct, frozen=True, tag="moved"):
    """The row of `loser`, arriving at the winner. `row` is `core.party.state`'s encoding."""

    loser: str
    row: bytes


class HouseholdJoined(Struct, frozen=True, tag="household"):
    """A member of this party's household became known."""

    household: str
    member: str
    name: str = ""
    role: str = ""


class MemberUpdate(Struct, frozen=True, tag="member", rename=WIRE_NAMES):
    """What a member of this party's household permits, or a contact made with that member.

    consents: all that the member has given. contact_at: the instant of the contact (ms), 0: none; the other fields are
    the contact's.
    """

    member: str
    consents: tuple[str, ...] = ()
    contact_at: int = 0
    channel: str = ""
    action_class: str = ""
    purpose: str = ""
    theme: str = ""
    group: str = ""


class ClockTick(Struct, frozen=True, tag="tick"):
    """In replay, time has come this far on this partition although nothing happened; timers may be due."""


InboundBody: TypeAlias = Touchpoint | ConsentChange | ActionOutcome | ProfileUpdate
"""What producers write."""

Body: TypeAlias = InboundBody | TimerFired | PartyMerged | RowMoved | HouseholdJoined | MemberUpdate | ClockTick


# What an envelope and a decision record call a body: its tag.
EVENT_TYPES: Mapping[type, str] = {body: str(body.__struct_config__.tag) for body in get_args(Body)}


def type_of(body: Body) -> str:
    """The event's type as records name it: the body's tag."""
    return EVENT_TYPES[type(body)]


class PartyEvent(Struct, frozen=True):
    """One event on a party's log.

    at: when it happened, as its producer says (ms). sequence: its offset on party-events, which orders replay.
    appended_at: when the first topic took it (ms), before resolve; latency budgets count from there.
    """

    event_id: str
    party: str
    at: int
    body: Body
    sequence: int = 0
    appended_at: int = 0
    source: Source | None = None
    forwarded_from: str = ""  # the alias whose log it came by; its markers were checked there
