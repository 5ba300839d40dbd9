"""One action among those that may be made, or silence. Every factor and the probability of the choice are recorded.

Score: P * C * L * (V_company + lambda * V_customer) - cost - mu * pressure (after Pega's P * C * V * L; the customer's
own value, the treatment's cost and the pressure on the customer are ours). Only an offer worth more than silence is
made.

Rules
 1. A class above marketing bypasses arbitration: the first class wins, inside it the highest score, then the name.
 2. Marketing is drawn with a seed from the input, with the probabilities of the policy's strategy (`strategies`), over
    the feasible offers that score above silence, and silence itself. Exploration never makes an offer that is worth
    less than silence, and none while the party's budget for it is spent. The probabilities are of the whole feasible
    set, after every gate, so that off-policy estimators are valid. A challenger that contests the decision has its
    share of them (`lineups`). *Explored* is what neither lineup held for the best.
 3. P is smoothed while the model is young: (SE * P0 + E * p) / (SE + E), with SE and P0 the model's start. (Pega
    divides by SE + E + 1, which pulls every young offer towards zero; ours is a weighted mean.)
 4. Without `profiling`, or without time for the model, P0 decides alone.
 5. One draw: what had been chosen for later is confirmed or cancelled by rules (`confirm`), never drawn again. Its
    probability is the one of the choice.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from garbo.core.choice import lineups
from garbo.core.choice.lineups import Entry, Other, Row, Stand
from garbo.core.choice.strategies import Belief, probabilities
from garbo.core.party.state import Plan
from garbo.core.policy.actions import Action, ActionClass, Treatment
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Arbitration
from garbo.core.scoring.scorer import Estimate
from garbo.core.vocabulary.effects import Lineup, Scored
from garbo.core.vocabulary.ids import draw
from garbo.core.vocabulary.reasons import Reason

PRECEDENCE: Mapping[ActionClass, int] = {c: i for i, c in enumerate(ActionClass)}


class Candidate(Struct):
    """A candidate that passed the gates, and what its score is made of. treatment: how it will be made. theme: what it
    will be about. value_company, value_customer: euro. context: the weights of the life-cycle state and the stage,
    and feedback: what the stage narrows ("journey/stage") weighs, a part of the context.

    features: only with `profiling`. model_output: what the model said, -1 when it was not asked. starting_evidence: of
    the model; 0 without one. value: what a yes is worth, cost: what the contact costs, pressure included (euro): the
    score is propensity * value - cost. contest and the two probabilities: as in `Pending`.
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
    contest: str = ""
    champion_probability: float = -1.0
    challenger_probability: float = -1.0
    value: float = 0.0
    cost: float = 0.0
    starting_evidence: float = 0.0
    feedback: float = 1.0
    narrows: str = ""


class Choice(Struct):
    """chosen: None for silence. scored: all candidates, ranked; reasons: why each did not go out, None for chosen.

    champion_silence: probability of silence under the champions alone. stands: the other lineups. promoted: versions of
    the promoted challengers among the champions.
    """

    chosen: Candidate | None
    scored: list[Candidate]
    reasons: list[Reason | None]
    silence_probability: float
    explored: bool = False
    champion_silence: float = 1.0
    stands: list[Stand] = []
    promoted: list[str] = []


def estimate(candidate: Candidate, model: Model, answer: Estimate | None) -> None:
    """Fill in the propensity. answer: the model's; None when it was not asked, or had none in time."""
    candidate.propensity, candidate.starting_evidence = smoothed(model, answer), model.starting_evidence
    if answer is None:
        return
    seen = answer.evidence
    candidate.model_output, candidate.evidence, candidate.version = answer.probability, seen, answer.version


def smoothed(model: Model, answer: Estimate | None) -> float:
    """The propensity by rule 3."""
    if answer is None:
        return model.starting_propensity
    start, seen = model.starting_evidence, answer.evidence
    return (start * model.starting_propensity + seen * answer.probability) / (start + seen)


def score(candidate: Candidate, lifecycle: str, stage: str, pressure: float, weights: Arbitration) -> None:
    """Fill in the score. stage: "" where it may not be looked at. pressure: felt by the party now."""
    action = candidate.action
    if action.context or candidate.narrows:
        own = action.context
        candidate.context = own.get(lifecycle, 1.0) * own.get(stage, 1.0) * candidate.feedback
    value = candidate.value_company + weights.customer_weight * candidate.value_customer
    worth = candidate.propensity * candidate.context * action.lever * value
    candidate.score = worth - candidate.treatment.cost - weights.pressure_weight * pressure
    candidate.value = candidate.context * action.lever * value
    candidate.cost = candidate.treatment.cost + weights.pressure_weight * pressure


def nothing() -> Choice:
    """Silence for lack of candidates."""
    return Choice(chosen=None, scored=[], reasons=[], silence_probability=1.0)


