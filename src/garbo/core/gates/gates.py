"""The gates, in order. A candidate keeps its first blocking reason.

Rules
 1. `GATES` is the truth: each row says what the gate asks, which reasons it can give and in which uses it takes part.
    docs/gates.md shows the same rows.
 2. Consent is first: a later reason could betray what consent forbids us to look at.
 3. A gate judges and changes nothing, except `opening`, which also sets when the action would happen.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from garbo.core.gates import calendar, contact_policy
from garbo.core.gates.context import DecisionContext, theme_of
from garbo.core.gates.eligibility import eligible
from garbo.core.gates.reach import ADDRESS, address
from garbo.core.party import consent, suppressions
from garbo.core.party.state import Timer
from garbo.core.policy.actions import Action, Placement
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NO_DELAY = Placement()


class Use(StrEnum):
    """For what an action is judged."""

    ACTION = "action"  # it is decided on: now, or as what had been planned
    FOLLOW_UP = "follow_up"  # it is to be planned after another action
    RIDER = "rider"  # it is to ride on a service contact


class Attempt(Struct):
    """An action as it would be made.

    theme: what it will be about. placement, after: when it should happen, counted from the instant `after` (ms).
    placed_at: when it would happen (ms); the gate `opening` sets it. own: the action_id whose plan does not stand in
    the way, "" for plans without a reservation; None: every plan of the action stands in the way.
    """

    action: Action
    theme: str
    after: int
    placement: Placement = NO_DELAY
    placed_at: int = 0
    own: str | None = None
    rider: bool = False


class GateResult(Struct):
    """A verdict and, when it allows, the instant at which the action would happen (ms) and what it will be about."""

    verdict: Verdict
    placed_at: int = 0
    theme: str = ""


Judge: TypeAlias = Callable[[DecisionContext, Attempt], Verdict]


class Gate(NamedTuple):
    """One row of the table. reasons: all that `judge` can give; the verdict's detail names what spoke."""

    name: str
    asks: str
    judge: Judge
    reasons: tuple[Reason, ...]
    uses: tuple[Use, ...]


# ---- the gates -----------------------------------------------------------------------------------------------------


def _consent(context: DecisionContext, attempt: Attempt) -> Verdict:
    action, extra = attempt.action, context.policy.extra_consents or None
    return consent.permits(context.party, action.purpose, sensitive=action.sensitive, extra=extra)


def _suppression(context: DecisionContext, attempt: Attempt) -> Verdict:
    return suppressions.suppressed(attempt.action, context.at, context.party.suppressions, context.policy.contact)


