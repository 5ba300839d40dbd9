"""Recorded streams replayed on each build: a changed decision is accepted by a person, never by accident."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.histories.history import FOLDER, decisions, names, read, replayed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", names())
def test_decisions_are_those_accepted(name: str) -> None:
    """If you meant to change them: python -m tests.golden.histories.accept, and read the diff."""
    accepted = (FOLDER / f"{name}.decisions").read_text("utf-8")
    assert accepted == decisions(name), f"decisions of {name} changed: python -m tests.golden.histories.accept"


@pytest.mark.parametrize("name", names())
def test_history_runs_clean(name: str) -> None:
    """No dead letters, one record an event, facts in order of time."""
    driver, facts = replayed(name), read(name)
    assert [] == driver.dead_letters()
    assert sorted(f.at for f in facts) == [f.at for f in facts]
    decided = {r.event_id for r in driver.decisions()}
    assert {f.event_id for f in facts} <= decided


def outputs(seed: str) -> str:
    """All topics after all histories, in a process with this PYTHONHASHSEED."""
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.golden.histories.outputs"], env=env, cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return run.stdout


def test_two_hash_seeds_write_the_same_bytes_to_every_topic() -> None:
    """Nothing of a decision hangs on the order of a set or on hash()."""
    one, other = outputs("1"), outputs("4242")
    assert one == other
    topics = {line.split()[1] for line in one.splitlines()}
    assert {
        "party-events",
        "decisions",
        "journey-flows",
        "identity-links",
        "actions.email",
        "learning-examples",
    } <= topics
