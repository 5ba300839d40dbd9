"""The gates, in order. Each gives a `Verdict`; a candidate keeps its first blocking reason.

Order: consent, suppression, eligibility and suitability, reach, plan, contact policy, freshness. Consent is first
because a reason must not betray what consent forbids us to look at.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from garbo.core.gates import calendar, contact_policy
from garbo.core.gates.eligibility import context, eligible
from garbo.core.party import consent, needs, suppressions
from garbo.core.party.apply_event import EventEffect
from garbo.core.party.state import Party, Timer
from garbo.core.policy.actions import Action, Placement
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.scoring.features import vector
from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

# What a channel needs to reach the person, the better address first. Channels not named need none.
ADDRESS: Mapping[str, tuple[str, ...]] = {
    "email": ("verified_email", "email"),
    "sms": ("verified_phone", "phone"),
    "call_centre": ("verified_phone", "phone"),
    "social": ("social",),
    "app": ("device",),
    "push": ("device",),
    "web": ("cookie",),
    "ebanking": ("customer_id",),
}


class DecisionContext(Struct):
    """Everything the gates look at for one decision; `values` is the rules' context, built when first asked for."""

    party: Party
    asked: EventEffect
    policy: Policy
    at: int
    age: int
    values: dict[str, Value] | None = None
    vectors: dict[str, dict[str, float]] = field(default_factory=dict)

    def features(self, model: Model) -> dict[str, float] | None:
        """The feature vector for `model`, built once; None without `profiling`: behaviour may not be scored."""
        if not consent.granted(self.party, consent.PROFILING):
            return None
        found = self.vectors.get(model.family)
        if found is None:
            attributes = {**self.party.attributes, **self.asked.attributes}
            found = self.vectors[model.family] = vector(model, attributes)
        return found

    @property
    def zone(self) -> str:
        return self.party.zone or self.policy.zone


class GateResult(Struct):
    """A verdict and, when it allows, the instant at which the action would happen."""

    verdict: Verdict
    placed_at: int = 0


def address(party: Party, channel: str) -> str:
    """The latest address of the best kind, or ""."""
    for kind in ADDRESS.get(channel, ()):
        for held, value in reversed(party.identifiers):
            if held == kind:
                return value
    return ""


def theme_of(moment: DecisionContext, action: Action) -> str:
    """What `action` will be about: its own theme, else that of the need it answers, else the event's."""
    if action.theme:
        return action.theme
    met = needs.answerable(moment.party, action)
    return met[0].theme if met else moment.asked.theme


def permitted(moment: DecisionContext, action: Action) -> Verdict:
    """Consent, suppression, rules, reach: what must hold whenever the action happens."""
    party, policy = moment.party, moment.policy
    verdict = consent.permits(party, action.purpose, sensitive=action.sensitive, extra=policy.extra_consents or None)
    if not verdict.allowed:
        return verdict
    if party.suppressions:
        verdict = suppressions.suppressed(action, moment.at, party.suppressions, policy.contact)
        if not verdict.allowed:
            return verdict
    if action.eligibility is not None or action.suitability is not None:
        if moment.values is None:
            moment.values = context(party, moment.asked, policy, moment.at)
        verdict = eligible(action, moment.values, party, moment.asked, policy, moment.at)
        if not verdict.allowed:
            return verdict
    if not action.internal and action.channel in ADDRESS and not address(party, action.channel):
        return Verdict(False, Reason.UNREACHABLE, action.channel)
    return ALLOWED


def passes(moment: DecisionContext, action: Action, timer: Timer | None = None) -> GateResult:
    """All gates for `action`, now or, when `timer` asks for it, as what had been planned."""
    verdict = permitted(moment, action)
    if not verdict.allowed:
        return GateResult(verdict)
    party, policy = moment.party, moment.policy
    reserved = timer.action_id if timer is not None else ""
    for other in party.timers:
        if other.action == action.name and other.action_id != reserved:
            return GateResult(Verdict(False, Reason.ALREADY_PLANNED, other.intent))
    placement = action.placement if timer is None else Placement()
    placed = calendar.place(policy.contact, action, placement, moment.at, moment.zone)
    if placed is None:
        return GateResult(Verdict(False, Reason.NO_OPENING, action.channel))
    verdict = contact_policy.check(
        policy.contact, action, placed, party.contacts, ignoring=reserved, theme=theme_of(moment, action)
    )
    if not verdict.allowed:
        return GateResult(verdict)
    if action.perishable and moment.age >= action.latency_budget:
        return GateResult(Verdict(False, Reason.LATE, action.channel))
    for follow_up in action.follow_ups:
        if follow_up.promise:  # a promise that could not be kept is not made
            verdict = plan(moment, policy.actions[follow_up.action], follow_up.placement, placed).verdict
            if not verdict.allowed:
                return GateResult(verdict)
    return GateResult(ALLOWED, placed)


def plan(moment: DecisionContext, action: Action, placement: Placement, after: int) -> GateResult:
    """Whether, and when, `action` may be planned as a follow-up of something that happens at `after`."""
    verdict = permitted(moment, action)
    if not verdict.allowed:
        return GateResult(verdict)
    for other in moment.party.timers:
        if other.action == action.name:
            return GateResult(Verdict(False, Reason.ALREADY_PLANNED, other.intent))
    placed = calendar.place(moment.policy.contact, action, placement, after, moment.zone)
    if placed is None:
        return GateResult(Verdict(False, Reason.NO_OPENING, action.channel))
    theme = theme_of(moment, action)
    return GateResult(
        contact_policy.check(moment.policy.contact, action, placed, moment.party.contacts, theme=theme), placed
    )


def rides(moment: DecisionContext, action: Action, placed_at: int) -> Verdict:
    """May this offer ride on a service contact at `placed_at`?"""
    verdict = permitted(moment, action)
    if not verdict.allowed:
        return verdict
    return contact_policy.check(moment.policy.contact, action, placed_at, moment.party.contacts, rider=True)