def choose(
    candidates: Sequence[Candidate], weights: Arbitration, seed: int, *, explore: bool = True,
    others: Sequence[Other] = (),
) -> Choice:  # fmt: skip
    """Choose among scored candidates; their order does not matter. seed: 63 bits, a function of the event.

    explore: the party's budget for exploration is not spent. others: the models beside the champions.
    """
    if not candidates:
        return nothing()
    ranked = sorted(candidates, key=lambda c: (PRECEDENCE[c.action.action_class], -c.score, c.action.name))
    first = ranked[0]
    if first.action.action_class is not ActionClass.MARKETING:
        first.probability = 1.0
        same = [1.0, *(0.0,) * (len(ranked) - 1)]
        agreed = [Stand(other, same, 0.0) for other in others]
        return Choice(first, ranked, [None] + [Reason.OUTRANKED] * (len(ranked) - 1), 0.0, False, 0.0, agreed)
    offers = [c for c in ranked if c.score > weights.silence_score]
    beliefs = [_belief(c) for c in offers] if weights.strategy is not None else ()
    found = probabilities([c.score for c in offers], beliefs, weights, seed, explore=explore)
    for candidate, probability in zip(offers, found, strict=False):
        candidate.probability = probability
    alone = silence = found[-1]
    favourites = [offers[0].action.name if offers else ""]
    stands: list[Stand] = []
    if others:
        entries = [Entry(c.action.name, c.model_output, c.evidence, _belief(c), c.score) for c in ranked]
        stands = [lineups.stand(entries, other, weights, seed, explore=explore) for other in others]
        contest = lineups.contestant(stands, seed)
        if contest is not None:
            silence = _mix(ranked, contest, silence)
            favourites.append(contest.favourite)
    chosen = _drawn(ranked, silence, draw(seed))
    explored = (chosen.action.name if chosen is not None else "") not in favourites
    if chosen is not None:
        chosen.explored = explored
    reasons: list[Reason | None] = []
    for candidate in ranked:
        if candidate is chosen:
            reasons.append(None)
        elif candidate.score <= weights.silence_score and candidate.probability == 0.0:
            reasons.append(Reason.BELOW_SILENCE)
        else:
            reasons.append(Reason.NOT_CHOSEN)
    return Choice(chosen, ranked, reasons, silence, explored, alone, stands)


def _belief(candidate: Candidate) -> Belief:
    return Belief(candidate.propensity, candidate.starting_evidence + candidate.evidence, candidate.value)


def _mix(ranked: Sequence[Candidate], contest: Stand, silence: float) -> float:
    """Give the challenger its share of every probability; the answer is silence's. silence: the champions'."""
    share = contest.share = contest.other.share
    for candidate, own in zip(ranked, contest.probabilities, strict=True):
        candidate.contest = contest.other.model
        candidate.champion_probability, candidate.challenger_probability = candidate.probability, own
        candidate.probability = (1.0 - share) * candidate.probability + share * own
    return (1.0 - share) * silence + share * contest.silence


def _drawn(ranked: Sequence[Candidate], silence: float, u: float) -> Candidate | None:
    """The option on which `u` in [0, 1) falls. The candidates after the best one lie first, then silence, then the best
    with what remains."""
    best, rest = ranked[0], u
    for candidate in ranked[1:]:
        rest -= candidate.probability
        if rest < 0.0:
            return candidate
    return best if rest >= silence and best.probability > 0.0 else None


def confirm(
    candidate: Candidate, plan: Plan | None, unknown: float, weights: Arbitration, others: Sequence[Other] = ()
) -> Choice:
    """What was chosen before: it stands, unless it is marketing worth no more than silence now.

    It is worth more as long as one lineup that could choose it says so. plan: what is known of the choice. unknown: its
    probability where nothing is. others: the challenger that contested it.
    """
    candidate.probability = unknown
    scores, stands = [candidate.score], []
    if plan is not None:
        _as_chosen(candidate, plan)
        views = [other.views[candidate.action.name] for other in others]
        stands = [Stand(other, [plan.challenger_probability], 0.0) for other in others]
        if plan.challenger_probability > 0.0 and views:
            scores = [view.score for view in views]
            if plan.champion_probability > 0.0:
                scores.append(candidate.score)
    marketing = candidate.action.action_class is ActionClass.MARKETING
    if marketing and max(scores) <= weights.silence_score:
        return Choice(None, [candidate], [Reason.BELOW_SILENCE], 0.0, candidate.explored, 0.0, stands)
    return Choice(candidate, [candidate], [None], 0.0, candidate.explored, 0.0, stands)


def _as_chosen(candidate: Candidate, plan: Plan) -> None:
    """The numbers of the choice go on."""
    candidate.probability, candidate.explored, candidate.contest = plan.probability, plan.explored, plan.contest
    candidate.champion_probability = plan.champion_probability
    candidate.challenger_probability = plan.challenger_probability
    if plan.value or plan.cost:  # a follow-up, and a plan of an older row, have none
        candidate.value, candidate.cost = plan.value, plan.cost


def lineups_of(choice: Choice, riders: Choice) -> tuple[Lineup, ...]:
    """The lineups of a decision and of the riders beside it, for its record."""
    if not (choice.stands or choice.promoted or riders.promoted):
        return ()
    rows = [
        Row(
            c.action.name,
            c.model_output,
            c.evidence,
            c.champion_probability if c.contest else c.probability,
            part is riders,
        )
        for part in (choice, riders)
        for c in part.scored
    ]
    promoted = sorted({*choice.promoted, *riders.promoted})
    return lineups.recorded(rows, choice.stands, promoted, choice.champion_silence)


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
            feedback=c.feedback,
            narrows=c.narrows,
        )
        for c, reason in zip(choice.scored, choice.reasons, strict=True)
    ]
    return tuple(rows)
