"""To which contact an outcome belongs, and what is learnt from it.

Rules
 1. An outcome belongs to the contact with its `action_id`; without one, to the latest pending contact of its action.
 2. The outcome of another system's contact is learnt too, with probability 0: its choice was not ours.
 3. Nothing is learnt without `profiling` and `personal_data`, neither from features taken at the choice nor from
    those at the outcome.
 4. A contact gives one label: the first final status decides, later ones change nothing.
"""

from collections.abc import Mapping

from garbo.core.party.consent import profiled
from garbo.core.party.state import Party, Pending
from garbo.core.policy.models import ACTION
from garbo.core.policy.policy import Policy
from garbo.core.policy.vocabulary import LABELS
from garbo.core.scoring.features import Offered, of_action, vector
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import ActionOutcome, Value


def attribute(party: Party, outcome: ActionOutcome, policy: Policy, at: int) -> list[Pending]:
    """The pending contact that `outcome` belongs to; an empty list for none.

    A rider has the id of the contact it rode on, so the outcome must name its action: accepting the call is not
    accepting the offer.
    """
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
    """The labelled examples that this outcome gives. The contacts it settles leave the row.

    values: attributes of the party and the event, for a contact of another system.
    """
    label = LABELS[policy.vocabulary.meaning(outcome.status)]
    if label is None:
        return []
    if found:
        party.pending = [p for p in party.pending if p not in found]
    if not profiled(party):
        return []
    if found:
        return [
            Learn(
                model=p.family,
                example_id=f"{p.action_id}/{p.action}",
                party=party.id,
                at=at,
                action=p.action,
                features=p.features,
                label=label,
                probability=p.probability,
                propensity=p.propensity,
                model_version=p.model_version,
            )
            for p in found
            if p.features is not None
        ]
    action = policy.actions.get(outcome.action)
    model = policy.champion(action.family) if action is not None and not outcome.action_id else None
    if action is None or model is None:
        return []
    read = [feature for feature in model.features if feature.source == ACTION]
    example = Learn(
        model=model.id,
        example_id=event_id,
        party=party.id,
        at=at,
        action=action.name,
        features={**vector(model, values), **of_action(read, Offered(action, action.theme, outcome.channel or ""), {})},
        label=label,
        probability=0.0,
        propensity=0.0,
        model_version="",
    )
    return [example]
