"""Counts of a what-if, and the decisions that come out otherwise."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from garbo.core.vocabulary.effects import DecisionRecord
from garbo.replay.what_if.decided import Change, Decided, changes, decided

SILENCE: Final = "silence"


class Differing(NamedTuple):
    """A decision that comes out otherwise.

    about: what happened: the kind of the event, or why the party's clock struck. why: why the action of one side is not
    made on the other, as the record says it: "cap_reached (one_call_a_week)"; empty where no action is lost or won.
    """

    decision_id: str
    party: str
    event_id: str
    at: int
    point: str
    about: str
    changes: tuple[Change, ...]
    before: Decided | None
    after: Decided | None
    why: str = ""

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "decision_id": self.decision_id,
            "party": self.party,
            "event_id": self.event_id,
            "at": self.at,
            "point": self.point,
            "about": self.about,
            "changes": [change.value for change in self.changes],
            "recorded": _plain(self.before),
            "under_b": _plain(self.after),
            "why": self.why,
        }


def _plain(one: Decided | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "disposition": one.disposition.value,
        "action": one.action,
        "channel": one.channel,
        "at": one.at,
        "riders": list(one.riders),
        "needs_ended": sorted([n.kind, n.theme, n.end.value] for n in one.needs),
        "held_back": sorted([h.action, h.channel, h.reason.value] for h in one.held_back),
    }


@dataclass(slots=True)
class Side:
    """What one policy decided, over all compared decisions. reasons: of candidates that did not go out."""

    actions: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, one: Decided) -> None:
        self.actions[one.action or SILENCE] += 1
        if one.action:
            self.channels[one.channel] += 1
        self.reasons.update(held.reason.value for held in one.held_back)


@dataclass(slots=True)
class Tally:
    """compared: decisions that were made again. by_change: those that differ, by the most weighty of their changes.
    not_compared: number by the reason.

    keep: called with each decision that differs.
    """

    keep: Callable[[Differing], None]
    compared: int = 0
    by_change: Counter[Change] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)

    def add(self, record: DecisionRecord, other: DecisionRecord) -> None:
        """A recorded decision, and how it comes out under the other policy."""
        before, after = decided(record), decided(other)
        self.compared += 1
        self.before.add(before)
        self.after.add(after)
        self._differ(record, other, changes(before, after))

    def add_alone(self, record: DecisionRecord, *, recorded: bool) -> None:
        """A decision that only one policy comes to: the recorded one, or the other. Silence there is no difference."""
        one = decided(record)
        self.compared += recorded
        (self.before if recorded else self.after).add(one)
        if one.action or one.needs:
            self._differ(record, None, (Change.MOMENT,)) if recorded else self._differ(None, record, (Change.MOMENT,))

    def _differ(
        self, record: DecisionRecord | None, other: DecisionRecord | None, found: tuple[Change, ...]
    ) -> None:  # fmt: skip
        if found:
            self.by_change[found[0]] += 1
            self.keep(differing(record, other, found))

    def leave_out(self, why: str) -> None:
        """A recorded decision that was not compared."""
        self.not_compared[why] += 1

    @property
    def differ(self) -> int:
        return self.by_change.total()

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "compared": self.compared,
            "differ": self.differ,
            "by_change": {change.value: self.by_change[change] for change in Change if self.by_change[change]},
            "not_compared": dict(self.not_compared),
            "by_action": both(self.before.actions, self.after.actions),
            "by_channel": both(self.before.channels, self.after.channels),
            "by_reason": both(self.before.reasons, self.after.reasons),
        }


def both(before: Counter[str], after: Counter[str]) -> dict[str, dict[str, int]]:
    """Each name with its two counts, those that change most first."""
    names = sorted({*before, *after}, key=lambda name: (-abs(after[name] - before[name]), name))
    return {name: {"recorded": before[name], "under_b": after[name]} for name in names}


def differing(
    record: DecisionRecord | None, other: DecisionRecord | None, found: tuple[Change, ...]
) -> Differing:  # fmt: skip
    """The pair in brief; None: one of the policies does not come to this decision."""
    why, either = "", record or other
    assert either is not None
    if record is not None and other is not None and record.chosen != other.chosen:
        why = reason_of(other, record.chosen) if record.chosen else reason_of(record, other.chosen)
    before, after = (None if one is None else decided(one) for one in (record, other))
    about = either.event_kind or ", ".join(either.causes)
    return Differing(
        either.decision_id, either.party, either.event_id, either.at, either.point, about, found, before, after, why
    )


def reason_of(record: DecisionRecord, action: str) -> str:
    """Why `record` did not make `action`: the reason and its detail; empty if it was no candidate."""
    for held in record.blocked:
        if held.action == action:
            return f"{held.reason.value} ({held.detail})" if held.detail else held.reason.value
    return next((s.reason.value for s in record.scored if s.action == action and s.reason is not None), "")
