"""Bets that a mean is above zero: evidence that is valid however often one looks at it.

Waudby-Smith, Ramdas: "Estimating means of bounded random variables by betting", Journal of the Royal Statistical
Society B 86 (2024). Let each d be at least -c, and its mean at most zero given what came before. A stake l in (0, 1/c)
multiplies a capital of 1 by 1 + l d at each d. The factor is never negative, its mean is at most 1: the capital is a
supermartingale, and so is the mean of several capitals with weights that are fixed before the first d. By Ville's
inequality it ever reaches 1 / alpha with a probability of at most alpha.

`mixture` has the same stakes and weights, but only the lower bound exp(l d - psi(l) d^2) of each factor. The bound is
close for a d at -c, and poor for a rare and large one, such as 1 / share. So the capital is the greater evidence for
each sequence of d, but for the few stakes that stand for all of them.
"""

from functools import lru_cache
from math import exp, inf, isinf, log, log1p, sqrt
from typing import Final

STAKES: Final = 12
_STEP: Final = 1.5  # from one stake to the next; a stake 20 % beside the best loses 4 % of the growth
_DEVIATIONS: Final = 4.0  # of the mixture's density that the largest stake is from zero
_LARGEST: Final = 0.95  # of 1 / c: a single d at -c never takes all


@lru_cache(maxsize=256)
def stakes(scale: float, rho: float) -> tuple[float, ...]:
    """The stakes, the largest first. scale, rho: as in `mixture.log_evidence`."""
    largest = min(_DEVIATIONS / sqrt(rho), _LARGEST / scale)
    return tuple([largest / _STEP**place for place in range(STAKES)])


@lru_cache(maxsize=256)
def _log_weights(scale: float, rho: float) -> tuple[float, ...]:
    """The log of each stake's part of the first capital: the mixture's density at the stake, times the stake."""
    square = rho / (scale * scale)
    left = [1.0 - scale * stake for stake in stakes(scale, rho)]
    logs = [
        (square - 1.0) * log(y) - square * y + log(stake) for y, stake in zip(left, stakes(scale, rho), strict=True)
    ]
    whole = _log_sum(logs)
    return tuple([one - whole for one in logs])


def growth(d: float, scale: float, rho: float) -> list[float]:
    """The log of each stake's factor at `d`, which is at least -scale. Add up what several d give."""
    return [log1p(stake * d) for stake in stakes(scale, rho)]


def log_capital(grown: list[float], scale: float, rho: float, times: float = 1.0) -> float:
    """The log of the capital after the sums `grown`, had all of it come `times` as often. An empty list: no d yet."""
    weights = _log_weights(scale, rho)
    return _log_sum([weight + times * one for weight, one in zip(weights, grown, strict=True)]) if grown else 0.0


def _log_sum(logs: list[float]) -> float:
    most = max(logs, default=-inf)
    return most if isinf(most) else most + log(sum(exp(one - most) for one in logs))
