"""The reference."""

import numpy as np
import pytest

from garbo.journeys.usual import usual_shares


def test_one_outlier_moves_nothing() -> None:
    shares = np.full((1, 5, 2, 1), 0.1)
    shares[0, 2] = 0.9
    usual = usual_shares(shares, np.full((5, 2, 1), 1000.0), np.zeros(5, np.int64))
    assert usual[0, 2, 0, 0] == pytest.approx(0.1)


def test_a_segment_keeps_its_own_ways() -> None:
    shares = np.stack([np.full((1, 5, 2), 0.1), np.full((1, 5, 2), 0.4)], -1)
    usual = usual_shares(shares, np.full((5, 2, 2), 1000.0), np.zeros(5, np.int64))
    assert usual[0, 0, 0] == pytest.approx([0.1, 0.4])


def test_groups_compare_among_themselves() -> None:
    shares = np.full((1, 4, 1, 1), 0.1)
    shares[0, 2:] = 0.5
    usual = usual_shares(shares, np.full((4, 1, 1), 1000.0), np.array([0, 0, 1, -1]))
    assert usual[0, :, 0, 0] == pytest.approx([0.1, 0.1, 0.5, 0.0])


def test_few_visits_say_nothing() -> None:
    shares, visits = np.full((1, 3, 1, 1), 0.1), np.full((3, 1, 1), 1000.0)
    shares[0, 1:], visits[1:] = 0.9, 10
    assert usual_shares(shares, visits, np.zeros(3, np.int64))[0, 0, 0, 0] == pytest.approx(0.1)
