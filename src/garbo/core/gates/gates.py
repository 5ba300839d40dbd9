"""The gates, in order. A candidate keeps its first blocking reason.

Rules
 1. `GATES` is the truth: each row says what the gate asks, which reasons it can give and in which uses it takes part.
    docs/gates.md shows the same rows.
 2. Consent is first: a later reason could betray what consent forbids us to look at.
 3. A gate judges and changes nothing, except `values` and `opening`, which fill in the attempt.
 4. The first gates judge the action, the others each of its treatments: the first treatment, in order of preference,
    that passes them all is the one that competes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from garbo.core.gates import preference
from garbo.core.gates.attempt import Attempt, Judge, Use
from garbo.core.gates.context import DecisionContext, theme_of
from garbo.core.gates.of_action import (
    fresh,
    in_stock,
    looks_answered,
    not_held_out,
    not_planned,
    permitted,
    rules_hold,
    within_dates,
)
from garbo.core.gates.of_treatment import (
    has_opening,
    has_slot,
    not_objected,
    not_suppressed,
    not_tried,
    reachable,
    said_in_public,
    within_contact_policy,
)
from garbo.core.party.event_effect import Planned
from garbo.core.policy.actions import Action, ActionClass, Placement, Treatment, Trigger
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


class GateResult(Struct):
    """What the gates say of an action.

    attempt: as it would be made, None when it may not. blocked: each treatment that may not be made, with its first
    blocking reason; one line without a channel when all share it.
    """

    attempt: Attempt | None
    blocked: list[Blocked]


class Gate(NamedTuple):
    """One row of the table. reasons: all that `judge` can give; the verdict's detail names what spoke.

    of_treatment: it judges each treatment, not the action.
    """

    name: str
    asks: str
    judge: Judge
    reasons: tuple[Reason, ...]
    uses: tuple[Use, ...]
    of_treatment: bool = False


def _promise(context: DecisionContext, attempt: Attempt) -> Verdict:
    for follow_up in attempt.action.follow_ups:
        if follow_up.promise:
            then = context.policy.actions[follow_up.action]
            judged = plan(context, then, follow_up.placement, attempt.placed_at)
            if judged.attempt is None:
                first = judged.blocked[0]
                return Verdict(first.reason, first.detail)
    return ALLOWED


# ---- the table -----------------------------------------------------------------------------------------------------

_ALL = (Use.ACTION, Use.FOLLOW_UP, Use.RIDER, Use.INBOUND)
_PLACED, _DECIDED = (Use.ACTION, Use.FOLLOW_UP), (Use.ACTION,)

_BEFORE_PROMISE = (
    Gate(
        "consent", "Does the party permit the purpose, and the use of behaviour where it is used?", permitted,
        (Reason.CONSENT_DENIED,), _ALL,
    ),
    Gate("hold_out", "Is it no marketing to a party of the control group?", not_held_out, (Reason.HELD_OUT,), _ALL),
    Gate("dates", "Is it within its dates?", within_dates, (Reason.EXPIRED,), _ALL),
    Gate(
        "freshness", "Is its event young enough?", fresh, (Reason.LATE,), (Use.ACTION, Use.INBOUND),
    ),
    Gate(
        "rules", "Do the policy's rules hold (eligibility, then suitability), and have its values a number?",
        rules_hold, (Reason.NOT_ELIGIBLE, Reason.NOT_SUITABLE, Reason.RULE_ERROR), _ALL,
    ),
    Gate("already_planned", "Is it not planned already?", not_planned, (Reason.ALREADY_PLANNED,), _PLACED),
    Gate("stock", "Is there some of it left?", in_stock, (Reason.NO_CAPACITY,), _ALL),
    Gate("remarketing", "Were the last offers about mere looks answered?", looks_answered, (Reason.SUPPRESSED,), _ALL),
    Gate(
        "objection", "Has the person not objected to marketing on the channel?", not_objected, (Reason.OBJECTED,), _ALL,
        True,
    ),
    Gate("tried", "Has it not failed on this channel already?", not_tried, (Reason.TRIED,), _DECIDED, True),
    Gate(
        "public", "If all can read it, was the question public too?", said_in_public, (Reason.PUBLIC,), _DECIDED, True,
    ),
    Gate(
        "suppression", "Is there no pause after refusals or complaints?", not_suppressed, (Reason.SUPPRESSED,), _ALL,
        True,
    ),
    Gate("reach", "Is there an address on the channel?", reachable, (Reason.UNREACHABLE,), (*_PLACED, Use.RIDER), True),
    Gate("opening", "Is the channel open within 30 days?", has_opening, (Reason.NO_OPENING,), _PLACED, True),
    Gate(
        "contact_policy", "Do cooldown, caps, spacing, sequences and exclusions allow the contact then?",
        within_contact_policy,
        (
            Reason.LEDGER_FULL, Reason.COOLDOWN, Reason.CAP_REACHED, Reason.SPACING, Reason.SEQUENCE,
            Reason.EXCLUSION,
        ),
        _ALL, True,
    ),
    Gate("capacity", "Has the channel a slot left then?", has_slot, (Reason.NO_CAPACITY,), _PLACED, True),
)  # fmt: skip

GATES: tuple[Gate, ...] = (
    *_BEFORE_PROMISE,
    Gate(
        "promise",
        "Can each promise it makes be kept: does the promised follow-up pass its own gates?",
        _promise,
        tuple(dict.fromkeys(r for gate in _BEFORE_PROMISE if Use.FOLLOW_UP in gate.uses for r in gate.reasons)),
        _DECIDED,
        True,
    ),
)
"""In order. An action that no gate blocks is feasible."""


def judges(use: Use, *, of_treatment: bool) -> tuple[Judge, ...]:
    """The gates of one use, in order."""
    return tuple(gate.judge for gate in GATES if use in gate.uses and gate.of_treatment == of_treatment)


JUDGES = {use: (judges(use, of_treatment=False), judges(use, of_treatment=True)) for use in Use}


# ---- the four uses -------------------------------------------------------------------------------------------------


def passes(context: DecisionContext, action: Action, trigger: Trigger | None = None) -> GateResult:
    """May `action` be made, now or at its placement? trigger: the entry of its `when` that made it a candidate."""
    look = trigger is not None and trigger.on == "touchpoint" and trigger.behavioural
    attempt = Attempt(
        action=action,
        treatment=action.treatments[0],
        theme=theme_of(context, action),
        after=context.at,
        placement=action.placement,
        own="",
        behavioural=trigger is not None and trigger.behavioural,
        look=look and action.action_class is ActionClass.MARKETING,
    )
    return _through(Use.ACTION, context, attempt, preference.treatments(context, action, inbound=False))


def confirms(context: DecisionContext, action: Action, planned: Planned) -> GateResult:
    """May `action` be made now, as it had been planned? On the channel that was chosen, if one was."""
    chosen = planned.plan
    ways = preference.treatments(context, action, inbound=False)
    if chosen is not None and chosen.channel:
        ways = [t for t in ways if t.channel == chosen.channel]
    attempt = Attempt(
        action=action,
        treatment=action.treatments[0],
        theme=planned.theme or theme_of(context, action),
        after=context.at,
        own=planned.action_id,
        look=chosen.look if chosen is not None else False,
        behavioural=chosen.behavioural or chosen.look if chosen is not None else False,
        tried=chosen.tried if chosen is not None else (),
    )
    return _through(Use.ACTION, context, attempt, ways)


def plan(context: DecisionContext, action: Action, placement: Placement, after: int) -> GateResult:
    """May `action` be planned as a follow-up of something that happens at `after` (ms)?"""
    theme = theme_of(context, action)
    attempt = Attempt(action=action, treatment=action.treatments[0], theme=theme, after=after, placement=placement)
    return _through(Use.FOLLOW_UP, context, attempt, preference.treatments(context, action, inbound=False))


def rides(context: DecisionContext, action: Action, channel: str) -> GateResult:
    """May this offer ride on a service contact that is made now on `channel`?"""
    way = action.on(channel) or action.treatments[0]
    attempt = Attempt(
        action=action, treatment=way, theme=action.theme, after=context.at, placed_at=context.at, alone=False,
        carrier=channel,
    )  # fmt: skip
    return _through(Use.RIDER, context, attempt, (way,))


def shows(context: DecisionContext, action: Action, trigger: Trigger) -> GateResult:
    """May this be shown now to the person who is there?"""
    attempt = Attempt(
        action=action,
        treatment=action.treatments[0],
        theme=theme_of(context, action),
        after=context.at,
        placed_at=context.at,
        alone=False,
        behavioural=trigger.behavioural,
    )
    return _through(Use.INBOUND, context, attempt, preference.treatments(context, action, inbound=True))


def _through(use: Use, context: DecisionContext, attempt: Attempt, ways: Sequence[Treatment]) -> GateResult:
    name = attempt.action.name
    of_action, of_treatment = JUDGES[use]
    for judge in of_action:
        verdict = judge(context, attempt)
        if verdict.reason is not None:
            return GateResult(None, [Blocked(name, verdict.reason, verdict.detail)])
    blocked: list[Blocked] = []
    for way in ways:
        attempt.treatment = way
        for judge in of_treatment:
            verdict = judge(context, attempt)
            if verdict.reason is not None:
                blocked.append(Blocked(name, verdict.reason, verdict.detail, way.channel))
                break
        else:
            return GateResult(attempt, blocked)
    if not blocked:
        blocked = [Blocked(name, Reason.UNREACHABLE)]  # it has no treatment here
    elif len({(b.reason, b.detail) for b in blocked}) == 1:
        blocked = [Blocked(name, blocked[0].reason, blocked[0].detail)]
    return GateResult(None, blocked)
