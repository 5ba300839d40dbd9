"""How sure the shares are: draws from posteriors, or their means, in one structure for both.

Visits of a cell (stage, channel, segment, cause) are few, so a cell leans on its stage, and the stage's causes lean on
their usual effect: exits given a cause ~ Dirichlet(counts + 8 * mean of the stage and cause), and so on upwards.

Source: hierarchical shrinkage with Dirichlet-multinomial counts, Gelman et al., Bayesian Data Analysis (2013), ch. 5.
"""

from dataclasses import dataclass

import numpy as np

from garbo.journeys.race import draw_hazards, mean_hazards
from garbo.journeys.tally import ANSWERED, LEFT, ONWARD, Array, Tally

STAGE_WEIGHT, CELL_WEIGHT, CAUSE_WEIGHT = 10.0, 8.0, 5.0
"""How many visits the level above counts for: the usual effect, the stage, the stage's mix of causes."""


@dataclass(frozen=True)
class Posterior:
    """Shares, each with the draws first.

    causes: (draw, stage, channel, segment, cause). exits: (draw, stage, channel, segment, cause, exit).
    answer, leave: hazards, (draw, stage, channel, segment, bin); leaving depends on the stage alone.
    prompt, tardy: exits of visits answered in time and late, (draw, stage, exit).
    """

    causes: Array
    exits: Array
    answer: Array
    leave: Array
    prompt: Array
    tardy: Array


def _odds(exits: Array) -> Array:
    """Log odds of going on."""
    onward = exits[..., ONWARD]
    odds: Array = np.log((onward + 1) / (exits.sum(-1) - onward + 1))
    return odds


def stage_means(tally: Tally) -> Array:
    """Mean exits by (stage, cause, exit), each shrunk to the cause's usual effect on a visit of that stage."""
    exits = tally.exits.sum((1, 2))
    free = _odds(exits[:, :1])
    effect = np.median(_odds(exits) - free, axis=0)
    odds = np.exp(free + effect)
    base = (exits[:, :1] + 1) / (exits[:, :1] + 1).sum(-1, keepdims=True)
    rest = 1 / (1 + odds) / (1 - base[..., ONWARD])
    prior = rest[..., None] * base
    prior[..., ONWARD] = odds / (1 + odds)
    means: Array = (exits + STAGE_WEIGHT * prior) / (exits.sum(-1, keepdims=True) + STAGE_WEIGHT)
    return means


class _Alphas:
    """The parameters of all Dirichlet posteriors of a tally."""

    def __init__(self, tally: Tally) -> None:
        means, kinds = stage_means(tally), len(tally.causes)
        self.exits: Array = tally.exits + CELL_WEIGHT * means[:, None, None]
        by_cause = tally.exits.sum((1, 2, 4))
        mix = (by_cause + 0.1) / (by_cause.sum(-1, keepdims=True) + 0.1 * kinds)
        self.causes: Array = tally.exits.sum(-1) + CAUSE_WEIGHT * mix[:, None, None]
        in_time = np.maximum(tally.exits.sum((1, 2))[:, 0] - tally.late, 0)
        self.prompt, self.tardy = (c + STAGE_WEIGHT * self._shrunk(c, means[:, 0]) for c in (in_time, tally.late))

    @staticmethod
    def _shrunk(counts: Array, means: Array) -> Array:
        shrunk: Array = (counts + STAGE_WEIGHT * means) / (counts.sum(-1, keepdims=True) + STAGE_WEIGHT)
        return shrunk


def draw_posterior(tally: Tally, draws: int, seed: int) -> Posterior:
    """`draws` from each posterior; the same for the same seed."""
    rng, alphas = np.random.default_rng(seed), _Alphas(tally)

    def dirichlet(alpha: Array) -> Array:
        gamma = rng.standard_gamma(np.broadcast_to(alpha, (draws, *alpha.shape)))
        shares: Array = gamma / np.maximum(gamma.sum(-1, keepdims=True), 1e-300)
        return shares

    exits, causes = dirichlet(alphas.exits), dirichlet(alphas.causes)
    answer = draw_hazards(rng, tally.waits, draws)[..., ANSWERED]
    leave = draw_hazards(rng, tally.waits.sum((1, 2)), draws)[..., LEFT][:, :, None, None]
    return Posterior(causes, exits, answer, leave, dirichlet(alphas.prompt), dirichlet(alphas.tardy))


def mean_posterior(tally: Tally) -> Posterior:
    """The means of the same, as one draw."""

    def mean(alpha: Array) -> Array:
        shares: Array = (alpha / alpha.sum(-1, keepdims=True))[None]
        return shares

    alphas = _Alphas(tally)
    answer = mean_hazards(tally.waits)[..., ANSWERED]
    leave = mean_hazards(tally.waits.sum((1, 2)))[..., LEFT][:, :, None, None]
    return Posterior(mean(alphas.causes), mean(alphas.exits), answer, leave, mean(alphas.prompt), mean(alphas.tardy))
