"""Policies to evaluate: a lineup in the records, or the score without one of its factors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Scored
from garbo.evaluation.draws import Draw
from garbo.evaluation.rows import DecisionRow

_SAME: Final = 1e-6


class Distribution(NamedTuple):
    """The probability of each candidate, in the order of `DecisionRow.scored`, and of silence."""

    options: tuple[float, ...]
    silence: float


Target: TypeAlias = Callable[[DecisionRow], Distribution | None]
"""What a policy would do at a recorded decision; None if that cannot be said."""

PolicyOf: TypeAlias = Callable[[str], Policy | None]
"""Version -> the policy; None if it is not at hand."""

FACTORS: Final[Mapping[str, str]] = {
    "context": "the weights of the life-cycle state and the stage, and of feedback",
    "feedback": "the weight of a stage that narrows, a part of the context",
    "lever": "the business's own weights",
    "customer_value": "the value to the customer",
    "pressure": "the price of pressure",
    "cost": "the treatment's cost",
    "propensity": "the models: every offer has the mean propensity",
}


def challengers(decisions: Iterable[DecisionRow]) -> list[str]:
    """Ids of the challengers and shadows in the records, sorted."""
    return sorted({model_id(lineup.model) for row in decisions for lineup in row.lineups[1:]})


def model_id(version: str) -> str:
    """The model of a snapshot's version, `ID@1200`."""
    return version.rpartition("@")[0] or version


def lineup(model: str) -> Target:
    """What would have been done with `model` in its champion's place.

    Where it had no candidate there is no lineup of it, and the champions decide.
    """

    def target(row: DecisionRow) -> Distribution:
        for one in row.lineups[1:]:
            if model_id(one.model) == model:
                return Distribution(one.probabilities, one.silence)
        return champions(row)

    return target


def champions(row: DecisionRow) -> Distribution:
    """What the champions alone would have done; where nobody stood against them, what was done."""
    if row.lineups:
        return Distribution(row.lineups[0].probabilities, row.lineups[0].silence)
    return Distribution(tuple([s.probability for s in row.scored]), row.silence_probability)


def without(factor: str, policy_of: PolicyOf, mean_propensity: float) -> Target:
    """What the champions would have done if `factor` were left out of the score.

    It is computed from the recorded factors. A decision whose recorded probabilities do not follow from its own factors
    and its policy is None: it was made in a way that this cannot repeat.

    Args:
        factor: of `FACTORS`. policy_of: finds the policy of a decision. mean_propensity: stands for every propensity
            when "propensity" is left out.

    Raises:
        KeyError: there is no such factor.
    """
    change = _CHANGES[factor]

    def target(row: DecisionRow) -> Distribution | None:
        policy = policy_of(row.policy_version)
        if policy is None:
            return None
        recorded, repeated = champions(row), _choose(row.scored, policy, row.seed)
        if repeated is None or not _equal(recorded, repeated):
            return None
        changed = [change(scored, mean_propensity) for scored in row.scored]
        return _choose([msgspec.structs.replace(s, score=_score(s)) for s in changed], policy, row.seed)

    return target


def mean_propensity(draws: Sequence[Draw]) -> float:
    """The mean over all candidates; 0 without any."""
    every = [scored.propensity for draw in draws for scored in draw.row.scored]
    return sum(every) / len(every) if every else 0.0


def _context(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, context=1.0)


def _feedback(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, context=scored.context / scored.feedback)


def _lever(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, lever=1.0)


def _customer_value(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, value_customer=0.0)


def _pressure(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, pressure=0.0)


def _cost(scored: Scored, _: float) -> Scored:
    return msgspec.structs.replace(scored, cost=0.0)


def _propensity(scored: Scored, mean: float) -> Scored:
    return msgspec.structs.replace(scored, propensity=mean)


_CHANGES: Final[Mapping[str, Callable[[Scored, float], Scored]]] = {
    "context": _context,
    "feedback": _feedback,
    "lever": _lever,
    "customer_value": _customer_value,
    "pressure": _pressure,
    "cost": _cost,
    "propensity": _propensity,
}


def _score(s: Scored) -> float:
    """The score, as `core.choice.arbitration.score` has it."""
    value = s.value_company + s.customer_weight * s.value_customer
    return s.propensity * s.context * s.lever * value - s.cost - s.pressure_weight * s.pressure


def _choose(scored: Sequence[Scored], policy: Policy, seed: int) -> Distribution | None:
    """The probabilities that `core.choice` gives to candidates with these scores; None: the policy lacks an action."""
    candidates = []
    for one in scored:
        action = policy.actions.get(one.action)
        treatment = None if action is None else action.on(one.channel) or action.on(one.channel, inbound=True)
        if action is None or treatment is None:
            return None
        candidates.append(
            Candidate(
                action=action, treatment=treatment, placed_at=one.placed_at, propensity=one.propensity,
                evidence=one.evidence, score=one.score,
            )
        )  # fmt: skip
    choice = arbitration.choose(list(candidates), policy.arbitration, seed)
    return Distribution(tuple([c.probability for c in candidates]), choice.silence_probability)


def _equal(one: Distribution, other: Distribution) -> bool:
    return abs(one.silence - other.silence) <= _SAME and all(
        abs(a - b) <= _SAME for a, b in zip(one.options, other.options, strict=True)
    )
