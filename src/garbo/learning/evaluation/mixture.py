"""The gamma-exponential mixture: evidence that a mean is above zero, valid however often one looks at it.

Howard, Ramdas, McAuliffe, Sekhon: "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
Statistics 49 (2021), proposition 9. Fan, Grama, Liu: "Exponential inequalities for martingales with applications",
Electronic Journal of Probability 20 (2015), lemma 4.1.

Let each d be at least -c, and its mean at most zero given what came before. Then for each l in [0, 1/c) the process
exp(l * sum(d) - psi(l) * sum(d * d)) with psi(l) = (-log(1 - c l) - c l) / c^2 is a supermartingale that starts at 1.
So is its mean over l with a density proportional to y^(r - 1) exp(-r y), where y = 1 - c l and r = rho / c^2. By
Ville's inequality it ever reaches 1/alpha with a probability of at most alpha.
"""

from math import exp, lgamma, log, log1p
from typing import Final

_SMALL: Final = 1e-15
_TINY: Final = 1e-300
_TERMS: Final = 1_000_000  # the series needs some sqrt(k) terms; this is only the end of a loop


def log_evidence(total: float, squares: float, scale: float, rho: float) -> float:
    """The log of the e-value against "the mean is not above zero".

    Args:
        total: the sum of d. squares: the sum of d * d. scale: c, each d is at least -c. rho: where the mixture is
            tight, in units of `squares`; see `best_rho`.

    The value is exact for total > -(squares + rho) / scale, and below that an upper bound of a value under 1.
    """
    square = scale * scale
    k, prior = (squares + rho) / square, rho / square
    lean = total / scale
    return _log_integral(k, k + lean) - _log_integral(prior, prior) + lean + squares / square


def boundary(squares: float, log_threshold: float, scale: float, rho: float) -> float:
    """The sum of d at which the evidence reaches `log_threshold` (the log of the e-value), given `squares`."""
    high = scale
    while log_evidence(high, squares, scale, rho) < log_threshold:
        high *= 2.0
    low = 0.0 if high == scale else high / 2.0
    if log_evidence(low, squares, scale, rho) >= log_threshold:  # a threshold of nothing
        return low
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        if log_evidence(middle, squares, scale, rho) < log_threshold:
            low = middle
        else:
            high = middle
    return high


def best_rho(squares: float, alpha: float) -> float:
    """The rho whose boundary is about the lowest at this sum of squares; a factor of ten beside it costs little.

    Howard et al., section 3.5, for one side.
    """
    wanted = -2.0 * log(2.0 * alpha)
    return squares / (wanted + log1p(wanted))


def _log_integral(k: float, a: float) -> float:
    """The log of the integral of y^(k - 1) exp(-a y) over [0, 1], for k > 0; for a < 0 an upper bound."""
    if a <= 0.0:
        return -a - log(k)
    if a <= k + 1.0:
        term = sum_ = 1.0
        for n in range(1, _TERMS):
            term *= a / (k + n)
            sum_ += term
            if term < sum_ * _SMALL:
                break
        return log(sum_) - a - log(k)
    whole = lgamma(k) - k * log(a)
    # The upper tail by Lentz's continued fraction; its share of the whole is below one half.
    b = a + 1.0 - k
    c, d = 1.0 / _TINY, 1.0 / b
    fraction = d
    for n in range(1, _TERMS):
        top = -n * (n - k)
        b += 2.0
        d = top * d + b
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = b + top / c
        c = c if abs(c) > _TINY else _TINY
        change = d * c
        fraction *= change
        if abs(change - 1.0) < _SMALL:
            break
    tail = exp(k * log(a) - a - lgamma(k)) * fraction
    return whole + log1p(-tail)