def _rules(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.eligibility is None and action.suitability is None:
        return ALLOWED
    return eligible(context, action)


def _reach(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.internal or action.channel not in ADDRESS or address(context.party, action.channel):
        return ALLOWED
    return Verdict(Reason.UNREACHABLE, action.channel)


def _already_planned(context: DecisionContext, attempt: Attempt) -> Verdict:
    name, own = attempt.action.name, attempt.own
    for timer in context.party.timers:
        if timer.action == name and timer.action_id != own:
            return Verdict(Reason.ALREADY_PLANNED, timer.intent)
    return ALLOWED


def _opening(context: DecisionContext, attempt: Attempt) -> Verdict:
    action, contact = attempt.action, context.policy.contact
    placed_at = calendar.place(contact, action, attempt.placement, attempt.after, context.zone)
    if placed_at is None:
        return Verdict(Reason.NO_OPENING, action.channel)
    attempt.placed_at = placed_at
    return ALLOWED


def _contact_policy(context: DecisionContext, attempt: Attempt) -> Verdict:
    return contact_policy.check(
        context.policy.contact,
        attempt.action,
        attempt.placed_at,
        context.party.contacts,
        rider=attempt.rider,
        ignoring=attempt.own or "",
        theme=attempt.theme,
    )


def _freshness(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.perishable and context.age >= action.latency_budget:
        return Verdict(Reason.LATE, action.channel)
    return ALLOWED


def _promise(context: DecisionContext, attempt: Attempt) -> Verdict:
    for follow_up in attempt.action.follow_ups:
        if follow_up.promise:
            then = context.policy.actions[follow_up.action]
            verdict = plan(context, then, follow_up.placement, attempt.placed_at).verdict
            if verdict.reason is not None:
                return verdict
    return ALLOWED


# ---- the table -----------------------------------------------------------------------------------------------------

_ALL, _PLACED, _DECIDED = (Use.ACTION, Use.FOLLOW_UP, Use.RIDER), (Use.ACTION, Use.FOLLOW_UP), (Use.ACTION,)

_BEFORE_PROMISE = (
    Gate("consent", "Does the party permit the purpose?", _consent, (Reason.CONSENT_DENIED,), _ALL),
    Gate("suppression", "Is there no pause after refusals or complaints?", _suppression, (Reason.SUPPRESSED,), _ALL),
    Gate(
        "rules", "Do the policy's rules hold: eligibility, then suitability?", _rules,
        (Reason.NOT_ELIGIBLE, Reason.NOT_SUITABLE, Reason.RULE_ERROR), _ALL,
    ),
    Gate("reach", "Is there an address on the channel?", _reach, (Reason.UNREACHABLE,), _ALL),
    Gate("already_planned", "Is it not planned already?", _already_planned, (Reason.ALREADY_PLANNED,), _PLACED),
    Gate("opening", "Is the channel open within 30 days?", _opening, (Reason.NO_OPENING,), _PLACED),
    Gate(
        "contact_policy", "Do cooldown, caps, spacing, sequences and exclusions allow the contact then?",
        _contact_policy,
        (
            Reason.LEDGER_FULL, Reason.COOLDOWN, Reason.CAP_REACHED, Reason.SPACING, Reason.SEQUENCE,
            Reason.EXCLUSION,
        ),
        _ALL,
    ),
    Gate("freshness", "If it is perishable, is its event young enough?", _freshness, (Reason.LATE,), _DECIDED),
)  # fmt: skip

GATES: tuple[Gate, ...] = (
    *_BEFORE_PROMISE,
    Gate(
        "promise",
        "Can each promise it makes be kept: does the promised follow-up pass its own gates?",
        _promise,
        tuple(reason for gate in _BEFORE_PROMISE if Use.FOLLOW_UP in gate.uses for reason in gate.reasons),
        _DECIDED,
    ),
)
"""In order. An action that no gate blocks is feasible."""

FOR_ACTIONS = tuple(gate.judge for gate in GATES if Use.ACTION in gate.uses)
FOR_FOLLOW_UPS = tuple(gate.judge for gate in GATES if Use.FOLLOW_UP in gate.uses)
FOR_RIDERS = tuple(gate.judge for gate in GATES if Use.RIDER in gate.uses)


# ---- the three uses ------------------------------------------------------------------------------------------------


def passes(context: DecisionContext, action: Action, timer: Timer | None = None) -> GateResult:
    """May `action` be made, now or at its placement? timer: the fired timer that had planned it; then it is due now."""
    attempt = Attempt(
        action=action,
        theme=theme_of(context, action),
        after=context.at,
        placement=action.placement if timer is None else NO_DELAY,
        own="" if timer is None else timer.action_id,
    )
    return _through(FOR_ACTIONS, context, attempt)


def plan(context: DecisionContext, action: Action, placement: Placement, after: int) -> GateResult:
    """May `action` be planned as a follow-up of something that happens at `after` (ms)?"""
    attempt = Attempt(action=action, theme=theme_of(context, action), after=after, placement=placement)
    return _through(FOR_FOLLOW_UPS, context, attempt)


def rides(context: DecisionContext, action: Action) -> GateResult:
    """May this offer ride on a service contact that is made now?"""
    attempt = Attempt(action=action, theme=action.theme, after=context.at, placed_at=context.at, rider=True)
    return _through(FOR_RIDERS, context, attempt)


def _through(judges: tuple[Judge, ...], context: DecisionContext, attempt: Attempt) -> GateResult:
    for judge in judges:
        verdict = judge(context, attempt)
        if verdict.reason is not None:
            return GateResult(verdict)
    return GateResult(ALLOWED, attempt.placed_at, attempt.theme)
