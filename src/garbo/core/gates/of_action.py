"""The gates that judge an action, whatever the channel. `gates.GATES` says their order and their reasons."""

from garbo.core.gates import scarcity
from garbo.core.gates.attempt import Attempt
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.eligibility import amount, eligible
from garbo.core.party import consent, suppressions
from garbo.core.policy.actions import ActionClass
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


def permitted(context: DecisionContext, attempt: Attempt) -> Verdict:
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
            own=context.policy.vocabulary.purposes,
        )
    return known


def not_held_out(context: DecisionContext, attempt: Attempt) -> Verdict:
    if context.held_out and attempt.action.action_class is ActionClass.MARKETING:
        return Verdict(Reason.HELD_OUT)
    return ALLOWED


def within_dates(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.valid_from and context.at < action.valid_from:
        return Verdict(Reason.EXPIRED, "valid_from")
    if action.valid_until and context.at >= action.valid_until:
        return Verdict(Reason.EXPIRED, "valid_until")
    return ALLOWED


def rules_hold(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.eligibility is not None or action.suitability is not None:
        verdict = eligible(context, action)
        if verdict.reason is not None:
            return verdict
    if not callable(action.value_company) and not callable(action.value_customer):
        attempt.value_company, attempt.value_customer = action.value_company, action.value_customer
        return ALLOWED
    for name in ("value_company", "value_customer"):
        written = getattr(action, name)
        try:
            setattr(attempt, name, amount(context, action, written) if callable(written) else written)
        except Exception as error:  # noqa: BLE001  # a value is the analyst's code: its errors must not reach the customer
            return Verdict(Reason.RULE_ERROR, f"{name}: {type(error).__name__}")
    return ALLOWED


def not_planned(context: DecisionContext, attempt: Attempt) -> Verdict:
    name, own = attempt.action.name, attempt.own
    for timer in context.party.timers:
        if timer.action == name and timer.action_id != own:
            return Verdict(Reason.ALREADY_PLANNED, timer.intent)
    return ALLOWED


def fresh(context: DecisionContext, attempt: Attempt) -> Verdict:
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


def in_stock(context: DecisionContext, attempt: Attempt) -> Verdict:
    action = attempt.action
    if action.stock:
        key = scarcity.STOCK + action.name
        if not left(context, key, 0, action.stock):
            return Verdict(Reason.NO_CAPACITY, key)
    return ALLOWED


def looks_answered(context: DecisionContext, attempt: Attempt) -> Verdict:
    limits = context.policy.contact.remarketing
    if attempt.look and limits is not None and limits.ignored:
        until = suppressions.ignored_looks(context.party, limits)
        if context.at < until:
            return Verdict(Reason.SUPPRESSED, "remarketing")
    return ALLOWED


def left(context: DecisionContext, key: str, period: int, whole: int) -> bool:
    used = context.quota.used(key, period) + sum(s.key == key and s.period == period for s in context.spent)
    return used < context.quota.share(key, period, whole)
