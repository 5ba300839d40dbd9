"""The verdict of an action's rules: eligibility and suitability, and what its values come to."""

from collections.abc import Mapping
from math import isfinite

from garbo.core.gates.context import DecisionContext, theme_of
from garbo.core.gates.rule_values import interest, rule_values
from garbo.core.gates.standing import stage_days, stage_for
from garbo.core.policy.actions import Action, Amount, Rule
from garbo.core.policy.lookups import RuleValue
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


def values_for(context: DecisionContext, action: Action) -> Mapping[str, RuleValue]:
    """The variables, with the interest in the theme of `action`, and its stage."""
    values = context.values
    if values is None:
        values = context.values = rule_values(context)
    used = context.policy.variables
    if "interest" in used:
        values["interest"] = interest(context, action.theme)
    if "stage" in used:
        values["stage"] = stage_for(context, action)
    if "stage_days" in used:
        values["stage_days"] = stage_days(context, theme_of(context, action))
    return values


def amount(context: DecisionContext, action: Action, value: Amount) -> float:
    """What `value` comes to for this person (euro). Raises what the expression raises, ValueError when not finite."""
    found = float(value(values_for(context, action)))
    if not isfinite(found):
        raise ValueError("not finite")
    return found


def eligible(context: DecisionContext, action: Action) -> Verdict:
    """Eligibility, then suitability; the detail is the false clause. An error in a rule holds the action back."""
    values = values_for(context, action)
    verdict = ALLOWED
    if action.eligibility is not None:
        verdict = _apply("eligibility", action.eligibility, values, Reason.NOT_ELIGIBLE)
    if action.suitability is not None and verdict.reason is None:
        verdict = _apply("suitability", action.suitability, values, Reason.NOT_SUITABLE)
    return verdict


def _apply(name: str, rule: Rule, values: Mapping[str, RuleValue], reason: Reason) -> Verdict:
    try:
        if rule(values):
            return ALLOWED
        failing = getattr(rule, "failing", None)  # a rule that is plain Python has no clauses
        return Verdict(reason, failing(values) if failing is not None else "")
    except Exception as error:  # noqa: BLE001  # a rule is the analyst's code: its errors must not reach the customer
        return Verdict(Reason.RULE_ERROR, f"{name}: {type(error).__name__}")
