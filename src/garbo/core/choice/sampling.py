"""Samples of a Beta distribution from a seed: the same numbers on every worker and in every replay.

SplitMix64 (Steele, Lea and Flood, 2014) gives uniform numbers, Marsaglia and Tsang's method (2000) gamma variates, and
X / (X + Y) of two of those is a Beta variate.
"""

from math import cos, log, pi, sqrt

_MASK = 2**64 - 1


class Sampler:
    """A stream of variates. seed: 63 bits."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def uniform(self) -> float:
        """A number in (0, 1), never 0: its logarithm is finite."""
        self._state = z = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return (((z ^ (z >> 31)) >> 12) + 0.5) / 2**52

    def beta(self, yes: float, no: float) -> float:
        """A variate of Beta(yes, no); both are above 0."""
        x, y = self._gamma(yes), self._gamma(no)
        return x / (x + y) if x + y > 0.0 else yes / (yes + no)

    def _gamma(self, shape: float) -> float:
        if shape < 1.0:  # a gamma variate of shape + 1, scaled down
            return self._gamma(shape + 1.0) * float(self.uniform() ** (1.0 / shape))
        d = shape - 1.0 / 3.0
        c = 1.0 / sqrt(9.0 * d)
        while True:
            normal = sqrt(-2.0 * log(self.uniform())) * cos(2.0 * pi * self.uniform())
            v = (1.0 + c * normal) ** 3
            if v > 0.0 and log(self.uniform()) < 0.5 * normal * normal + d - d * v + d * log(v):
                return d * v
