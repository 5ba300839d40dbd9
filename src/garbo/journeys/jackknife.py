"""Intervals of ratios of sums, from the partitions: parties fall into partitions by a hash, so each is a random sample.

A visit is no independent draw (a party makes several), so counts alone would give intervals that are too short; whole
partitions hold whole parties. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11: the
delete-one jackknife; interval: estimate +- t * se with one degree of freedom less than there are partitions.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from garbo.journeys.tally import Array

LEAST_PARTITIONS: Final = 4
_Z: Final = 1.959964


class Estimate(NamedTuple):
    """A figure with its 95 % interval; low and high are None with too few partitions to say."""

    value: float
    low: float | None = None
    high: float | None = None


def jackknife(parts: Array, figure: Callable[[Array], float]) -> Estimate:
    """`figure` of the sum of `parts` (partition, ...), with an interval from leaving out one partition at a time."""
    whole, m = parts.sum(0), len(parts)
    value = figure(whole)
    if m < LEAST_PARTITIONS:
        return Estimate(value)
    without = np.array([figure(whole - part) for part in parts])
    error = float(np.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum()))
    half = student(m - 1) * error
    return Estimate(value, value - half, value + half)


def share(parts: Array) -> Estimate:
    """The first of two sums over the second: parts (partition, 2). 0 if the second is 0."""
    return jackknife(parts, ratio)


def ratio(pair: Array) -> float:
    """First over second, 0 if that is 0."""
    return float(pair[0] / pair[1]) if pair[1] else 0.0


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher (error below 1 % from 3 on)."""
    z, n = _Z, float(freedom)
    terms = (
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
    )
    return z + sum(terms)
