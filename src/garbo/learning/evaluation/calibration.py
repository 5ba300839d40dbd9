"""Calibration: does what is predicted at 5 % happen in 5 of 100?

The curve has groups of equal mass out of the histograms over the logit, so it needs no memory of its own. The middle of
a bin stands for its predictions: at .016 of logit a bin, that moves a probability by less than .002.
"""

from collections.abc import Iterator, Sequence
from math import exp, pi, sqrt
from typing import Final, NamedTuple

GROUPS: Final = 20


class Group(NamedTuple):
    """Predictions of one height. predicted: their mean. happened: the share of yes. examples: their number."""

    predicted: float
    happened: float
    examples: int


def curve(accepted: Sequence[int], refused: Sequence[int], reach: float, groups: int = GROUPS) -> list[Group]:
    """At most `groups` groups of about equal mass, from low to high predictions.

    accepted, refused: predictions by logit, in bins of equal width from -reach to reach. Predictions of one bin stay in
    one group.
    """
    total = sum(accepted) + sum(refused)
    made: list[Group] = []
    done = count = yes = 0
    expected = 0.0
    for position, (positives, negatives) in enumerate(zip(accepted, refused, strict=True)):
        here = positives + negatives
        if not here:
            continue
        count += here
        yes += positives
        expected += here * _middle(position, len(accepted), reach)
        if (done + count) * groups >= (len(made) + 1) * total:
            made.append(Group(expected / count, yes / count, count))
            done, count, yes, expected = done + count, 0, 0, 0.0
    return made


def error(groups: Sequence[Group]) -> float | None:
    """The expected calibration error: mean distance of a group's prediction from what happened; None without any."""
    total = sum(group.examples for group in groups)
    if not total:
        return None
    return sum(abs(group.predicted - group.happened) * group.examples for group in groups) / total


def noise(groups: Sequence[Group]) -> float | None:
    """The error that a perfectly calibrated model would show on so few examples; None without any.

    An error below twice this says nothing against the model.
    """
    total = sum(group.examples for group in groups)
    if not total:
        return None
    spreads = (sqrt(group.predicted * (1.0 - group.predicted) * group.examples) for group in groups)
    return sqrt(2.0 / pi) * sum(spreads) / total


def band(groups: Sequence[Group]) -> Iterator[tuple[float, float]]:
    """For each group, between which shares a calibrated model would lie in 95 of 100 cases."""
    for predicted, _, examples in groups:
        half = 1.96 * sqrt(predicted * (1.0 - predicted) / examples)
        yield max(predicted - half, 0.0), min(predicted + half, 1.0)


def _middle(position: int, bins: int, reach: float) -> float:
    return 1.0 / (1.0 + exp(reach - (position + 0.5) * 2.0 * reach / bins))
