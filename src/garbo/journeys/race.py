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
    """(..., bin, 2) -> (draws, ..., bin, 2): hazards of being answered and of leaving."""
    others = np.maximum(at_risk(waits)[..., None] - waits, 0)
    return rng.beta(waits + PRIOR_EVENTS, others + PRIOR_REST, (draws, *waits.shape))


def mean_hazards(waits: Array) -> Array:
    """The posterior means of the same, with a first axis of one."""
    others = np.maximum(at_risk(waits)[..., None] - waits, 0)
    mean: Array = (waits + PRIOR_EVENTS) / (waits + others + PRIOR_EVENTS + PRIOR_REST)
    return mean[None]


def race(answer: Array, leave: Array) -> Answered:
    """The shares answered when both hazards (..., bin) compete. Within a bin, half of those leaving go first."""
    stay = np.cumprod((1 - answer) * (1 - leave), -1)
    waiting = np.concatenate([np.ones_like(stay[..., :1]), stay[..., :-1]], -1)
    answered = waiting * answer * (1 - leave / 2)
    return Answered(answered[..., :IN_TIME].sum(-1), answered[..., IN_TIME:].sum(-1))
