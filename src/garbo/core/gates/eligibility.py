"""The policy's rules: the flat values they see, and the verdict of an action's eligibility and suitability.

`interest` is individual behaviour: without `profiling` it only says whether the customer is asking about the theme
right now (an open need, or this very event).
"""

from collections.abc import Mapping
from contextlib import suppress
from math import isfinite

from garbo.core.gates import calendar
from garbo.core.gates.context import DecisionContext
from garbo.core.party.consent import PROFILING, granted
from garbo.core.party.pressure import pressure
from garbo.core.policy.actions import Action, Amount, Rule
from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.instants import DAY, decayed
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NEVER = 9999.0  # days since a contact when there was none


def rule_values(context: DecisionContext) -> dict[str, Value]:
    """The variables some rule of the policy uses, except `interest`, which depends on the action."""
    party, effect, policy, at = context.party, context.effect, context.policy, context.at
    used = policy.variables
    values: dict[str, Value] = {}
    if not used:
        return values
    for name, attribute in policy.attributes.items():
        if name in used:
            values[name] = effect.attributes.get(name, party.attributes.get(name, attribute.default))
    if "lifecycle" in used:
        values["lifecycle"] = party.lifecycle
    if "stage" in used:
        values["stage"] = party.stage
    if "channel" in used:
        values["channel"] = effect.channel
    if "kind" in used:
        values["kind"] = effect.kind
    if "theme" in used:
        values["theme"] = effect.theme
    if "hour" in used or "weekday" in used:
        with suppress(LookupError):  # an unknown zone: the rules that use them fail, and hold the action back
            minute, weekday = calendar.local_parts(at, context.zone)
            values["hour"], values["weekday"] = minute // 60, weekday
    if "pressure" in used:
        values["pressure"] = pressure(party, at, policy.contact)
    if "household_size" in used:
        values["household_size"] = 1 + len(party.members)
    if "open_needs" in used:
        values["open_needs"] = len(party.needs)
    if "touches" in used:
        values["touches"] = len(party.touches)
    if "contacts_30d" in used:
        values["contacts_30d"] = sum(
            1 for c in party.contacts if not (c.planned or c.member) and at - 30 * DAY < c.at <= at
        )
    if "days_since_contact" in used:
        last = max((c.at for c in party.contacts if not (c.planned or c.member) and c.at <= at), default=None)
        values["days_since_contact"] = NEVER if last is None else (at - last) / DAY
    return values


def interest(context: DecisionContext, theme: str) -> float:
    """The party's interest in `theme` now; without `profiling` 1 while the customer is asking about it, else 0."""
    party = context.party
    if not granted(party, PROFILING):
        return 1.0 if context.effect.theme == theme or any(n.theme == theme for n in party.needs) else 0.0
    held = party.interests.get(theme)
    return decayed(held.weight, held.at, context.at, context.policy.interest_half_life) if held else 0.0


def values_for(context: DecisionContext, action: Action) -> Mapping[str, Value]:
    """The variables, with the interest in the theme of `action`."""
    values = context.values
    if values is None:
        values = context.values = rule_values(context)
    if "interest" in context.policy.variables:
        values["interest"] = interest(context, action.theme)
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
        verdict = _apply(action.eligibility, values, Reason.NOT_ELIGIBLE)
    if action.suitability is not None and verdict.reason is None:
        verdict = _apply(action.suitability, values, Reason.NOT_SUITABLE)
    return verdict


def _apply(rule: Rule, values: Mapping[str, Value], reason: Reason) -> Verdict:
    try:
        if rule(values):
            return ALLOWED
        failing = getattr(rule, "failing", None)  # a rule that is plain Python has no clauses
        return Verdict(reason, failing(values) if failing is not None else "")
    except Exception as error:  # noqa: BLE001  # a rule is the analyst's code: its errors must not reach the customer
        return Verdict(Reason.RULE_ERROR, type(error).__name__)
