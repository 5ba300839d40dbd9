"""Recorded streams replayed on each build: a changed decision is accepted by a person, never by accident."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from garbo.core.party.state import Party
from garbo.core.vocabulary.reasons import Disposition
from garbo.testing.driver import Driver
from tests.golden.histories.history import DAY, FOLDER, decisions, names, read, replayed
from tests.golden.histories.playing import play

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


def meant(driver: Driver) -> list[tuple[object, ...]]:
    """What was decided, without the coordinates of the logs that carried it."""
    decided = [r for r in driver.decisions() if r.disposition is Disposition.DECIDED]
    rows: list[tuple[object, ...]] = [
        (r.party, r.event_id, r.at, r.chosen, r.action_id, r.placed_at, r.riders, r.blocked, r.scored, r.needs_closed)
        for r in decided
    ]
    return sorted([*rows, *((c.party, c.action_id, c.at, c.message) for c in driver.commands())], key=repr)


@pytest.mark.parametrize("partitions", [1, 7])
def test_a_town_on_any_number_of_partitions(partitions: int) -> None:
    """Thirty persons who merge, withdraw and complain: the same decisions as on four partitions."""
    facts = read("town")
    until = facts[-1].at + 10 * DAY
    assert meant(play(facts, until)) == meant(play(facts, until, partitions=partitions))


def without_offsets(party: Party) -> Party:
    consents = {name: replace(held, sequence=0) for name, held in party.consents.items()}
    return replace(party, applied={}, consents=consents)


def test_a_town_heard_twice() -> None:
    """Each fact delivered twice: the same commands, and the same rows but for the offsets of the copies."""
    facts = read("town")
    until = facts[-1].at + 10 * DAY
    once, twice = play(facts, until), play(facts, until, times=2)
    assert once.commands() == twice.commands()
    assert list(map(without_offsets, once.parties())) == list(map(without_offsets, twice.parties()))


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
        "objections",
        "identity-links",
        "actions.email",
        "learning-examples",
    } <= topics
