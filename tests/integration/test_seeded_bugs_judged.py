"""The same plays on Garbo's own processors: the checker finds a missing guard of `garbo run` from the topics alone.

With the guard the checker finds no violation. (The decision's own bugs need no fault: tests/unit/chaos/test_bugs.py.)
"""

from pathlib import Path

import pytest

from garbo.audit.verify.report import Report
from garbo.errors import BrokerError
from tests.integration.decide_scene import DecideScene
from tests.integration.faults import PLAYS

TWICE = "has no event, or its event has another decision"
NEVER_APPLIED = "it was never applied"
# Any of these finds it, with this text. Which one depends on the transaction's content when the worker stopped. The
# text matters: an unfinished run reports waiting messages as "lost" even without a bug.
SEEN_BY = {
    "metadata_at_commit": {"I1": TWICE},
    "offsets_unstable": {"I1": TWICE},
    "restore_to_last_stable": {"I2": "", "I7": ""},
    "store_before_commit": {"I1": NEVER_APPLIED, "I7": ""},
}


def played(kafka: str, prefix: str, folder: Path, bug: str, *, guarded: bool) -> Report:
    play = PLAYS[bug]
    with DecideScene(kafka, prefix, folder, None if guarded else bug, **play.settings) as scene:
        try:
            play.happens(scene)
        except BrokerError:  # not done after a minute: the bug must show in what is there
            if guarded:
                raise
        return scene.judge()


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", PLAYS)
def test_with_the_guard_the_checker_finds_no_violation(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    report = played(kafka, prefix, tmp_path, bug, guarded=True)
    assert (report.violations, report.of("I7").checked > 5_000) == (0, True), "\n".join(report.lines())


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", PLAYS)
def test_without_the_guard_the_checker_finds_the_bug(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    report = played(kafka, prefix, tmp_path, bug, guarded=False)
    said = [v for name, words in SEEN_BY[bug].items() for v in report.of(name).violations if words in v]
    assert said, "\n".join(report.lines())
