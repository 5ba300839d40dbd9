"""The gates, in order. A candidate keeps its first blocking reason.

Rules
 1. `GATES` is the truth: each row says what the gate asks, which reasons it can give and in which uses it takes part.
    docs/gates.md shows the same rows.
 2. Consent is first: a later reason could betray what consent forbids us to look at.
 3. A gate judges and changes nothing, except `values` and `opening`, which fill in the attempt.
 4. The first gates judge the action, the others each of its treatments: the first treatment, in order of preference,
    that passes them all is the one that competes.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from garbo.core.gates import calendar, contact_policy, preference, scarcity
from garbo.core.gates.context import DecisionContext, theme_of
from garbo.core.gates.eligibility import amount, eligible
from garbo.core.gates.reach import ADDRESS, address
from garbo.core.party import consent, needs, suppressions
from garbo.core.party.apply_event import Planned
from garbo.core.policy.actions import Action, ActionClass, Placement, Treatment, Trigger
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NO_DELAY = Placement()


class Use(StrEnum):
    """For what an action is judged."""

    ACTION = "action"  # it is decided on: now, or as what had been planned
    FOLLOW_UP = "follow_up"  # it is to be planned after another action
    RIDER = "rider"  # it is to ride on a service contact
    INBOUND = "inbound"  # it is to be shown to who is there


class Attempt(Struct):
    """An action as it would be made.

    theme: what it will be about. look: about what the person merely looked at. placement, after: when it should happen,
    counted from the instant `after` (ms). placed_at: when it would happen (ms); the gate `opening` sets it. own: the
    action_id whose plan does not stand in the way, "" for plans without a reservation; None: every plan of the action
    stands in the way. tried: channels on which it failed. alone: it is a contact of its own. value_bank,
    value_customer: euro, set by the gate `rules`.
    """

    action: Action
    treatment: Treatment
    theme: str
    after: int
    placement: Placement = NO_DELAY
    placed_at: int = 0
    own: str | None = None
    alone: bool = True
    behavioural: bool = False
    look: bool = False
    tried: Sequence[str] = ()
    value_bank: float = 0.0
    value_customer: float = 0.0


class GateResult(Struct):
    """What the gates say of an action.

    attempt: as it would be made, None when it may not. blocked: each treatment that may not be made, with its first
    blocking reason; one line without a channel when all share it.
    """

    attempt: Attempt | None
    blocked: list[Blocked]


Judge: TypeAlias = Callable[[DecisionContext, Attempt], Verdict]


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


# ---- the gates of an action ----------------------------------------------------------------------------------------


def _consent(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    behavioural = attempt.behavioural or action.behavioural
    key = (action.purpose, action.sensitive, behavioural)
    known = context.permits.get(key)
    if known is None:
        known = context.permits[key] = consent.permits(
            context.party,
            action.purpose,
            sensitive=action.sensitive,
            behavioural=behavioural,
            extra=context.policy.extra_consents or None,
        )
    return known


def _hold_out(context: DecisionContext, attempt: Attempt) -> Verdict:
    if context.held_out and attempt.action.action_class is ActionClass.MARKETING:
        return Verdict(Reason.HELD_OUT)
    return ALLOWED


def _dates(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.valid_from and context.at < action.valid_from:
        return Verdict(Reason.EXPIRED, "valid_from")
    if action.valid_until and context.at >= action.valid_until:
        return Verdict(Reason.EXPIRED, "valid_until")
    return ALLOWED


def _rules(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.eligibility is not None or action.suitability is not None:
        verdict = eligible(context, action)
        if verdict.reason is not None:
            return verdict
    bank, customer = action.value_bank, action.value_customer
    if not callable(bank) and not callable(customer):
        attempt.value_bank, attempt.value_customer = bank, customer
        return ALLOWED
    try:
        attempt.value_bank = bank if not callable(bank) else amount(context, action, bank)
        attempt.value_customer = customer if not callable(customer) else amount(context, action, customer)
    except Exception as error:  # noqa: BLE001  # a value is the analyst's code: its errors must not reach the customer
        return Verdict(Reason.RULE_ERROR, f"value: {type(error).__name__}")
    return ALLOWED


def _already_planned(context: DecisionContext, attempt: Attempt) -> Verdict:
    name, own = attempt.action.name, attempt.own
    for timer in context.party.timers:
        if timer.action == name and timer.action_id != own:
            return Verdict(Reason.ALREADY_PLANNED, timer.intent)
    return ALLOWED


def _freshness(context: DecisionContext, attempt: Attempt) -> Verdict:
    """What is owed by law is late only when its validity is over; an answer to a need is never late."""
    action = attempt.action
    if action.answers and context.effect.due_needs:
        return ALLOWED
    if context.since + action.validity <= context.at:
        return Verdict(Reason.LATE, "validity")
    if action.perishable and action.action_class is not ActionClass.MANDATORY:
        budget = max(t.latency_budget for t in action.treatments)
        if context.age >= budget:
            return Verdict(Reason.LATE, "latency_budget")
    return ALLOWED


def _stock(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.stock:
        key = scarcity.STOCK + action.name
        if not _left(context, key, 0, action.stock):
            return Verdict(Reason.NO_CAPACITY, key)
    return ALLOWED


# ---- the gates of a treatment --------------------------------------------------------------------------------------


def _tried(context: DecisionContext, attempt: Attempt) -> Verdict:
    """An answer that did not arrive is not tried again on its channel."""
    action, channel = attempt.action, attempt.treatment.channel
    if channel in attempt.tried:
        return Verdict(Reason.TRIED, channel)
    if action.answers:
        name = f"{action.name}/{channel}"
        due = [n for n in context.effect.due_needs if needs.answers(action, n)]
        if due and all(name in n.tried for n in due):
            return Verdict(Reason.TRIED, channel)
    return ALLOWED


def _public(context: DecisionContext, attempt: Attempt) -> Verdict:
    """A public reply is for what was said in public."""
    if attempt.treatment.public and not all(n.public for n in needs.answerable(context.party, attempt.action)):
        return Verdict(Reason.PUBLIC, attempt.treatment.channel)
    return ALLOWED


def _suppression(context: DecisionContext, attempt: Attempt) -> Verdict:
    held = context.party.suppressions
    if not held:
        return ALLOWED
    return suppressions.suppressed(
        attempt.action, attempt.treatment.channel, context.at, held, context.policy.contact, theme=attempt.theme
    )


def _reach(context: DecisionContext, attempt: Attempt) -> Verdict:
    channel = attempt.treatment.channel
    if attempt.action.internal or channel not in ADDRESS:
        return ALLOWED
    known = context.reached.get(channel)
    if known is None:
        reached = address(context.party, channel) != ""
        known = context.reached[channel] = ALLOWED if reached else Verdict(Reason.UNREACHABLE, channel)
    return known


def _opening(context: DecisionContext, attempt: Attempt) -> Verdict:
    action, contact, channel = attempt.action, context.policy.contact, attempt.treatment.channel
    after = attempt.after
    chosen_now = context.effect.planned is None  # what was chosen before has waited already
    if attempt.look and contact.remarketing is not None and chosen_now:
        after = max(after, context.since + contact.remarketing.delay)
    known, placement = context.openings, attempt.placement
    usual = after == context.at and not (placement.delay or placement.days or placement.at)
    if usual and not (action.internal or action.ignores_quiet_hours):
        if channel in known:
            placed_at = known[channel]
        else:
            placed_at = known[channel] = calendar.place(contact, action, channel, NO_DELAY, after, context.zone)
    else:
        placed_at = calendar.place(contact, action, channel, placement, after, context.zone)
    if placed_at is None:
        return Verdict(Reason.NO_OPENING, channel)
    attempt.placed_at = placed_at
    return ALLOWED


def _capacity(context: DecisionContext, attempt: Attempt) -> Verdict:
    """Does the partition's share of the channel have a slot then? A plan has its slot already."""
    channel = context.policy.channels.get(attempt.treatment.channel)
    if channel is None or channel.capacity is None or attempt.own or attempt.action.internal:
        return ALLOWED
    if attempt.action.action_class is ActionClass.MANDATORY:
        return ALLOWED
    period = scarcity.period_of(channel.capacity, attempt.placed_at, context.policy)
    if not _left(context, channel.name, period, channel.capacity.at_most):
        return Verdict(Reason.NO_CAPACITY, f"{channel.name}:{period}")
    return ALLOWED


