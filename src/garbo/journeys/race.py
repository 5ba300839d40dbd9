"""Waiting for an answer: two competing risks, to be answered and to leave.

A label "answered late" would give a slow channel a negative gain: only patient visits live to be answered late. So the
hazard of the answer and the hazard of leaving are estimated apart, each from those still waiting, and raced again with
another hazard of the answer.

Source: Prentice et al., The analysis of failure times in the presence of competing risks, Biometrics 34 (1978); in
discrete time, cause-specific hazards with Beta posteriors (Ibrahim, Chen, Sinha, Bayesian Survival Analysis, 2001).
"""

from typing import NamedTuple

import numpy as np

from garbo.journeys.tally import IN_TIME, Array

PRIOR_EVENTS, PRIOR_REST = 0.02, 0.5
"""Beta prior of a hazard: next to nothing, so that an empty bin has next to no hazard."""
_MOST = 0.9999
"""In a bin where all end, the rate is large, not infinite."""


class Answered(NamedTuple):
    """Shares of the visits that wait."""

    in_time: Array
    late: Array

    @property
    def ever(self) -> Array:
        """Answered at any time."""
        return self.in_time + self.late


def at_risk(waits: Array) -> Array:
    """waits: (..., bin, 2) -> (..., bin): those still waiting at the begin of each bin."""
    total: Array = np.flip(np.cumsum(np.flip(waits.sum(-1), -1), -1), -1)
    return total


def draw_hazards(rng: np.random.Generator, waits: Array, draws: int) -> Array:
    """(..., bin, 2) -> (draws, ..., bin, 2): rates for each bin, of being answered and of leaving."""
    others = np.maximum(at_risk(waits)[..., None] - waits, 0)
    return _rates(rng.beta(waits + PRIOR_EVENTS, others + PRIOR_REST, (draws, *waits.shape)))


def mean_hazards(waits: Array) -> Array:
    """The same from the posterior means, with a first axis of one."""
    others = np.maximum(at_risk(waits)[..., None] - waits, 0)
    mean: Array = (waits + PRIOR_EVENTS) / (waits + others + PRIOR_EVENTS + PRIOR_REST)
    return _rates(mean[None])


def _rates(shares: Array) -> Array:
    """From the shares of those at risk that were answered, and left, within a bin, to the rates that compete there.

    With rates constant within the bin, each kind ends (1 - exp(-total)) * rate / total of those at risk.
    """
    both = shares.sum(-1, keepdims=True)
    rates: Array = -np.log1p(-np.minimum(both, _MOST)) * shares / np.maximum(both, 1e-12)
    return rates


def race(answer: Array, leave: Array) -> Answered:
    """The shares that are answered when both rates (..., bin) compete."""
    total = answer + leave
    ended = 1 - np.exp(-total)
    stay = np.cumprod(1 - ended, -1)
    waiting = np.concatenate([np.ones_like(stay[..., :1]), stay[..., :-1]], -1)
    answered = waiting * ended * answer / np.maximum(total, 1e-12)
    return Answered(answered[..., :IN_TIME].sum(-1), answered[..., IN_TIME:].sum(-1))
