"""Intervals of ratios of sums, from the partitions: parties fall into partitions by a hash, so each is a random sample.

A visit is no independent draw (a party makes several), so counts alone would give intervals that are too short; whole
partitions hold whole parties. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11: the
delete-one jackknife; interval: estimate +- t * se with one degree of freedom less than there are partitions.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from garbo.journeys.tally import Array

LEAST_PARTITIONS: Final = 4
CONFIDENCE: Final = 0.95


class Estimate(NamedTuple):
    """A figure with its 95 % interval; low and high are None with too few partitions to say."""

    value: float
    low: float | None = None
    high: float | None = None

    def as_share(self) -> "Estimate":
        """The interval cut to what a share can be, 0 to 1."""
        low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in (self.low, self.high))
        return Estimate(self.value, low, high)


def jackknife(parts: Array, figure: Callable[[Array], float], confidence: float = CONFIDENCE) -> Estimate:
    """`figure` of the sum of `parts` (partition, ...), with an interval from leaving out one partition at a time."""
    whole, m = parts.sum(0), len(parts)
    value = figure(whole)
    if m < LEAST_PARTITIONS:
        return Estimate(value)
    without = np.array([figure(whole - part) for part in parts])
    error = float(np.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum()))
    half = student(m - 1, confidence) * error
    return Estimate(value, value - half, value + half)


def share(parts: Array) -> Estimate:
    """The first of two sums over the second: parts (partition, 2). 0 if the second is 0."""
    return jackknife(parts, ratio)


def ratio(pair: Array) -> float:
    """First over second, 0 if that is 0."""
    return float(pair[0] / pair[1]) if pair[1] else 0.0


@cache
def student(freedom: int, confidence: float = CONFIDENCE) -> float:
    """How many standard errors hold Student's t with this probability, by bisection of `_within`."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < confidence:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| <= t). Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd, square = freedom % 2, math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
