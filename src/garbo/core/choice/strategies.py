"""The probability with which each offer is chosen, and silence: one exact distribution, then one draw from it.

Rules
 1. Only offers that score above silence are given, the best first; the answer has one probability for each, and the
    last one is that of silence. They sum to 1.
 2. While the party's budget for exploration is spent, the best offer has probability 1 (the caller's `explore`).
 3. Pure: what a strategy samples comes from the seed of the decision, so the logged probability is exactly the one
    that was drawn from, and a replay computes it again.

    epsilon-greedy  each of the n offers and silence keeps epsilon / (n + 1); the best has the rest
    softmax         in proportion to exp(score / temperature)
    SquareCB        1 / (n + 1 + gamma * gap); the best has the rest (Foster and Rakhlin, 2020)
    Thompson        floor + (1 - (n + 1) * floor) * the share of samples in which it is the best; a sample draws each
                    propensity from Beta(evidence * propensity, evidence * (1 - propensity))
"""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from garbo.core.choice.sampling import Sampler
from garbo.core.policy.exploration import Softmax, SquareCB, Thompson
from garbo.core.policy.policy import Arbitration
from garbo.core.vocabulary.ids import fingerprint

# A Beta variate needs some mass on both sides.
LEAST = 1e-6


class Belief(NamedTuple):
    """What is known of an offer's propensity. evidence: examples, those that the start counts for included; 0 where no
    model is: then the propensity is certain. value: what a yes is worth (euro)."""

    propensity: float
    evidence: float
    value: float


def probabilities(
    scores: Sequence[float], beliefs: Sequence[Belief], weights: Arbitration, seed: int, *, explore: bool = True
) -> list[float]:
    """The probability of each offer, and last that of silence.

    Args:
        scores: euro, all above `weights.silence_score`, the best first.
        beliefs: of each offer; only Thompson reads them.
        seed: 63 bits, a function of the event.
        explore: the party's budget for exploration is not spent.
    """
    count = len(scores)
    if not count:
        return [1.0]
    strategy = weights.strategy
    if not explore:
        return [1.0, *(0.0,) * count]
    if strategy is None:
        share = weights.exploration / (count + 1)
        found = [share] * (count + 1)
        found[0] = share + (1.0 - weights.exploration)
        return found
    if isinstance(strategy, Softmax):
        return _softmax([*scores, weights.silence_score], strategy.temperature)
    if isinstance(strategy, SquareCB):
        return _square_cb([*scores, weights.silence_score], strategy.gamma)
    return _thompson(scores, beliefs, weights.silence_score, strategy, seed)


def _softmax(scores: list[float], temperature: float) -> list[float]:
    masses = [exp((score - scores[0]) / temperature) for score in scores]
    total = sum(masses)
    return [mass / total for mass in masses]


def _square_cb(scores: list[float], gamma: float) -> list[float]:
    count, best = len(scores), scores[0]
    found = [1.0 / (count + gamma * (best - score)) for score in scores]
    found[0] = 1.0 - sum(found[1:])
    return found


def _thompson(
    scores: Sequence[float], beliefs: Sequence[Belief], silence: float, strategy: Thompson, seed: int
) -> list[float]:
    count, sampler = len(scores), Sampler(fingerprint(f"{seed}|thompson"))
    wins = [0] * (count + 1)
    offers = list(zip(scores, beliefs, strict=True))
    for _ in range(strategy.samples):
        winner, best = count, silence
        for place, (known, belief) in enumerate(offers):
            score = known
            if belief.evidence > 0.0:
                yes = max(belief.evidence * belief.propensity, LEAST)
                no = max(belief.evidence * (1.0 - belief.propensity), LEAST)
                score += belief.value * (sampler.beta(yes, no) - belief.propensity)
            if score > best:
                winner, best = place, score
        wins[winner] += 1
    floor = min(strategy.floor, 1.0 / (count + 1))
    rest = (1.0 - (count + 1) * floor) / strategy.samples
    return [floor + rest * won for won in wins]
