"""One action among those that may be made, or silence. Every factor and the probability of the choice are recorded.

Score: P * C * L * (V_company + lambda * V_customer) - cost - mu * pressure (after Pega's P * C * V * L; the customer's
own value, the treatment's cost and the pressure on the customer are ours). Only an offer worth more than silence is
made.

Rules
 1. A class above marketing bypasses arbitration: the first class wins, inside it the highest score, then the name.
 2. Marketing is chosen epsilon-greedily with a seed from the input: over the n feasible offers that score above
    silence, and silence itself, each option keeps epsilon / (n + 1), the best one has the rest. Exploration never makes
    an offer that is worth less than silence, and none while the party's budget for it is spent. The probabilities are
    of the whole feasible set, after every gate, so that off-policy estimators are valid.
 3. P is smoothed while the model is young: (SE * P0 + E * p) / (SE + E), with SE and P0 the model's start. (Pega
    divides by SE + E + 1, which pulls every young offer towards zero; ours is a weighted mean.)
 4. Without `profiling`, or without time for the model, P0 decides alone.
 5. One draw: what had been chosen for later is confirmed or cancelled by rules (`confirm`), never drawn again. Its
    probability is the one of the choice.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from garbo.core.policy.actions import Action, ActionClass, Treatment
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Arbitration
from garbo.core.scoring.scorer import Estimate
from garbo.core.vocabulary.effects import Scored
from garbo.core.vocabulary.ids import draw
from garbo.core.vocabulary.reasons import Reason

PRECEDENCE: Mapping[ActionClass, int] = {c: i for i, c in enumerate(ActionClass)}


class Candidate(Struct):
    """A candidate that passed the gates, and what its score is made of. treatment: how it will be made. theme: what it
    will be about. value_company, value_customer: euro. context: the weights of the life-cycle state and the stage.

    features: only with `profiling`. model_output: what the model said, -1 when it was not asked.
    """

    action: Action
    treatment: Treatment
    placed_at: int
    value_company: float = 0.0
    value_customer: float = 0.0
    context: float = 1.0
    propensity: float = 1.0
    model_output: float = -1.0
    evidence: float = 0.0
    version: str = ""
    score: float = 0.0
    probability: float = 0.0
    features: dict[str, float] | None = None
    theme: str = ""
    look: bool = False
    explored: bool = False
    tried: list[str] = []
    behavioural: bool = False


class Choice(Struct):
    """chosen: None for silence. scored: all candidates, ranked; reasons: why each did not go out, None for chosen."""

    chosen: Candidate | None
    scored: list[Candidate]
    reasons: list[Reason | None]
    silence_probability: float
    explored: bool = False


def estimate(candidate: Candidate, model: Model, answer: Estimate | None) -> None:
    """Fill in the propensity. answer: the model's; None when it was not asked, or had none in time."""
    candidate.propensity = model.starting_propensity
    if answer is None:
        return
    start, seen = model.starting_evidence, answer.evidence
    candidate.propensity = (start * model.starting_propensity + seen * answer.probability) / (start + seen)
    candidate.model_output, candidate.evidence, candidate.version = answer.probability, seen, answer.version


def score(candidate: Candidate, lifecycle: str, stage: str, pressure: float, weights: Arbitration) -> None:
    """Fill in the score. stage: "" where it may not be looked at. pressure: felt by the party now."""
    action = candidate.action
    if action.context:
        candidate.context = action.context.get(lifecycle, 1.0) * action.context.get(stage, 1.0)
    value = candidate.value_company + weights.customer_weight * candidate.value_customer
    worth = candidate.propensity * candidate.context * action.lever * value
    candidate.score = worth - candidate.treatment.cost - weights.pressure_weight * pressure


def nothing() -> Choice:
    """Silence for lack of candidates."""
    return Choice(chosen=None, scored=[], reasons=[], silence_probability=1.0)


def choose(candidates: Sequence[Candidate], weights: Arbitration, seed: int, *, explore: bool = True) -> Choice:
    """Choose among scored candidates; their order does not matter. seed: 63 bits, a function of the event.

    explore: the party's budget for exploration is not spent.
    """
    if not candidates:
        return nothing()
    ranked = sorted(candidates, key=lambda c: (PRECEDENCE[c.action.action_class], -c.score, c.action.name))
    first = ranked[0]
    if first.action.action_class is not ActionClass.MARKETING:
        first.probability = 1.0
        return Choice(first, ranked, [None] + [Reason.OUTRANKED] * (len(ranked) - 1), 0.0)
    offers = [c for c in ranked if c.score > weights.silence_score]
    epsilon = weights.exploration if explore and offers else 0.0
    share = epsilon / (len(offers) + 1)
    for candidate in offers:
        candidate.probability = share
    silence = share if offers else 1.0
    chosen: Candidate | None = None
    if offers:
        chosen = offers[0]
        chosen.probability += 1.0 - epsilon
    u = draw(seed)
    explored = u < epsilon
    if explored:
        option = min(int(u / share), len(offers))
        chosen = offers[option] if option < len(offers) else None
        if chosen is not None:
            chosen.explored = True
    reasons: list[Reason | None] = []
    for candidate in ranked:
        if candidate is chosen:
            reasons.append(None)
        elif candidate.score <= weights.silence_score:
            reasons.append(Reason.BELOW_SILENCE)
        else:
            reasons.append(Reason.NOT_CHOSEN)
    return Choice(chosen, ranked, reasons, silence, explored)


def confirm(candidate: Candidate, probability: float, weights: Arbitration, *, explored: bool) -> Choice:
    """What was chosen before, with `probability`: it stands, unless it is marketing worth no more than silence now."""
    candidate.probability, candidate.explored = probability, explored
    marketing = candidate.action.action_class is ActionClass.MARKETING
    if marketing and candidate.score <= weights.silence_score:
        return Choice(None, [candidate], [Reason.BELOW_SILENCE], 0.0, explored)
    return Choice(candidate, [candidate], [None], 0.0, explored)


def recorded(choice: Choice, pressure: float, weights: Arbitration) -> tuple[Scored, ...]:
    """Every factor of every scored candidate, as the decision record keeps them."""
    if not choice.scored:
        return ()
    rows = [
        Scored(
            action=c.action.name,
            propensity=c.propensity,
            model_output=c.model_output,
            evidence=c.evidence,
            context=c.context,
            lever=c.action.lever,
            value_company=c.value_company,
            value_customer=c.value_customer,
            customer_weight=weights.customer_weight,
            pressure=pressure,
            pressure_weight=weights.pressure_weight,
            score=c.score,
            probability=c.probability,
            placed_at=c.placed_at,
            reason=reason,
            channel=c.treatment.channel,
            cost=c.treatment.cost,
        )
        for c, reason in zip(choice.scored, choice.reasons, strict=True)
    ]
    return tuple(rows)
