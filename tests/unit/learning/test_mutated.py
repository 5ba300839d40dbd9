"""`python -m tests.unit.learning.mutated 10000` is the long run; docs/learning.md has its figures."""

from pathlib import Path

import pytest

from tests.unit.learning.mutated import ESTIMATORS, loads, outcomes


@pytest.mark.parametrize("name", ESTIMATORS)
def test_mutated_snapshots_with_a_valid_mac_change_nothing(name: str) -> None:
    found = outcomes(name, 60, seed=7)
    assert {"refused", "taken, the same answers"} >= set(found)
    assert found["refused"] > 20


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_mutated_state_runs_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the mutants' `touch mutated` would leave a file
    found = loads(name, 60, seed=7)
    assert {"refused", "loaded", "nothing"} >= set(found)
    assert found["refused"] > 20
    assert [] == list(tmp_path.iterdir())
