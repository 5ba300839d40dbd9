"""The transport without one of its guards, in the fault that guard is for: the counts go wrong. With it: exact.

Each play is played twice, word for word the same, on a processor that deduplicates nothing; only the guard is missing
the second time (tests/chaos/bugs.py).
"""

from pathlib import Path

import pytest

from tests.integration.faults import PLAYS
from tests.integration.scene import EXACT, Scene, Verdict

WRONG = {
    "metadata_at_commit": lambda v: v.again > 0,
    "offsets_unstable": lambda v: v.again > 0 and v.over > 0,
    "restore_to_last_stable": lambda v: v.short > 0,
    "store_before_commit": lambda v: v.over > 0,
}


def played(kafka: str, prefix: str, folder: Path, bug: str, *, guarded: bool) -> Verdict:
    play = PLAYS[bug]
    with Scene(kafka, prefix, folder, None if guarded else bug, **play.settings) as scene:
        play.happens(scene)
        return scene.judge()


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", PLAYS)
def test_guarded_every_event_counts_once(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    assert played(kafka, prefix, tmp_path, bug, guarded=True) == EXACT


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", PLAYS)
def test_without_the_guard_the_counts_are_wrong(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    verdict = played(kafka, prefix, tmp_path, bug, guarded=False)
    assert WRONG[bug](verdict), verdict
