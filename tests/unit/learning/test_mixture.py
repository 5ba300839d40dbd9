"""The gamma-exponential mixture, against numerical integration, SciPy and the reference values of `confseq`."""

from math import exp, log, log1p

import pytest
from scipy.integrate import quad
from scipy.special import gammainc, gammaln

from garbo.learning.evaluation.mixture import best_rho, boundary, log_evidence

POINTS = [
    (5.0, 10.0, 1.0, 3.0),
    (0.0, 10.0, 1.0, 3.0),
    (-5.0, 10.0, 1.0, 3.0),
    (30.0, 100.0, 0.5, 20.0),
    (400.0, 100.0, 2.0, 4.5),
    (235.0, 4500.0, 1.1, 500.0),
    (-235.0, 4500.0, 1.1, 500.0),
]


@pytest.mark.parametrize(("total", "squares", "scale", "rho"), POINTS)
def test_evidence_is_the_mean_of_the_processes_under_the_density(
    total: float, squares: float, scale: float, rho: float
) -> None:
    r = rho / scale**2

    def density(lam: float) -> float:
        y = 1.0 - scale * lam
        return y ** (r - 1.0) * exp(r * (1.0 - y)) if y > 0.0 else 0.0

    def process(lam: float) -> float:
        if scale * lam >= 1.0:
            return 0.0
        psi = (-log1p(-scale * lam) - scale * lam) / scale**2
        return density(lam) * exp(lam * total - psi * squares)

    whole = quad(density, 0, 1 / scale, limit=500)[0]
    expected = log(quad(process, 0, 1 / scale, limit=500)[0] / whole)
    assert log_evidence(total, squares, scale, rho) == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("total", "squares", "scale", "rho"), [*POINTS, (2000.0, 1e5, 1.1, 5e3)])
def test_evidence_is_the_formula_of_howard_et_al(total: float, squares: float, scale: float, rho: float) -> None:
    square = scale**2
    r, k, a = rho / square, (squares + rho) / square, (scale * total + squares + rho) / square
    expected = r * log(r) - gammaln(r) - log(gammainc(r, r))
    expected += gammaln(k) + log(gammainc(k, a)) - k * log(a) + (scale * total + squares) / square
    assert log_evidence(total, squares, scale, rho) == pytest.approx(expected, rel=1e-8, abs=1e-7)


def test_reference_values_of_confseq() -> None:
    """From the tests of confseq (Howard, Waudby-Smith, Ramdas), made there by an implementation in R."""
    rho = best_rho(100.0, 0.05)
    assert log_evidence(10.0, 100.0, 2.0, rho) == pytest.approx(-0.2490165, abs=1e-6)
    assert boundary(100.0, log(1 / 0.05), 2.0, rho) == pytest.approx(33.02017, abs=1e-5)


def test_no_evidence_before_the_first_example() -> None:
    assert log_evidence(0.0, 0.0, 1.0, 3.0) == pytest.approx(0.0, abs=1e-12)


def test_far_below_zero_the_evidence_is_small_and_finite() -> None:
    values = [log_evidence(total, 10.0, 1.0, 3.0) for total in (-1.0, -5.0, -12.9, -13.1, -1e3, -1e9)]
    assert all(value < 0.0 for value in values)
    assert values[-1] > -100.0


def test_the_boundary_is_where_the_evidence_reaches_the_threshold() -> None:
    rho = best_rho(1_000.0, 0.025)
    at = boundary(1_000.0, log(40), 1.1, rho)
    assert log_evidence(at, 1_000.0, 1.1, rho) == pytest.approx(log(40), abs=1e-6)
    assert boundary(1_000.0, log(40), 1.1, best_rho(50_000.0, 0.025)) > at  # tuned for another time
