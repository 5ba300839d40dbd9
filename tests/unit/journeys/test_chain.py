"""The chance of reaching the goal."""

import numpy as np
import pytest

from garbo.journeys.chain import completion


def routes(n: int) -> np.ndarray:
    found = np.zeros((n, 4, n + 1))
    for stage in range(n):
        found[stage, 0, stage + 1 if stage + 1 < n else n] = 1
        found[stage, 1, max(stage - 1, 0)] = 1
    return found


def test_a_straight_path_multiplies() -> None:
    exits = np.array([[0.5, 0, 0, 0.5], [0.4, 0, 0, 0.6]])
    assert completion(exits, routes(2), np.array([1.0, 0.0])) == pytest.approx(0.2)


def test_returns_give_a_second_chance() -> None:
    exits = np.array([[0.5, 0, 0, 0.5], [0.4, 0.5, 0, 0.1]])
    # b = .4 + .5 a, a = .5 b
    assert completion(exits, routes(2), np.array([1.0, 0.0])) == pytest.approx(0.5 * 0.4 / 0.75)


def test_what_leads_to_no_stage_has_left() -> None:
    found = routes(2)
    found[0, 0] *= 0.5
    exits = np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]])
    assert completion(exits, found, np.array([1.0, 0.0])) == pytest.approx(0.5)


def test_starts_are_weighed() -> None:
    exits = np.array([[0.5, 0, 0, 0.5], [0.4, 0, 0, 0.6]])
    assert completion(exits, routes(2), np.array([1.0, 3.0])) == pytest.approx((0.2 + 3 * 0.4) / 4)


def test_segments_sum_to_the_whole() -> None:
    exits = np.array([[[0.5, 0, 0, 0.5]], [[0.2, 0, 0, 0.8]]])
    parts = completion(exits, routes(1), np.array([[1.0], [3.0]]))
    assert parts == pytest.approx([0.5 / 4, 3 * 0.2 / 4])


def test_draws_are_kept_apart() -> None:
    exits = np.array([[[0.5, 0, 0, 0.5]], [[0.25, 0, 0, 0.75]]])
    assert completion(exits, routes(1), np.array([1.0])) == pytest.approx([0.5, 0.25])
