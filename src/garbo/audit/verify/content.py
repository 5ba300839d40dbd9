"""The part of an event that an invariant needs, as a plain value."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from garbo.core.vocabulary.events import (
    ActionOutcome,
    Body,
    ConsentChange,
    Direction,
    HouseholdJoined,
    MemberUpdate,
    PartyMerged,
    ProfileUpdate,
    RowMoved,
    Touchpoint,
)


class Consented(NamedTuple):
    """channel: where it was said; "" for none."""

    consent: str
    granted: bool
    channel: str = ""


class Reported(NamedTuple):
    """What became of a contact: named by its id or, if another system made it, by its action. channel: as reported."""

    status: str
    action_id: str
    action: str
    channel: str = ""


class Touched(NamedTuple):
    """The customer touched us on `channel`. named: the channel that the touchpoint names; "" for none."""

    kind: str
    channel: str
    named: str


class Outside(NamedTuple):
    """A contact another system made."""

    channel: str
    action_class: str
    purpose: str
    theme: str


class Moved(NamedTuple):
    """The row of `loser` arrived."""

    loser: str


class Merged(NamedTuple):
    """The party has to move to `winner`."""

    winner: str


class Named(NamedTuple):
    """The party's name became known."""

    name: str


class Joined(NamedTuple):
    """`member` belongs to the party's household."""

    member: str
    name: str


class Permits(NamedTuple):
    """All that `member` of the party's household permits."""

    member: str
    consents: frozenset[str]


class Contacted(NamedTuple):
    """`member` of the party's household was contacted at instant `at` (ms)."""

    member: str
    at: int
    channel: str
    action_class: str
    purpose: str
    theme: str
    group: str


Content: TypeAlias = (
    Consented | Reported | Touched | Outside | Moved | Merged | Named | Joined | Permits | Contacted | None
)

# Most touchpoints are of few kinds: a million of them are then a few tuples.
_touched: Final = lru_cache(maxsize=4096)(Touched)


def content_of(body: Body) -> Content:
    match body:
        case ConsentChange():
            return Consented(body.consent, body.granted, body.channel or "")
        case ActionOutcome():
            return Reported(body.status, body.action_id, body.action, body.channel or "")
        case Touchpoint(direction=Direction.OUTBOUND):
            given: Mapping[str, object] = body.attributes
            return Outside(
                body.channel, str(given.get("action_class", "marketing")),
                str(given.get("purpose", "own_promotion")), body.theme,
            )  # fmt: skip
        case Touchpoint():
            return _touched(body.kind, body.channel, str(body.attributes.get("channel", "")))
        case RowMoved():
            return Moved(body.loser)
        case PartyMerged():
            return Merged(body.winner)
        case ProfileUpdate() if body.name:
            return Named(body.name)
        case HouseholdJoined():
            return Joined(body.member, body.name)
        case MemberUpdate(contact_at=0):
            return Permits(body.member, frozenset(body.consents))
        case MemberUpdate():
            return Contacted(
                body.member, body.contact_at, body.channel, body.action_class, body.purpose, body.theme, body.group
            )
        case _:
            return None
