"""`python -m tests.unit.learning.mutated 10000` is the long run; docs/learning.md has its figures."""

import pytest

from tests.unit.learning.mutated import ESTIMATORS, outcomes


@pytest.mark.parametrize("name", ESTIMATORS)
def test_mutated_snapshots_with_a_valid_mac_change_nothing(name: str) -> None:
    found = outcomes(name, 60, seed=7)
    assert {"refused", "taken, the same answers"} >= set(found)
    assert found["refused"] > 20
