"""Tastes that follow from what a person is, and that may change on one day: a truth which a model can learn.

Without tastes, chance alone says what a resident wants, and a yes ends the want (`Resident.want`). With them, a want is
a function of attributes which the company knows, plus something of the person's own which it does not; and it is there
again after a yes. So what an offer would have earned is known for every offer, at any time.
"""

from collections.abc import Mapping
from math import exp
from random import Random
from typing import NamedTuple

from garbo.core.vocabulary.events import Value


class Taste(NamedTuple):
    """The log-odds with which somebody in a good mood accepts one offer of a theme.

    base: of everybody. below_35, from_55: what is added at these ages. words: attribute -> value -> what is added.
    """

    base: float
    below_35: float = 0.0
    from_55: float = 0.0
    words: Mapping[str, Mapping[str, float]] = {}

    def log_odds(self, attributes: Mapping[str, Value]) -> float:
        age = float(str(attributes.get("age", 45)))
        found = self.base + (self.below_35 if age < 35 else self.from_55 if age >= 55 else 0.0)
        for attribute, values in self.words.items():
            found += values.get(str(attributes.get(attribute, "")), 0.0)
        return found


class Tastes(NamedTuple):
    """before, after: theme -> taste, of the same themes, up to the instant `drift_at` (ms) and from it on. own: the
    standard deviation of what is the person's own, in log-odds; it stays with the theme."""

    before: Mapping[str, Taste]
    after: Mapping[str, Taste]
    drift_at: int
    own: float = 0.0

    def has(self, theme: str) -> bool:
        return theme in self.before

    def want(self, theme: str, attributes: Mapping[str, Value], random: Random, at: int) -> float:
        """The probability of a yes at the instant `at`. random: the person's own for this theme, the same each time."""
        taste = (self.after if at >= self.drift_at else self.before)[theme]
        return 1.0 / (1.0 + exp(-taste.log_odds(attributes) - self.own * random.gauss(0.0, 1.0)))
