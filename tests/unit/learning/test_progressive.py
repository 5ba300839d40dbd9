import random
from math import exp, log

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.learning.evaluation.progressive import Progressive


def exact_auc(scored: list[tuple[float, int]]) -> float:
    """By mid-ranks (Mann and Whitney), nothing binned."""
    ordered = sorted(scored)
    ranks, start = 0.0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        ranks += sum(label for _, label in ordered[start:end]) * (start + end + 1) / 2
        start = end
    accepted = sum(label for _, label in ordered)
    return (ranks - accepted * (accepted + 1) / 2) / (accepted * (len(ordered) - accepted))


def scored(count: int, centre: float, spread: float, seed: int = 1) -> list[tuple[float, int]]:
    rng = random.Random(seed)
    result = []
    for _ in range(count):
        p = 1 / (1 + exp(-rng.gauss(centre, spread)))
        result.append((p, int(rng.random() < p)))
    return result


def figures(examples: list[tuple[float, int]]) -> Progressive:
    progressive = Progressive()
    for probability, label in examples:
        progressive.add(probability, label)
    return progressive


@pytest.mark.parametrize(("centre", "spread"), [(0, 1), (-2.2, 1), (-4, 2), (0, 6), (-2.2, 0.1), (-5, 0.05)])
def test_auc_is_within_two_thousandths_of_the_exact_one(centre: float, spread: float) -> None:
    examples = scored(20_000, centre, spread)
    assert exact_auc(examples) == pytest.approx(figures(examples).auc, abs=0.002)


def test_log_loss_is_exact() -> None:
    examples = scored(1000, -2, 1)
    expected = -sum(log(p if label else 1 - p) for p, label in examples) / 1000
    assert expected == pytest.approx(figures(examples).log_loss)


def test_there_is_no_auc_before_one_of_each_and_no_loss_before_the_first() -> None:
    assert (None, None, 0) == (Progressive().auc, Progressive().log_loss, Progressive().count)
    assert figures([(0.3, 1), (0.2, 1)]).auc is None


def test_a_perfect_ranking_is_one_a_reversed_one_zero_a_tie_a_half() -> None:
    assert [1.0, 0.0, 0.5] == [
        figures(e).auc for e in ([(0.9, 1), (0.1, 0)], [(0.1, 1), (0.9, 0)], [(0.4, 1), (0.4, 0)])
    ]


def test_certainty_that_is_wrong_costs_much_but_not_everything() -> None:
    assert 29.9 == pytest.approx(figures([(1.0, 0)]).log_loss, abs=0.1)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), max_size=30), st.integers(0, 30))
def test_parts_merge_into_the_whole(examples: list[tuple[float, int]], cut: int) -> None:
    merged, whole = figures(examples[:cut]).merge(figures(examples[cut:])), figures(examples)
    assert (whole.accepted, whole.refused) == (merged.accepted, merged.refused)
    assert whole.loss == pytest.approx(merged.loss)


def test_encoded_figures_decode_to_the_same() -> None:
    progressive = figures(scored(100, -1, 1))
    assert progressive == msgspec.msgpack.decode(msgspec.msgpack.encode(progressive), type=Progressive)


@pytest.mark.parametrize("data", [[0.0, [1], [2]], [-1.0], [float("nan")], [0.0, [-1] * 1024], {"loss": 1.0}, "x"])
def test_senseless_data_is_refused(data: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(data, Progressive)
