"""The chance that a journey reaches its goal: an absorbing Markov chain over its stages.

Source: Kemeny and Snell, Finite Markov Chains (1960), chapter 3: with transitions Q among the transient states and R
into the goal, the chances of absorption solve (I - Q) b = R.
"""

import numpy as np

from garbo.journeys.tally import Array


def completion(exits: Array, routes: Array, starts: Array) -> Array:
    """Chance of reaching the goal, averaged over where journeys start.

    exits: (..., stage, exit) shares. routes: (stage, exit, stage or goal). starts: weights by stage. Returns (...).
    With starts by (segment, stage), what is returned sums over the segments to the chance of all.
    """
    n = exits.shape[-2]
    moves = np.einsum("...se,set->...st", exits, routes)
    inner = np.eye(n) - moves[..., :n]
    chance = np.linalg.solve(inner, moves[..., n:])[..., 0]
    weights = starts / max(float(starts.sum()), 1e-12)
    total: Array = (chance * weights).sum(-1)
    return total
