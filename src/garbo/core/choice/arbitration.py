"""One action among those that may be made, or silence. Every factor and the probability of the choice are recorded.

Score: P * C * L * (V_bank + lambda * V_customer) - mu * pressure (after Pega's P * C * V * L; the customer's own
value and the pressure on the customer are ours). Only an offer worth more than silence is made.

Rules
 1. A class above marketing bypasses arbitration: the first class wins, inside it the highest score, then the name.
 2. Marketing is chosen epsilon-greedily with a seed from the input: over n feasible offers and silence each option
    keeps epsilon / (n + 1), the best one has the rest. The probabilities are of the whole feasible set, after every
    gate, so that off-policy estimators are valid.
 3. P is smoothed while the model is young: (SE * P0 + E * p) / (SE + E), with SE and P0 the model's start. (Pega
    divides by SE + E + 1, which pulls every young offer towards zero; ours is a weighted mean.)
 4. Without `profiling`, or without time for the model, P0 decides alone.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Arbitration
from garbo.core.scoring.scorer import Scorer
from garbo.core.vocabulary.effects import Scored
from garbo.core.vocabulary.ids import draw
from garbo.core.vocabulary.reasons import Reason

PRECEDENCE: Mapping[ActionClass, int] = {c: i for i, c in enumerate(ActionClass)}


class Candidate(Struct):
    """A candidate that passed the gates, and what its score is made of. theme: what it will be about.

    features: only with `profiling`. model_output: what the model said, -1 when it was not asked.
    """

    action: Action
    placed_at: int
    propensity: float = 1.0
    model_output: float = -1.0
    evidence: float = 0.0
    version: str = ""
    score: float = 0.0
    probability: float = 0.0
    features: dict[str, float] | None = None
    theme: str = ""


class Choice(Struct):
    """chosen: None for silence. scored: all candidates, ranked; reasons: why each did not go out, None for chosen."""

    chosen: Candidate | None
    scored: list[Candidate]
    reasons: list[Reason | None]
    silence_probability: float
    explored: bool = False


def estimate(candidate: Candidate, model: Model | None, features: Mapping[str, float] | None, scorer: Scorer) -> None:
    """Fill in the propensity. features: None when the model may not be asked, or cannot answer in time."""
    if model is None:
        return
    candidate.propensity = model.starting_propensity
    if features is None:
        return
    answer = scorer.estimate(model.family, features)
    if answer is None:
        return
    start, seen = model.starting_evidence, answer.evidence
    candidate.propensity = (start * model.starting_propensity + seen * answer.probability) / (start + seen)
    candidate.model_output, candidate.evidence, candidate.version = answer.probability, seen, answer.version


def score(candidate: Candidate, lifecycle: str, pressure: float, weights: Arbitration) -> None:
    """Fill in the score. pressure: felt by the party now."""
    action = candidate.action
    value = action.value_bank + weights.customer_weight * action.value_customer
    context = action.context.get(lifecycle, 1.0)
    candidate.score = candidate.propensity * context * action.lever * value - weights.pressure_weight * pressure


def nothing() -> Choice:
    """Silence for lack of candidates."""
    return Choice(chosen=None, scored=[], reasons=[], silence_probability=1.0)


def choose(candidates: Sequence[Candidate], weights: Arbitration, seed: int) -> Choice:
    """Choose among scored candidates; their order does not matter. seed: 63 bits, a function of the event."""
    if not candidates:
        return nothing()
    ranked = sorted(candidates, key=lambda c: (PRECEDENCE[c.action.action_class], -c.score, c.action.name))
    first = ranked[0]
    if first.action.action_class is not ActionClass.MARKETING:
        first.probability = 1.0
        return Choice(first, ranked, [None] + [Reason.OUTRANKED] * (len(ranked) - 1), 0.0)
    best: Candidate | None = first if first.score > weights.silence_score else None
    options: list[Candidate | None] = [*ranked, None]
    share = weights.exploration / len(options)
    for candidate in ranked:
        candidate.probability = share
    silence = share
    if best is None:
        silence += 1.0 - weights.exploration
    else:
        best.probability += 1.0 - weights.exploration
    chosen, u = best, draw(seed)
    explored = u < weights.exploration
    if explored:
        chosen = options[min(int(u / share), len(options) - 1)]
    reasons: list[Reason | None] = []
    for candidate in ranked:
        if candidate is chosen:
            reasons.append(None)
        elif candidate.score <= weights.silence_score:
            reasons.append(Reason.BELOW_SILENCE)
        else:
            reasons.append(Reason.NOT_CHOSEN)
    return Choice(chosen, ranked, reasons, silence, explored)


def recorded(choice: Choice, lifecycle: str, pressure: float, weights: Arbitration) -> tuple[Scored, ...]:
    """Every factor of every scored candidate, as the decision record keeps them."""
    if not choice.scored:
        return ()
    rows = [
        Scored(
            action=c.action.name,
            propensity=c.propensity,
            model_output=c.model_output,
            evidence=c.evidence,
            context=c.action.context.get(lifecycle, 1.0),
            lever=c.action.lever,
            value_bank=c.action.value_bank,
            value_customer=c.action.value_customer,
            customer_weight=weights.customer_weight,
            pressure=pressure,
            pressure_weight=weights.pressure_weight,
            score=c.score,
            probability=c.probability,
            placed_at=c.placed_at,
            reason=reason,
        )
        for c, reason in zip(choice.scored, choice.reasons, strict=True)
    ]
    return tuple(rows)
