"""Whose outcome is it, and may it teach?

Rules
 1. By `action_id` where the dispatcher gives it; else the latest pending contact of the named action.
 2. An outcome of a contact another system made teaches too, with probability 0 (not ours to weigh).
 3. Nothing is learnt without `profiling`, neither from features taken at the choice nor at the outcome.
 4. One label a contact: the first final status decides, later ones change nothing.
"""

from collections.abc import Mapping

from garbo.core.party.consent import PROFILING, granted
from garbo.core.party.labels import LABELS
from garbo.core.party.state import Party, Pending
from garbo.core.policy.policy import Policy
from garbo.core.scoring.features import vector
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import ActionOutcome, Value


def attribute(party: Party, outcome: ActionOutcome, policy: Policy, at: int) -> list[Pending]:
    """The pending contact `outcome` speaks of. An offer that rode along shares its carrier's id and must be named:
    who accepts the call has not accepted the offer."""
    if outcome.action_id:
        found = [p for p in party.pending if p.action_id == outcome.action_id]
        return [p for p in found if p.action == outcome.action] if outcome.action else found[:1]
    for pending in reversed(party.pending):
        if pending.action == outcome.action and at - pending.at <= policy.attribution_window:
            return [pending]
    return []


def learn(
    party: Party, outcome: ActionOutcome, found: list[Pending], policy: Policy, at: int, event_id: str,
    values: Mapping[str, Value],
) -> list[Learn]:  # fmt: skip
    """The labelled examples this outcome gives; the contacts it settles leave the row."""
    label = LABELS[outcome.status]
    if label is None:
        return []
    if found:
        party.pending = [p for p in party.pending if p not in found]
    if not granted(party, PROFILING):
        return []
    if found:
        return [
            Learn(
                p.family, f"{p.action_id}/{p.action}", party.id, at, p.action, p.features, label, p.probability,
                p.propensity, p.model_version,
            )
            for p in found
            if p.features is not None
        ]  # fmt: skip
    action = policy.actions.get(outcome.action)
    model = policy.models.get(action.family) if action is not None and not outcome.action_id else None
    if action is None or model is None:
        return []
    return [Learn(action.family, event_id, party.id, at, action.name, vector(model, values), label, 0.0, 0.0, "")]
