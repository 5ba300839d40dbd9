"""Off-policy estimates: what another policy would have earned on decisions that were made by a logged draw.

With w = target / logged probability of what was chosen, r the reward, q the reward model, per decision:

    IPS    mean of w r                                   unbiased where the target is supported; wide
    SNIPS  sum of w r / sum of w                          a little biased, narrower
    DM     mean of sum over options of target * q         narrow, as wrong as the model is
    DR     DM's + mean of w (r - q of the chosen)         unbiased like IPS, narrower where q helps

Horvitz, Thompson 1952; Swaminathan, Joachims 2015; Dudik, Langford, Li 2011.

Rules
 1. Intervals are normal, 95 %, and count parties and not decisions: decisions of one party go together.
 2. DM's interval holds the sampling of decisions only, not the error of its model; measured, it covers 4 times of 10.
 3. The effective sample size is (sum of w)^2 / sum of w^2. Under `REFUSED` no estimate is worth showing, under
    `DOUBTED` an interval is too narrow.
 4. What the target would do where the log never tries is unknown; over `UNSUPPORTED` of it, the answer is refused.
"""

from typing import Final, NamedTuple

import numpy as np

from garbo.learning.evaluation.logged import Floats, Integers, Logged
from garbo.learning.evaluation.reward_model import rewards

REFUSED: Final = 300
DOUBTED: Final = 1_000
UNSUPPORTED: Final = 0.05
_MENTIONED: Final = 0.001  # of the target's probability without support
_Z: Final = 1.959963984540054
_ODD: Final = 4.0  # standard errors by which the mean weight may differ from 1


class Interval(NamedTuple):
    """An estimate in euro a decision, and its 95 % interval."""

    mean: float
    low: float
    high: float


class Estimates(NamedTuple):
    """What a target is estimated to earn. logged: what the decisions earned in fact. gain: DR minus that.

    ess: the effective sample size. largest: the largest weight. mean_weight: about 1 where the log is right.
    unsupported: the share of the target's choices that the log never tries. refused, doubts: sentences; with a refusal
    no figure should be shown as an answer.
    """

    decisions: int
    clusters: int
    ips: Interval
    snips: Interval
    dm: Interval
    dr: Interval
    logged: Interval
    gain: Interval
    ess: float
    largest: float
    mean_weight: float
    unsupported: float
    refused: tuple[str, ...]
    doubts: tuple[str, ...]


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size of weights; 0 without any weight."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0.0 else 0.0


def estimates(log: Logged) -> Estimates:
    """IPS, SNIPS, DM and DR of the target, with what there is to doubt about them.

    Raises:
        ValueError: the log is empty, or something was chosen that could not have been drawn.
    """
    n = log.decisions
    if not n:
        raise ValueError("there is no decision to estimate from")
    w = log.weights
    _, cluster = np.unique(log.cluster, return_inverse=True)
    q = rewards(log)
    model = np.bincount(log.decision, weights=log.target * q, minlength=n).astype(np.float64)
    offered = log.chosen >= 0
    expected = np.zeros(n)
    expected[offered] = q[log.chosen[offered]]
    robust = model + w * (log.reward - expected)
    ess, total = effective_size(w), float(w.sum())
    normalised = float((w * log.reward).sum()) / total if total > 0.0 else 0.0
    mean_weight = _interval(w, cluster)
    unsupported = log.unsupported
    return Estimates(
        decisions=n,
        clusters=int(cluster.max()) + 1,
        ips=_interval(w * log.reward, cluster),
        snips=_around(normalised, w * (log.reward - normalised) * (n / total if total > 0.0 else 0.0), cluster),
        dm=_interval(model, cluster),
        dr=_interval(robust, cluster),
        logged=_interval(log.reward, cluster),
        gain=_interval(robust - log.reward, cluster),
        ess=ess,
        largest=float(w.max()),
        mean_weight=mean_weight.mean,
        unsupported=unsupported,
        refused=_refusals(ess, unsupported),
        doubts=_doubts(ess, unsupported, mean_weight),
    )


def _refusals(ess: float, unsupported: float) -> tuple[str, ...]:
    said = []
    if ess < REFUSED:
        said.append(f"the effective sample size is {ess:,.0f}, and under {REFUSED} no estimate can be trusted")
    if unsupported > UNSUPPORTED:
        said.append(f"{unsupported:.1%} of what the target would do was never tried, so its worth is unknown")
    return tuple(said)


def _doubts(ess: float, unsupported: float, mean_weight: Interval) -> tuple[str, ...]:
    said = []
    if REFUSED <= ess < DOUBTED:
        said.append(f"the effective sample size is {ess:,.0f}; under {DOUBTED:,} the intervals are too narrow")
    if _MENTIONED < unsupported <= UNSUPPORTED:
        said.append(f"{unsupported:.1%} of what the target would do was never tried and counts as nothing")
    reached = (mean_weight.high - mean_weight.low) / (2 * _Z) * _ODD
    if abs(mean_weight.mean + unsupported - 1.0) > max(reached, 1e-6):
        said.append(
            f"the mean weight is {mean_weight.mean:.3f} where it should be about {1.0 - unsupported:.3f}: "
            "the logged probabilities are not those of the draws"
        )
    return tuple(said)


def _interval(values: Floats, cluster: Integers) -> Interval:
    mean = float(values.mean())
    return _around(mean, values - mean, cluster)


def _around(mean: float, influence: Floats, cluster: Integers) -> Interval:
    """The interval of a mean whose deviations, a decision each, are `influence`; clusters are independent."""
    sums = np.bincount(cluster, weights=influence)
    c, n = len(sums), len(influence)
    if c < 2:
        return Interval(mean, float("-inf"), float("inf"))
    half = _Z * float(np.sqrt((sums**2).sum() * c / (c - 1))) / n
    return Interval(mean, mean - half, mean + half)
