"""What a record says was decided, and how two records of one event differ in it.

Rules
 1. What was decided: the action, its channel, its time, what rides along, the needs that ended, and for every other
    candidate the reason why it did not go out.
 2. Ids, hashes, the version of the policy, scores and probabilities are not: they may differ where nobody would notice.
    Nor is the detail of a reason: a cap under another name decides the same.
"""

from enum import StrEnum
from typing import NamedTuple

from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason


class Change(StrEnum):
    """How a decision comes out otherwise, the most weighty first. The value is the text that an analyst sees."""

    MOMENT = "a decision that only one of them comes to"  # a timer that the other did not set, another disposition
    SILENCE = "silence instead of an action"
    SPEAKS = "an action instead of silence"
    ACTION = "another action"
    CHANNEL = "another channel"
    TIME = "another time"
    RIDER = "another rider"
    NEED = "a need ends otherwise"
    REASONS = "the same, with other reasons"


class HeldBack(NamedTuple):
    """A candidate that did not go out. channel: of its treatment; empty for all."""

    action: str
    channel: str
    reason: Reason


class Ended(NamedTuple):
    """A need that ended with the decision."""

    kind: str
    theme: str
    end: NeedEnd


class Decided(NamedTuple):
    """What was decided. action "": silence. at: when the action happens (ms); 0 for silence."""

    disposition: Disposition
    action: str
    channel: str
    at: int
    riders: tuple[str, ...]
    needs: frozenset[Ended]
    held_back: frozenset[HeldBack]


def decided(record: DecisionRecord) -> Decided:
    """What `record` says was decided."""
    held = {HeldBack(b.action, b.channel, b.reason) for b in record.blocked}
    held |= {HeldBack(s.action, s.channel, s.reason) for s in record.scored if s.reason is not None}
    ended = frozenset(Ended(n.kind, n.theme, n.end) for n in record.needs_closed)
    return Decided(
        record.disposition, record.chosen, record.chosen_channel, record.placed_at, record.riders, ended,
        frozenset(held),
    )  # fmt: skip


def changes(before: Decided, after: Decided) -> tuple[Change, ...]:
    """Everything in which the two differ, the most weighty first; empty if the same was decided."""
    if before == after:
        return ()
    both = bool(before.action and after.action)
    found = {
        Change.MOMENT: before.disposition is not after.disposition,
        Change.SILENCE: bool(before.action and not after.action),
        Change.SPEAKS: bool(after.action and not before.action),
        Change.ACTION: both and before.action != after.action,
        Change.CHANNEL: both and before.channel != after.channel,
        Change.TIME: both and before.at != after.at,
        Change.RIDER: before.riders != after.riders,
        Change.NEED: before.needs != after.needs,
        Change.REASONS: before.held_back != after.held_back,
    }
    return tuple(change for change in Change if found[change])
