"""The same plays on Garbo's own stages: `garbo run` without a guard is found out by the checker, from topics alone.

With the guard the checker has nothing to say. (The decision's own bugs need no fault: tests/unit/chaos/test_bugs.py.)
"""

from pathlib import Path

import pytest

from garbo.checker.report import Report
from garbo.errors import BrokerError
from tests.integration.decide_scene import DecideScene
from tests.integration.faults import PLAYS

# Any of these finds it; which one depends on what lay in the transaction when the worker stopped.
SEEN_BY = {
    "metadata_at_commit": {"I1"},
    "offsets_unstable": {"I1"},
    "restore_to_last_stable": {"I2", "I7"},
    "store_before_commit": {"I1", "I7"},
}


def played(kafka: str, prefix: str, folder: Path, bug: str, *, guarded: bool) -> Report:
    play = PLAYS[bug]
    with DecideScene(kafka, prefix, folder, None if guarded else bug, **play.settings) as scene:
        try:
            play.happens(scene)
        except BrokerError:  # not done after a minute
            if guarded:
                raise
        return scene.judge()


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(120)
@pytest.mark.parametrize("bug", PLAYS)
def test_guarded_the_checker_has_nothing_to_say(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    report = played(kafka, prefix, tmp_path, bug, guarded=True)
    assert (report.violations, report.of("I7").checked > 5_000) == (0, True), "\n".join(report.lines())


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(120)
@pytest.mark.parametrize("bug", PLAYS)
def test_without_the_guard_the_checker_finds_out(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    report = played(kafka, prefix, tmp_path, bug, guarded=False)
    assert {j.name for j in report.judged if j.violations} & SEEN_BY[bug], "\n".join(report.lines())
