"""Logged decisions as columns: what the off-policy estimators take."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Logged(NamedTuple):
    """Decisions of one draw each, and every option that each draw was among.

    Of n decisions: reward: in euro, of what was chosen. chosen: the row of the chosen option, -1 for silence.
    silence_logged, silence_target: the probability of silence when it was logged, and under the target. features: one
    row a decision, for the reward model; may have no column. cluster: decisions of one party have one number, since
    they are not independent.

    Of all options (silence excepted): decision: the number of its decision. action: a number for its action. logged,
    target: its probabilities.
    """

    reward: Floats
    chosen: Integers
    silence_logged: Floats
    silence_target: Floats
    decision: Integers
    action: Integers
    logged: Floats
    target: Floats
    features: Floats
    cluster: Integers

    @property
    def decisions(self) -> int:
        """The number of decisions."""
        return len(self.reward)

    @property
    def weights(self) -> Floats:
        """target / logged of what was chosen.

        Raises:
            ValueError: something was chosen whose logged probability is 0: the log contradicts itself.
        """
        offered = self.chosen >= 0
        logged, target = self.silence_logged.copy(), self.silence_target.copy()
        logged[offered], target[offered] = self.logged[self.chosen[offered]], self.target[self.chosen[offered]]
        if (logged <= 0.0).any():
            raise ValueError(f"{int((logged <= 0.0).sum())} decisions were drawn with a logged probability of 0")
        return target / logged

    @property
    def unsupported(self) -> float:
        """The mean probability that the target gives to options that could not be drawn: nothing is known of them."""
        lost = float(self.target[self.logged <= 0.0].sum() + self.silence_target[self.silence_logged <= 0.0].sum())
        return lost / self.decisions if self.decisions else 0.0
