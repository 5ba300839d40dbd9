"""The flat context the policy's rules see, built once an event, only with the variables some rule uses.

`interest` is individual behaviour: without `profiling` it says only whether the customer is asking about the theme
right now (an open need, or this very event).
"""

from collections.abc import Mapping

from garbo.core.gates import calendar
from garbo.core.party.apply_event import EventEffect
from garbo.core.party.consent import PROFILING, granted
from garbo.core.party.pressure import pressure
from garbo.core.party.state import Party
from garbo.core.policy.actions import Action, Rule
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.instants import DAY, decayed
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NEVER = 9999.0  # days since a contact that never was


def context(party: Party, asked: EventEffect, policy: Policy, at: int) -> dict[str, Value]:
    """All variables but `interest`, which is the action's own."""
    used = policy.variables
    values: dict[str, Value] = {}
    for name, attribute in policy.attributes.items():
        if name in used:
            values[name] = asked.attributes.get(name, party.attributes.get(name, attribute.default))
    if not used:
        return values
    if "lifecycle" in used:
        values["lifecycle"] = party.lifecycle
    if "stage" in used:
        values["stage"] = party.stage
    if "channel" in used:
        values["channel"] = asked.channel
    if "kind" in used:
        values["kind"] = asked.kind
    if "theme" in used:
        values["theme"] = asked.theme
    if "hour" in used or "weekday" in used:
        minute, weekday = calendar.local_parts(at, party.zone or policy.zone)
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
        values["contacts_30d"] = sum(1 for c in party.contacts if not c.planned and at - 30 * DAY < c.at <= at)
    if "days_since_contact" in used:
        last = max((c.at for c in party.contacts if not c.planned and c.at <= at), default=None)
        values["days_since_contact"] = NEVER if last is None else (at - last) / DAY
    return values


def interest(party: Party, theme: str, asked: EventEffect, policy: Policy, at: int) -> float:
    if not granted(party, PROFILING):
        return 1.0 if asked.theme == theme or any(n.theme == theme for n in party.needs) else 0.0
    held = party.interests.get(theme)
    return decayed(held.weight, held.at, at, policy.interest_half_life) if held else 0.0


def eligible(
    action: Action, values: dict[str, Value], party: Party, asked: EventEffect, policy: Policy, at: int
) -> Verdict:
    """Eligibility, then suitability. Any error in a rule holds the action back."""
    if action.eligibility is None and action.suitability is None:
        return ALLOWED
    if "interest" in policy.variables:
        values["interest"] = interest(party, action.theme, asked, policy, at)
    for rule, reason in (
        (action.eligibility, Reason.NOT_ELIGIBLE),
        (action.suitability, Reason.NOT_SUITABLE),
    ):
        if rule is not None:
            verdict = _apply(rule, values, reason)
            if not verdict.allowed:
                return verdict
    return ALLOWED


def _apply(rule: Rule, values: Mapping[str, Value], reason: Reason) -> Verdict:
    try:
        return ALLOWED if rule(values) else Verdict(False, reason)
    except Exception as error:  # noqa: BLE001  # a rule is the analyst's code: whatever it raises, the customer is not bothered
        return Verdict(False, Reason.RULE_ERROR, type(error).__name__)
