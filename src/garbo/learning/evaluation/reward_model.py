"""What an option would have earned: a ridge regression for each action, cross-fitted. For DM and DR only.

Rules
 1. A decision's estimates come from a model fitted on the other half of the parties, so they know nothing of its own
    reward (Chernozhukov et al. 2018, cross-fitting).
 2. Each action has a regression of its own of the reward on the standardised vector. Coefficients and the distance of
    its mean from the mean of all actions are shrunk by `PENALTY`, so an action without data has the mean of all.
 3. Silence earns 0, which is no estimate.
 4. It is linear, and the truth is not. DR is right in spite of that, because it corrects by what was observed; DM is
    not, and its interval does not know it.
"""

from typing import Final

import numpy as np

from garbo.learning.evaluation.logged import Floats, Integers, Logged

PENALTY: Final = 10.0  # as many decisions with the mean reward


def rewards(log: Logged) -> Floats:
    """The estimated reward of each option, in euro."""
    design = _design(log.features)
    estimated = np.zeros(len(log.decision))
    fold = _folds(log.cluster)
    offered = np.flatnonzero(log.chosen >= 0)
    made = log.action[log.chosen[offered]]
    for half in (0, 1):
        learns = fold[offered] != half
        decisions, actions = offered[learns], made[learns]
        mean = float(log.reward[decisions].mean()) if len(decisions) else 0.0
        asked = np.flatnonzero(fold[log.decision] == half)
        of_action = log.action[asked]
        for action in np.unique(of_action):
            x = design[decisions[actions == action]]
            y = log.reward[decisions[actions == action]] - mean
            coefficients = np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ y)
            rows = asked[of_action == action]
            estimated[rows] = mean + design[log.decision[rows]] @ coefficients
    return estimated


def _folds(cluster: Integers) -> Integers:
    """0 or 1 for each decision; all decisions of a party are in one half."""
    _, number = np.unique(cluster, return_inverse=True)
    return (number % 2).astype(np.int64)


def _design(features: Floats) -> Floats:
    """Standardised columns, missing numbers as the mean, and a column of ones. Constant columns are left out."""
    if not features.size:
        return np.ones((len(features), 1))
    known = np.isfinite(features)
    filled = np.where(known, features, 0.0)
    counts = np.maximum(known.sum(0), 1)
    centred = np.where(known, features - filled.sum(0) / counts, 0.0)
    spread = np.sqrt((centred**2).sum(0) / counts)
    varies = spread > 1e-12
    return np.hstack([centred[:, varies] / spread[varies], np.ones((len(features), 1))])
