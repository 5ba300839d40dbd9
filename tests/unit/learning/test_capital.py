"""Bets on a mean: never below the mixture by more than the grid costs, and rarely wrong under the hardest nulls."""

from math import exp, log

import numpy as np
import pytest

from garbo.learning.evaluation.capital import STAKES, growth, log_capital, stakes
from garbo.learning.evaluation.mixture import best_rho, log_evidence

SCALE, RHO = 1.0 / 0.9, best_rho(2_000.0, 0.025)


def grown(ds: list[float], scale: float = SCALE, rho: float = RHO) -> list[float]:
    return [sum(column) for column in zip(*(growth(d, scale, rho) for d in ds), strict=True)]


def test_without_an_example_there_is_no_evidence() -> None:
    assert log_capital([], SCALE, RHO) == 0.0
    assert log_capital([0.0] * STAKES, SCALE, RHO) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("scale", "rho"), [(SCALE, RHO), (40.0, 0.5), (2.0, 1e7), (1e-3, 1e-9)])
def test_one_example_is_a_fair_bet(scale: float, rho: float) -> None:
    """d is -c or 9 c, with mean zero: the mean capital stays 1, and the worst d leaves some."""
    assert len(stakes(scale, rho)) == STAKES
    capitals = [exp(log_capital(growth(d, scale, rho), scale, rho)) for d in (-scale, 9.0 * scale)]
    assert 0.9 * capitals[0] + 0.1 * capitals[1] == pytest.approx(1.0)
    assert capitals[0] > 0.0


@pytest.mark.parametrize(
    ("lead", "largest", "more"), [(0.05, 1.1, 0.96), (0.2, 1.1, 0.96), (0.1, 10.0, 1.1), (0.2, 10.0, 1.1)]
)
def test_it_is_the_mixture_or_better(lead: float, largest: float, more: float) -> None:
    """Better where a large d is rare; where none is large, the few stakes cost less than 4 % of the evidence."""
    rng = np.random.default_rng(5)
    rate = (SCALE + lead) / (SCALE + largest)
    ds = [largest if rng.random() < rate else -SCALE for _ in range(20_000)]
    mixed = log_evidence(sum(ds), sum(d * d for d in ds), SCALE, RHO)
    assert mixed > log(40)
    assert log_capital(grown(ds), SCALE, RHO) > mixed * more


@pytest.mark.parametrize(("best", "rate"), [(9.0, 0.1), (1.0, 0.5), (99.0, 0.01)])
def test_with_a_mean_of_zero_it_rarely_reaches_forty_though_looked_at_always(best: float, rate: float) -> None:
    """400 paths of 3,000 d, each -1 or `best`: a fair game. At most 2.5 % may ever reach 40; the bound allows for
    three standard deviations of the count."""
    rng, rho = np.random.default_rng(17), best_rho(2_000.0, 0.025)
    up, down = (np.array(growth(d, 1.0, rho)) for d in (best, -1.0))
    wins = (rng.random((400, 3_000)) < rate).cumsum(1)
    steps = np.arange(1, 3_001)
    false = 0
    for path in wins:
        sums = path[:, None] * up + (steps - path)[:, None] * down
        likely = np.flatnonzero(sums.max(1) > log(40))  # the capital is below its largest stake's
        false += any(log_capital(list(sums[i]), 1.0, rho) >= log(40) for i in likely)
    assert false <= 400 * 0.025 + 3 * (400 * 0.025) ** 0.5
