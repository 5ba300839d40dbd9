"""Why was this action not made? An answer for every action of the catalogue, also for those that no gate has seen.

Rules
 1. What competed stands in the record. What the static filter removed does not: it follows from the record's own
    context (point, event, theme, channel, states, causes) and from the policy that decided. No row is needed.
 2. `CHECKS` is the filter as a table: what an entry of the action's `when` has to pass, in the order in which
    `core.policy.compiled` and `core.gates.candidates` ask it. The answer is about the entry that came furthest.
 3. The answer is a code and what fills the blanks of its sentence. `explain.answers` puts it into words.
"""

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from garbo.core.delivery.commands import carries_riders
from garbo.core.party.needs import OVERDUE
from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.compiled import names_of, wanted_theme
from garbo.core.policy.journey import journey_of
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import PATIENCE
from garbo.core.policy.proactive import STAGE as STAGE_CAUSE
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Scored
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition


class Why(StrEnum):
    """What the answer says. The first ones are facts of the record, the others follow from the policy."""

    NOT_DECIDED = "not_decided"  # a duplicate, or an event of a party that moved
    CHOSEN = "chosen"
    CONFIRMED = "confirmed"  # chosen before, and made or moved now
    RODE = "rode"  # on the contact that was chosen
    LOST = "lost"  # it competed
    DROPPED = "dropped"  # chosen before, and worth no more than silence now
    HELD_BACK = "held_back"
    NO_POLICY = "no_policy"  # the policy that decided is not at hand
    NOT_IN_POLICY = "not_in_policy"
    NO_CONTACT = "no_contact"  # it rides on service contacts, and none was made
    OTHER_CONTACT = "other_contact"  # it rides on service contacts of other channels
    ONLY_PLAN = "only_plan"  # only what had been planned was looked at
    ONLY_FOLLOW_UP = "only_follow_up"
    NO_MOMENT = "no_moment"  # nothing ever makes it a candidate
    OTHER_POINT = "other_point"
    OTHER_EVENT = "other_event"
    NOT_SHOWN_HERE = "not_shown_here"  # somebody asked on a channel on which it has nothing to show
    ONLY_SHOWN = "only_shown"  # it can only be shown to who asks
    LIFECYCLE = "lifecycle"
    THEME = "theme"
    STAGE = "stage"
    OTHER_JOURNEY = "other_journey"  # the cause speaks of the stage of another journey
    OTHER_ACTION = "other_action"  # the outcome is of another action
    OTHER_NEED = "other_need"  # it answers no need that was due
    UNCLEAR = "unclear"  # record and policy do not agree: the record was not written by this policy


class Answer(NamedTuple):
    """Why an action was not made.

    wanted: what the policy asks for (states, channels, themes, needs, actions). had: what the record has instead.
    scored: the candidate as it competed. blocked: its treatments that were held back. entries: where it competes.
    """

    why: Why
    action: str
    wanted: tuple[str, ...] = ()
    had: str = ""
    scored: Scored | None = None
    blocked: tuple[Blocked, ...] = ()
    entries: tuple[Trigger, ...] = ()


def why_not(record: DecisionRecord, name: str, policy: Policy | None) -> Answer:
    """Why was the action `name` not made at this decision? Total: every name has an answer.

    policy: of the record's version, None when it is not at hand.
    """
    if record.disposition is not Disposition.DECIDED:
        return Answer(Why.NOT_DECIDED, name)
    return _recorded(record, name) or _filtered(record, name, policy)


def _recorded(record: DecisionRecord, name: str) -> Answer | None:
    """What the record itself says of the action; None when it does not name it."""
    scored = next((s for s in record.scored if s.action == name), None)
    blocked = tuple(b for b in record.blocked if b.action == name)
    if name == record.chosen:
        return Answer(Why.CONFIRMED if record.confirmation else Why.CHOSEN, name, scored=scored, blocked=blocked)
    if name in record.riders:
        return Answer(Why.RODE, name, scored=scored, blocked=blocked)
    if scored is not None:
        dropped = record.confirmation == "cancelled"
        return Answer(Why.DROPPED if dropped else Why.LOST, name, scored=scored, blocked=blocked)
    return Answer(Why.HELD_BACK, name, blocked=blocked) if blocked else None


def _filtered(record: DecisionRecord, name: str, policy: Policy | None) -> Answer:
    if policy is None:
        return Answer(Why.NO_POLICY, name, had=record.policy_version)
    action = policy.actions.get(name)
    if action is None:
        return Answer(Why.NOT_IN_POLICY, name, had=record.policy_version)
    if action.rides_on:
        return _rider(record, action, policy)
    if record.point == Point.PLANNED:
        return Answer(Why.ONLY_PLAN, name, entries=_moments(action))
    if not _moments(action):
        before = tuple(a.name for a in policy.actions.values() if any(f.action == name for f in a.follow_ups))
        return Answer(Why.ONLY_FOLLOW_UP if before else Why.NO_MOMENT, name, wanted=before)
    raised = _raised(record)
    return max((_entry(record, policy, action, entry, raised) for entry in _moments(action)), key=_how_far)


# ---- who rides on the contact of another ---------------------------------------------------------------------------


def _rider(record: DecisionRecord, action: Action, policy: Policy) -> Answer:
    chosen = policy.actions.get(record.chosen)
    if chosen is None or not carries_riders(chosen) or record.placed_at > record.at or record.point == Point.INBOUND:
        return Answer(Why.NO_CONTACT, action.name, action.rides_on)
    if record.chosen_channel not in action.rides_on:
        return Answer(Why.OTHER_CONTACT, action.name, action.rides_on, record.chosen_channel)
    return _checked(record, policy, action, NEVER, (LIFECYCLE, STAGE))


