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


def test_a_stage_where_all_channels_lie_lower_has_a_usual_of_its_own() -> None:
    """Who lacks a consent is held back early, so fewer of those who come later lack it."""
    shares = np.full((1, 5, 4, 1), 0.3)
    shares[0, 4] = 0.15
    shares[0, 4, 2] = 0.8  # the narrowing, on one channel
    usual = usual_shares(shares, np.full((5, 4, 1), 1000.0), np.zeros(5, np.int64))
    assert usual[0, 4, :, 0] == pytest.approx([0.15] * 4)
    assert usual[0, 0, :, 0] == pytest.approx([0.3] * 4)


def test_a_stage_that_is_high_on_all_channels_moves_nothing() -> None:
    shares = np.full((1, 5, 4, 1), 0.1)
    shares[0, 2] = 0.7
    usual = usual_shares(shares, np.full((5, 4, 1), 1000.0), np.zeros(5, np.int64))
    assert usual[0, 2, 0, 0] == pytest.approx(0.1)


def test_two_channels_do_not_say_what_is_usual_at_a_stage() -> None:
    shares = np.full((1, 5, 2, 1), 0.3)
    shares[0, 4] = 0.1
    usual = usual_shares(shares, np.full((5, 2, 1), 1000.0), np.zeros(5, np.int64))
    assert usual[0, 4, 0, 0] == pytest.approx(0.3)


def test_few_visits_say_nothing() -> None:
    shares, visits = np.full((1, 3, 1, 1), 0.1), np.full((3, 1, 1), 1000.0)
    shares[0, 1:], visits[1:] = 0.9, 10
    assert usual_shares(shares, visits, np.zeros(3, np.int64))[0, 0, 0, 0] == pytest.approx(0.1)
