"""Strategies of exploration, as `arbitration.exploration` describes them; `core.choice.strategies` computes them.

A plain number there is epsilon-greedy (`Arbitration.exploration`).
"""

from typing import TypeAlias

from msgspec import Struct


class Softmax(Struct, frozen=True):
    """Each option in proportion to exp(score / temperature). temperature: euro; the larger, the more is explored."""

    temperature: float


class SquareCB(Struct, frozen=True):
    """Inverse-gap weighting: an option that is `gap` euro worse than the best of n gets 1 / (n + gamma * gap), the best
    has the rest. gamma: per euro; the larger, the less is explored."""

    gamma: float


class Thompson(Struct, frozen=True):
    """Each option as often as it is the best in `samples` draws of what the propensities may be; none below `floor`."""

    floor: float
    samples: int


Strategy: TypeAlias = Softmax | SquareCB | Thompson