def _left(context: DecisionContext, key: str, period: int, whole: int) -> bool:
    used = context.quota.used(key, period) + sum(s.key == key and s.period == period for s in context.spent)
    return used < context.quota.share(key, period, whole)


def _contact_policy(context: DecisionContext, attempt: Attempt) -> Verdict:
    return contact_policy.check(
        context.policy.contact,
        attempt.action,
        attempt.treatment.channel,
        attempt.placed_at,
        context.party.contacts,
        alone=attempt.alone,
        ignoring=attempt.own or "",
        theme=attempt.theme,
        look=attempt.look,
    )


def _remarketing(context: DecisionContext, attempt: Attempt) -> Verdict:
    limits = context.policy.contact.remarketing
    if attempt.look and limits is not None and limits.ignored:
        until = suppressions.ignored_looks(context.party, limits)
        if context.at < until:
            return Verdict(Reason.SUPPRESSED, "remarketing")
    return ALLOWED


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
        "consent", "Does the party permit the purpose, and the use of behaviour where it is used?", _consent,
        (Reason.CONSENT_DENIED,), _ALL,
    ),
    Gate("hold_out", "Is it no marketing to a party of the control group?", _hold_out, (Reason.HELD_OUT,), _ALL),
    Gate("dates", "Is it within its dates?", _dates, (Reason.EXPIRED,), _ALL),
    Gate(
        "freshness", "Is its event young enough?", _freshness, (Reason.LATE,), (Use.ACTION, Use.INBOUND),
    ),
    Gate(
        "rules", "Do the policy's rules hold (eligibility, then suitability), and have its values a number?", _rules,
        (Reason.NOT_ELIGIBLE, Reason.NOT_SUITABLE, Reason.RULE_ERROR), _ALL,
    ),
    Gate("already_planned", "Is it not planned already?", _already_planned, (Reason.ALREADY_PLANNED,), _PLACED),
    Gate("stock", "Is there some of it left?", _stock, (Reason.NO_CAPACITY,), _ALL),
    Gate("remarketing", "Were the last offers about mere looks answered?", _remarketing, (Reason.SUPPRESSED,), _ALL),
    Gate("tried", "Has it not failed on this channel already?", _tried, (Reason.TRIED,), _DECIDED, True),
    Gate("public", "If all can read it, was the question public too?", _public, (Reason.PUBLIC,), _DECIDED, True),
    Gate(
        "suppression", "Is there no pause after refusals or complaints?", _suppression, (Reason.SUPPRESSED,), _ALL,
        True,
    ),
    Gate("reach", "Is there an address on the channel?", _reach, (Reason.UNREACHABLE,), (*_PLACED, Use.RIDER), True),
    Gate("opening", "Is the channel open within 30 days?", _opening, (Reason.NO_OPENING,), _PLACED, True),
    Gate(
        "contact_policy", "Do cooldown, caps, spacing, sequences and exclusions allow the contact then?",
        _contact_policy,
        (
            Reason.LEDGER_FULL, Reason.COOLDOWN, Reason.CAP_REACHED, Reason.SPACING, Reason.SEQUENCE,
            Reason.EXCLUSION,
        ),
        _ALL, True,
    ),
    Gate("capacity", "Has the channel a slot left then?", _capacity, (Reason.NO_CAPACITY,), _PLACED, True),
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
        action=action, treatment=way, theme=action.theme, after=context.at, placed_at=context.at, alone=False
    )
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
