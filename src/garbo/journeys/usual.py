"""What is usual: the reference to which a cause would be relieved.

The share of a cause is compared in logits, additively, by medians (as in a median polish):
 1. over the stages and channels of what is alike, segment by segment: a segment keeps its ways, and no outlier moves
    its own reference;
 2. over the channels of a stage, if they lie below that: whoever lacks a consent is met less often at later stages, so
    there less is usual. A stage that lies above on all channels is what is looked for, and moves nothing.
Where the map says `tolerate`, that is the reference: a cause that is evenly high everywhere has no other.

Sources: Tukey, Exploratory Data Analysis (1977), chapter 11; the median as a location that half of the data cannot
move: Huber and Ronchetti, Robust Statistics (2009).
"""

import numpy as np
from numpy.typing import NDArray

from garbo.journeys.tally import Array

FEW_VISITS = 30
"""A cell with fewer visits does not say what is usual."""
FEW_WAITS = 50
FEW_CHANNELS = 3
"""Of fewer channels, one outlier moves the median."""


def usual_shares(shares: Array, visits: Array, groups: NDArray[np.int64], at: float = 0.5) -> Array:
    """The usual share for each of `shares` (draws, stage, channel, segment).

    visits: (stage, channel, segment). groups: stages of one group compare; -1: with none, and their reference is 0.
    at: the quantile that counts as usual, .5 for the median.
    """
    logit, usual = _logit(shares), np.zeros_like(shares)
    for group in np.unique(groups[groups >= 0]):
        stages = np.flatnonzero(groups == group)
        seen = visits[stages] >= FEW_VISITS
        for segment in range(shares.shape[3]):
            here = logit[..., segment][:, stages][:, seen[..., segment]]
            base = np.quantile(here, at, axis=1) if here.shape[1] else np.full(len(shares), np.inf)
            usual[..., segment][:, stages] = _share(base)[:, None, None]
        for stage in stages:
            below = _below(shares[:, stage], usual[:, stage], visits[stage], at)
            usual[:, stage] = _share(_logit(usual[:, stage]) + below[:, None, None])
    return usual


def _below(shares: Array, usual: Array, visits: Array, at: float) -> Array:
    """By how much the channels of one stage lie below the usual, in logits: (draws), 0 or less.

    shares, usual: (draws, channel, segment). visits: (channel, segment).
    """
    total = visits.sum(1)
    seen = total >= FEW_VISITS
    if seen.sum() < FEW_CHANNELS:
        return np.zeros(len(shares))
    weights = visits[seen] / total[seen, None]
    gap = _logit((shares[:, seen] * weights).sum(2)) - _logit((usual[:, seen] * weights).sum(2))
    return np.minimum(np.quantile(gap, at, axis=1), 0.0)


def _logit(share: Array) -> Array:
    clipped = np.clip(share, 1e-4, 1 - 1e-4)
    logit: Array = np.log(clipped / (1 - clipped))
    return logit


def _share(logit: Array) -> Array:
    share: Array = 1 / (1 + np.exp(-logit))
    return share


def usual_hazards(answer: Array, waits: Array, at: float = 0.5) -> Array:
    """The usual hazard of an answer, bin by bin: (draws, stage, channel, segment, bin) -> (draws, 1, 1, 1, bin).

    Time counts in multiples of what each stage promises, so the stages compare. at: as above, of quickness.
    """
    some = waits.sum((3, 4)) >= FEW_WAITS
    if not some.any():
        return np.zeros((len(answer), 1, 1, 1, answer.shape[-1]))
    usual: Array = np.quantile(answer[:, some], at, axis=1)
    return usual[:, None, None, None]
