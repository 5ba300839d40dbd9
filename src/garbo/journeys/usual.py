"""What is usual: the reference to which a cause would be relieved.

The share of a cause is compared in logits, by the median over stages and channels of what is alike, segment by segment:
a segment keeps its own ways, and no outlier moves its own reference. Where the map says `tolerate`, that is the
reference: a cause that is evenly high everywhere has no other.

Source: the median as a location that half of the data cannot move, Huber and Ronchetti, Robust Statistics (2009).
"""

import numpy as np
from numpy.typing import NDArray

from garbo.journeys.tally import Array

FEW_VISITS = 30
"""A cell with fewer visits does not say what is usual."""
FEW_WAITS = 50


def usual_shares(shares: Array, visits: Array, groups: NDArray[np.int64], at: float = 0.5) -> Array:
    """The usual share for each of `shares` (draws, stage, channel, segment).

    visits: (stage, channel, segment). groups: stages of one group compare; -1: with none, and their reference is 0.
    at: the quantile that counts as usual, .5 for the median.
    """
    clipped = np.clip(shares, 1e-4, 1 - 1e-4)
    logit, usual = np.log(clipped / (1 - clipped)), np.zeros_like(shares)
    for group in np.unique(groups[groups >= 0]):
        stages = np.flatnonzero(groups == group)
        seen = visits[stages] >= FEW_VISITS
        for segment in range(shares.shape[3]):
            here = logit[..., segment][:, stages][:, seen[..., segment]]
            base = np.quantile(here, at, axis=1) if here.shape[1] else np.full(len(shares), np.inf)
            usual[..., segment][:, stages] = (1 / (1 + np.exp(-base)))[:, None, None]
    return usual


def usual_hazards(answer: Array, waits: Array, at: float = 0.5) -> Array:
    """The usual hazard of an answer, bin by bin: (draws, stage, channel, segment, bin) -> (draws, 1, 1, 1, bin).

    Time counts in multiples of what each stage promises, so the stages compare. at: as above, of quickness.
    """
    some = waits.sum((3, 4)) >= FEW_WAITS
    if not some.any():
        return np.zeros((len(answer), 1, 1, 1, answer.shape[-1]))
    usual: Array = np.quantile(answer[:, some], at, axis=1)
    return usual[:, None, None, None]
