"""The candidates get their scores: from the models that decide, and then from those that only look on or contest.

Rules
 1. Without `profiling` no model is asked, no other lineup exists, and the prior of the policy's champion decides.
 2. Champions are asked before all others, so what a challenger or a shadow takes never costs a champion its answer
    (`processors.timed_scorer`). A late one decides by its prior, and the record does not call that a fallback.
 3. A promoted challenger is asked in its champion's place, and that champion looks on.
 4. A model is asked once a decision for each vector. One that was late for a candidate has answered for none: the
    record, which says for each candidate whether it answered, is then enough to decide again.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate
from garbo.core.choice.lineups import Other, View
from garbo.core.choice.strategies import Belief
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.features import features
from garbo.core.gates.standing import stage_for, standing
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.models import SHADOW, Model
from garbo.core.scoring.features import Offered
from garbo.core.scoring.scorer import LATE, Estimate, Scorer


class Watched(Struct):
    """A candidate whose family has more models than one. champion: by the policy; deciding: it, or who was promoted."""

    candidate: Candidate
    champion: Model
    deciding: Model


class Appraisal(Struct):
    """fallback: a candidate's model had no time, or answered late, and the prior decided. promoted: versions of the
    promoted challengers that decided, or their ids where none answered."""

    fallback: bool = False
    asked: list[Watched] = field(default_factory=list)
    promoted: list[str] = field(default_factory=list)


def appraise(
    candidates: Sequence[Candidate], context: DecisionContext, policy: CompiledPolicy, scorer: Scorer, stress: float
) -> Appraisal:
    """Fill in the scores of the champions. stress: pressure felt by the party now."""
    found, weights, lifecycle = Appraisal(), policy.policy.arbitration, context.party.lifecycle
    champions, contested, cost = policy.champions, policy.others, policy.policy.model_cost
    asked: list[tuple[Candidate, Model]] = []
    late: set[str] = set()
    for candidate in candidates:
        action = candidate.action
        model = champions.get(action.family) if action.action_class is ActionClass.MARKETING else None
        if model is not None:
            in_time = candidate.treatment.latency_budget - context.age >= cost
            found.fallback |= not in_time
            candidate.features, answer = features(context, _offered(candidate)), None
            if in_time and candidate.features is not None:
                if action.family in contested:
                    model = _deciding(candidate, model, policy, scorer, found)
                asked.append((candidate, model))
                answer = _ask(model, candidate, context, scorer)
                if answer is LATE:
                    late.add(model.id)
                    answer = None
            arbitration.estimate(candidate, model, answer)
        stage = stage_for(context, action) if context.profiled and action.context else ""
        if policy.weighed and context.profiled:
            _weigh(candidate, context, policy)
        arbitration.score(candidate, lifecycle, stage, stress, weights)
    if late:
        found.fallback = True
        for candidate, model in asked:
            if model.id in late:
                candidate.model_output, candidate.evidence, candidate.version = -1.0, 0.0, ""
                arbitration.estimate(candidate, model, None)
                stage = stage_for(context, candidate.action) if candidate.action.context else ""
                arbitration.score(candidate, lifecycle, stage, stress, weights)
    if found.asked:
        decided = {asked.deciding.id: asked for asked in found.asked if asked.deciding is not asked.champion}
        found.promoted = sorted({a.candidate.version or model for model, a in decided.items()})
    return found


def others(
    appraisal: Appraisal, context: DecisionContext, policy: CompiledPolicy, scorer: Scorer, only: str | None = None
) -> list[Other]:
    """What the other models make of the candidates, in the policy's order. Ask after `appraise`.

    only: the id of the one that is wanted; None: all.
    """
    found: dict[str, Other] = {}
    late: set[str] = set()
    for asked in appraisal.asked:
        candidate, deciding = asked.candidate, asked.deciding
        for model in (asked.champion, *policy.others[candidate.action.family]):
            if model.id == deciding.id or (only is not None and model.id != only):
                continue
            other = found.get(model.id)
            if other is None:
                role = SHADOW if model is asked.champion else model.role  # a displaced champion looks on
                other = found[model.id] = Other(model.id, role, model.share, model.id)
            answer = _ask(model, candidate, context, scorer)
            if answer is LATE:
                late.add(model.id)
                answer = None
            if answer is not None:
                other.name, other.answered = answer.version, True
            other.views[candidate.action.name] = _view(candidate, model, answer)
    for asked in appraisal.asked if late else ():  # rule 4
        for model in (asked.champion, *policy.others[asked.candidate.action.family]):
            if model.id in late:
                other = found[model.id]
                other.name, other.answered = model.id, False
                other.views[asked.candidate.action.name] = _view(asked.candidate, model, None)
    return list(found.values())


def _weigh(candidate: Candidate, context: DecisionContext, policy: CompiledPolicy) -> None:
    """What feedback gives to the stage where the party stands, if the action advances it."""
    places = policy.weighed.get(candidate.action.name)
    stands = standing(context, candidate.theme) if places is not None else None
    if places is not None and stands is not None and (stands.journey, stands.stage) in places:
        candidate.feedback = places[stands.journey, stands.stage]
        candidate.narrows = f"{stands.journey}/{stands.stage}"


def _deciding(candidate: Candidate, champion: Model, policy: CompiledPolicy, scorer: Scorer, found: Appraisal) -> Model:
    """The champion, or the challenger that was promoted to its place."""
    name = scorer.promoted(champion.id)
    rivals = policy.others[candidate.action.family] if name else ()
    deciding = next((model for model in rivals if model.id == name), champion)
    found.asked.append(Watched(candidate, champion, deciding))
    return deciding


def _offered(candidate: Candidate) -> Offered:
    made = candidate.treatment
    return Offered(
        candidate.action,
        candidate.theme,
        made.channel,
        made.inbound,
        candidate.value_company,
        candidate.value_customer,
    )


def _ask(model: Model, candidate: Candidate, context: DecisionContext, scorer: Scorer) -> Estimate | None:
    """The model's answer; it is asked once a decision for each vector."""
    vector, answers = candidate.features, context.answers
    if vector is None:
        return None
    reads = context.order.families.get(candidate.action.family)
    own = f"|{candidate.action.name}" if reads is not None and reads.action else ""
    key = f"{model.id}|{candidate.action.family}{own}"
    if key not in answers:
        answers[key] = scorer.estimate(model.id, vector)
    return answers[key]


def _view(candidate: Candidate, model: Model, answer: Estimate | None) -> View:
    propensity = arbitration.smoothed(model, answer)
    output, seen = (-1.0, 0.0) if answer is None else (answer.probability, answer.evidence)
    belief = Belief(propensity, model.starting_evidence + seen, candidate.value)
    return View(output, seen, belief, propensity * candidate.value - candidate.cost)
