"""To which contact an outcome belongs, and what the outcome of another system's contact teaches.

Rules
 1. An outcome belongs to the contact with its `action_id`; without one, to the latest contact of its action that waits
    for an answer, else to the latest that has one: it says it once more.
 2. The outcome of another system's contact is learnt too, at once and with probability 0: its choice was not ours.
 3. Nothing is learnt without `profiling` and `personal_data`. `party.labels` has what our own contacts teach.
"""

from collections.abc import Mapping

from garbo.core.party import labels
from garbo.core.party.consent import profiled
from garbo.core.party.state import Party, Pending
from garbo.core.policy.actions import Action
from garbo.core.policy.models import ACTION, Model, scorers
from garbo.core.policy.policy import Policy
from garbo.core.policy.vocabulary import LABELS
from garbo.core.scoring.features import Offered, of_action, vector
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import ActionOutcome, Value

OUTSIDE = "outside"


def attribute(party: Party, outcome: ActionOutcome, policy: Policy, at: int) -> list[Pending]:
    """The pending contact that `outcome` belongs to; an empty list for none.

    A rider has the id of the contact it rode on, so the outcome must name its action: accepting the call is not
    accepting the offer.
    """
    if outcome.action_id:
        found = [p for p in party.pending if p.action_id == outcome.action_id]
        return [p for p in found if p.action == outcome.action] if outcome.action else found[:1]
    found = [p for p in party.pending if p.action == outcome.action and at <= labels.lasts(p, policy)]
    waiting = [p for p in found if not p.answered]
    return (waiting or found)[-1:]


def outside(
    party: Party, outcome: ActionOutcome, policy: Policy, at: int, event_id: str, values: Mapping[str, Value]
) -> list[Learn]:
    """The labelled examples of a contact that another system made: one for each model that predicts outcomes.

    values: attributes of the party and the event.
    """
    label = LABELS[policy.vocabulary.meaning(outcome.status)]
    action = policy.actions.get(outcome.action)
    if label is None or outcome.action_id or action is None or not profiled(party):
        return []
    return [
        Learn(
            model=model.id,
            example_id=event_id,
            party=party.id,
            at=at,
            action=action.name,
            features={**vector(model, values), **_of_action(model, action, outcome)},
            label=label,
            probability=0.0,
            propensity=0.0,
            model_version="",
            kind=OUTSIDE,
            channel=outcome.channel or "",
        )
        for model in scorers(policy.models, action.family)
        if not model.target.touchpoint
    ]


def _of_action(model: Model, action: Action, outcome: ActionOutcome) -> dict[str, float]:
    read = [feature for feature in model.features if feature.source == ACTION]
    return of_action(read, Offered(action, action.theme, outcome.channel or ""), {})
