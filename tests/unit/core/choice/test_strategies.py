"""Every strategy: an exact distribution over what scores above silence, and silence; frequencies that equal it."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.choice.sampling import Sampler
from garbo.core.choice.strategies import Belief, probabilities
from garbo.core.policy.exploration import Softmax, SquareCB, Strategy, Thompson
from garbo.core.policy.policy import Arbitration
from garbo.core.vocabulary.ids import draw, fingerprint

STRATEGIES: list[Arbitration] = [
    Arbitration(exploration=0.2),
    Arbitration(strategy=Softmax(2.0)),
    Arbitration(strategy=SquareCB(3.0)),
    Arbitration(strategy=Thompson(0.02, 50)),
]
strategies = st.one_of(
    st.none(),
    st.builds(Softmax, st.floats(0.01, 100)),
    st.builds(SquareCB, st.floats(0.01, 1000)),
    st.builds(Thompson, st.floats(0.001, 0.1), st.integers(10, 40)),
)
offers = st.lists(
    st.tuples(
        st.floats(0.001, 500), st.builds(Belief, st.floats(0.001, 0.999), st.floats(1, 5000), st.floats(0.1, 1000))
    ),
    max_size=6,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(offers, strategies, st.floats(0, 0.5), st.integers(0, 2**63 - 1), st.booleans())
def test_probabilities_sum_to_one_and_are_a_function_of_their_input(
    found: list[tuple[float, Belief]], strategy: Strategy | None, epsilon: float, seed: int, explore: bool
) -> None:
    found.sort(key=lambda offer: -offer[0])
    weights = Arbitration(exploration=epsilon, strategy=strategy)
    scores, beliefs = [s for s, _ in found], [b for _, b in found]
    answer = probabilities(scores, beliefs, weights, seed, explore=explore)
    assert len(answer) == len(found) + 1
    assert sum(answer) == pytest.approx(1.0)
    assert all(0.0 <= p <= 1.0 for p in answer)
    assert answer == probabilities(scores, beliefs, weights, seed, explore=explore)
    if found and not explore:
        assert [1.0, *[0.0] * len(found)] == answer
    if isinstance(strategy, Thompson) and explore:
        assert min(answer) >= min(strategy.floor, 1 / len(answer)) - 1e-12
    if not isinstance(strategy, Thompson) and found:  # Thompson may know that the first is uncertain
        assert max(answer) == pytest.approx(answer[0])


def test_each_strategy_is_its_formula() -> None:
    three, none = [3.0, 1.0], [Belief(0.1, 0.0, 30.0)] * 2
    assert [0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3] == pytest.approx(probabilities(three, none, STRATEGIES[0], 1))
    masses = [exp(1.5), exp(0.5), 1.0]
    assert [m / sum(masses) for m in masses] == pytest.approx(probabilities(three, none, STRATEGIES[1], 1))
    one, zero = 1 / (3 + 3 * 2), 1 / (3 + 3 * 3)
    assert [1 - one - zero, one, zero] == pytest.approx(probabilities(three, none, STRATEGIES[2], 1))
    assert [0.96, 0.02, 0.02] == pytest.approx(probabilities(three, none, STRATEGIES[3], 1))  # all are certain


def test_thompson_explores_what_is_little_known() -> None:
    weights = Arbitration(strategy=Thompson(0.01, 400))
    known = probabilities([3.0, 2.5], [Belief(0.1, 1e6, 30.0), Belief(0.1, 1e6, 30.0)], weights, 5)
    new = probabilities([3.0, 2.5], [Belief(0.1, 1e6, 30.0), Belief(0.1, 20.0, 30.0)], weights, 5)
    assert known[1] == pytest.approx(0.01)
    assert 0.2 < new[1] < 0.6


@pytest.mark.parametrize(("yes", "no"), [(0.4, 3.0), (5.0, 45.0), (300.0, 100.0)])
def test_samples_have_the_mean_and_the_variance_of_their_distribution(yes: float, no: float) -> None:
    sampler, draws = Sampler(fingerprint(f"beta {yes}")), 20_000
    found = [sampler.beta(yes, no) for _ in range(draws)]
    mean, total = yes / (yes + no), yes + no
    variance = mean * (1 - mean) / (total + 1)
    assert sum(found) / draws == pytest.approx(mean, abs=4 * (variance / draws) ** 0.5)
    assert sum((x - mean) ** 2 for x in found) / draws == pytest.approx(variance, rel=0.06)


def test_seeds_of_the_samples_and_of_the_draw_are_apart() -> None:
    """Were they one, what a sample favours would be drawn more often than its probability says."""
    weights, surplus = Arbitration(strategy=Thompson(0.01, 10)), 0.0
    for n in range(4000):
        seed = fingerprint(f"apart {n}")
        first = probabilities([3.0], [Belief(0.1, 20.0, 40.0)], weights, seed)[0]
        surplus += (draw(seed) < first) - first
    assert abs(surplus) < 4 * (0.25 * 4000) ** 0.5
