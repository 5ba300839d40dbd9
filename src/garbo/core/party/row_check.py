"""A row that comes by message, checked before it is merged. It is the only row that this worker did not make itself.

Rules
 1. Not everything that decodes is a row. A number that is not finite, or an instant beyond the calendar, would fail
    every later decision of the person it was merged into; an endless text would fail the changelog.
 2. The bounds are several times what `state` lets a row hold: a refused row is a lost history.
"""

from collections.abc import Collection, Iterator
from math import isfinite
from typing import Any, Final

from msgspec import MsgspecError, msgpack

from garbo.core.journeys.journal import sound
from garbo.core.party.state import Party, decode
from garbo.core.vocabulary.instants import DAY

# Characters of a text, and entries of a list. `state` allows 200 and 96; a model may have 256 features.
LONGEST: Final = 1024
# Bytes of what a row holds packed: a journal of 10 happenings, and the journeys before it.
PACKED: Final = 4096
# The farthest ahead a plan is made (ms).
AHEAD: Final = 3660 * DAY


def fault(row: bytes, loser: str, latest: int, states: Collection[str]) -> str:
    """Why `row`, which should be `loser`'s, cannot be merged; empty when it can.

    latest: the latest time a party can have (ms). states: those of the policy's life cycle.
    """
    try:
        party, plain = decode(row), msgpack.decode(row)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return "cannot be read"
    if party.id != loser or party.alias_of:
        return "is another party's, or an alias"
    if party.lifecycle not in states:
        return "has an unknown life-cycle state"
    if not sound(party.journey_base, party.journal):
        return "has a journal that cannot be unpacked"
    if not _bounded(plain):
        return "holds a number that is not finite, or is too long"
    if not all(0 <= at <= latest + AHEAD for at in _instants(party)) or party.at > latest:
        return "holds an instant that cannot be"
    return ""


def _bounded(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return len(value) <= (LONGEST if isinstance(value, str) else PACKED)
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return value.bit_length() < 64
    if isinstance(value, dict):
        return len(value) <= LONGEST and all(_bounded(k) and _bounded(v) for k, v in value.items())
    if isinstance(value, list):
        return len(value) <= LONGEST and all(map(_bounded, value))
    return value is None


def _instants(party: Party) -> Iterator[int]:
    yield from (party.at, party.lifecycle_since, party.stage_since, party.pressure_at, party.settled)
    yield from (at for instance in party.journeys for at in (instance.since, instance.touched, instance.began))
    for need in party.needs:
        yield from (need.opened_at, need.answer_due, need.deadline)
    yield from (consent.at for consent in party.consents.values())
    yield from (interest.at for interest in party.interests.values())
    yield from (touch.at for touch in party.touches)
    yield from (at for held in party.counters.values() for at in held)
    yield from (contact.at for contact in party.contacts)
    yield from (pending.at for pending in party.pending)
    yield from (timer.due for timer in party.timers)
    yield from party.suppressions.values()
    yield from party.objections.values()
    yield from party.invitations.values()
    yield from (negative[0] for negative in party.negatives)