# ---- who competes --------------------------------------------------------------------------------------------------


class Raised(NamedTuple):
    """What was looked up in the index of candidates: (on, name), as `core.party.apply_event` names them."""

    triggers: frozenset[tuple[str, str]]
    kinds: frozenset[str]  # the first of each


def _raised(record: DecisionRecord) -> Raised:
    on, kind = record.event_type, record.event_kind
    found: set[tuple[str, str]] = set()
    if record.point == Point.INBOUND:
        found.add(("inbound", record.channel))
    elif record.point == Point.PROACTIVE:
        found |= {("proactive", cause) for cause in record.causes}
        if record.causes:
            found.add(("proactive", ""))
    elif on == "profile":
        found.add((on, ""))
    elif on in ("touchpoint", "outcome") or (on == "consent" and record.event_detail == "granted"):
        found.add((on, kind))
    if on == "touchpoint" and record.event_detail and record.point != Point.INBOUND:
        found.add(("intent", record.event_detail))  # its need may be due, and the point another one
    if record.point == Point.NEED:
        found |= {("overdue" if record.intent == OVERDUE else "need", need) for need in record.causes}
    return Raised(frozenset(found), frozenset(on for on, _ in found))


Finding: TypeAlias = tuple[Collection[str], str]
"""What the policy asks for, and what the record has instead."""


class Check(NamedTuple):
    """One row of the filter. why: the answer if `judge` finds something against an entry of the action's `when`."""

    why: Why
    judge: Callable[[DecisionRecord, Policy, Action, Trigger], Finding | None]


def _lifecycle(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    states = action.lifecycle
    return None if not states or record.lifecycle in states else (states, record.lifecycle)


def _theme(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    wanted = wanted_theme(action, entry)
    return None if wanted in ("", record.theme) else ((wanted,), record.theme)


def _stage(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    if not action.stages:
        return None
    stood = [place.partition("/") for place in record.standing]
    journey = _journey(policy, action.theme or record.theme)
    stage = next((stage for name, _, stage in stood if journey in ("", name)), "")
    return None if stage in action.stages else (action.stages, stage)


def _other_journey(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    """A cause that speaks of a stage concerns the actions of its journey, and those of none."""
    journey = _journey(policy, action.theme)
    if entry.on != "proactive" or entry.name not in (PATIENCE, STAGE_CAUSE) or not journey:
        return None
    struck = [name for cause, _, name in (s.partition("/") for s in record.struck) if cause == entry.name]
    return None if journey in struck else ((journey,), ", ".join(struck))


def _journey(policy: Policy, theme: str) -> str:
    """The journey of `theme`; "" for none."""
    found = journey_of(policy.journeys, theme)
    return found.name if found is not None else ""


def _other_action(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    return None if entry.of_action in ("", record.event_detail) else ((entry.of_action,), record.event_detail)


def _other_need(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger) -> Finding | None:
    """What answers a need that was due stands in the record; what does not is never judged."""
    return (action.answers, ", ".join(record.causes)) if entry.on in ("need", "overdue") else None


LIFECYCLE, STAGE = Check(Why.LIFECYCLE, _lifecycle), Check(Why.STAGE, _stage)

CHECKS: tuple[Check, ...] = (
    LIFECYCLE,
    Check(Why.THEME, _theme),
    STAGE,
    Check(Why.OTHER_ACTION, _other_action),
    Check(Why.OTHER_JOURNEY, _other_journey),
    Check(Why.OTHER_NEED, _other_need),
)
"""What an entry that names what happened still has to pass, in order."""

NEVER = Trigger("never")  # for who rides: no entry made it a candidate

_PROGRESS = (Why.OTHER_POINT, Why.OTHER_EVENT, Why.ONLY_SHOWN, Why.NOT_SHOWN_HERE, *(check.why for check in CHECKS))


def _how_far(answer: Answer) -> int:
    return _PROGRESS.index(answer.why) if answer.why in _PROGRESS else len(_PROGRESS)


def _moments(action: Action) -> tuple[Trigger, ...]:
    """The entries at which it competes. Follow-ups and promises do not: another action plans them."""
    return tuple(entry for entry in action.when if entry.on not in ("follow_up", "promise"))


def _entry(record: DecisionRecord, policy: Policy, action: Action, entry: Trigger, raised: Raised) -> Answer:
    """How far this entry came, and what stopped it."""
    if not any((entry.on, name) in raised.triggers for name in names_of(action, entry)):
        return _unmatched(record, action, entry, raised)
    return _checked(record, policy, action, entry, CHECKS)


def _checked(
    record: DecisionRecord, policy: Policy, action: Action, entry: Trigger, checks: tuple[Check, ...]
) -> Answer:
    for why, judge in checks:
        found = judge(record, policy, action, entry)
        if found is not None:
            return Answer(why, action.name, tuple(found[0]), found[1])
    return Answer(Why.UNCLEAR, action.name)


def _unmatched(record: DecisionRecord, action: Action, entry: Trigger, raised: Raised) -> Answer:
    """Nothing that happened has this name."""
    if entry.on == "inbound" and "inbound" in raised.kinds and entry.name in ("", record.channel):
        shown = tuple(dict.fromkeys(t.channel for t in action.treatments if t.inbound))
        return Answer(Why.NOT_SHOWN_HERE, action.name, shown, record.channel)
    if entry.on == "proactive" and (entry.on, entry.name) in raised.triggers:
        shown = tuple(dict.fromkeys(t.channel for t in action.treatments))
        return Answer(Why.ONLY_SHOWN, action.name, shown)
    why = Why.OTHER_EVENT if entry.on in raised.kinds else Why.OTHER_POINT
    return Answer(why, action.name, had=record.point, entries=_moments(action))
