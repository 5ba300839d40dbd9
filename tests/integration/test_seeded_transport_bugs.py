"""The transport without one of its guards, in the fault that guard is for: the counts go wrong. With it: exact.

Each scene is played twice, word for word the same; only the guard is missing the second time (tests/chaos/bugs.py).
"""

import time
from pathlib import Path

import pytest

from garbo.topology.transport.crash_points import VARIABLE as CRASH_AT
from tests.chaos.worker import STOP_AT
from tests.integration.scene import EXACT, Scene

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]

# Outlives the session, so that a zombie wakes with its transaction still open.
TRANSACTION_MS = 20_000
# A zombie that lives on asks for partitions of its own: that rebalance voids whatever the successor had read, right or
# wrong, before it has begun. So it dies as soon as it has committed.
DIES = "commit.before_store:3"
SETTLED_S = 2.0  # for a successor that has its partitions to ask where they go on


def played(*guards: str | None) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bug", guards, ids=["guarded", "unguarded"])


@played(None, "metadata_at_commit")
def test_a_zombie_out_of_its_group_commits_nothing(kafka: str, prefix: str, tmp_path: Path, bug: str | None) -> None:
    with Scene(kafka, prefix, tmp_path, bug, transaction_timeout_ms=TRANSACTION_MS) as scene:
        scene.produce(600)
        scene.start("a", **{STOP_AT: "commit.before_offsets:3:6", CRASH_AT: DIES})
        scene.wait_stopped("a")
        scene.start("b")
        scene.wait_taken_over()
        time.sleep(SETTLED_S)
        scene.wake("a")
        scene.wait_done()
        verdict = scene.judge()
    if bug is None:
        assert verdict == EXACT
    else:
        assert (verdict.again > 0, verdict.over > 0) == (True, True), verdict


@played(None, "offsets_unstable")
def test_a_successor_waits_for_offsets_that_are_being_committed(
    kafka: str, prefix: str, tmp_path: Path, bug: str | None
) -> None:
    with Scene(kafka, prefix, tmp_path, bug, transaction_timeout_ms=TRANSACTION_MS) as scene:
        scene.produce(600)
        scene.start("a", **{STOP_AT: "commit.before_commit:3", CRASH_AT: DIES})
        scene.wait_stopped("a")
        scene.start("b")
        scene.wait_taken_over()
        time.sleep(SETTLED_S)
        scene.wake("a")
        scene.wait_done()
        verdict = scene.judge()
    if bug is None:
        assert verdict == EXACT
    else:
        assert (verdict.again > 0, verdict.over > 0) == (True, True), verdict


@played(None, "restore_to_last_stable")
def test_rows_above_an_undecided_transaction_are_restored(
    kafka: str, prefix: str, tmp_path: Path, bug: str | None
) -> None:
    with Scene(kafka, prefix, tmp_path, bug, transaction_timeout_ms=60_000, static_membership=True) as scene:
        scene.produce(600)
        scene.start("a", **{STOP_AT: "commit.before_offsets:3"})
        scene.wait_stopped("a")
        scene.start("b")
        scene.wait_taken_over()
        time.sleep(2 * SETTLED_S)  # b restores and works, or waits for a's transaction, as the guard has it
        scene.kill("b")
        scene.produce(300)
        scene.start("b", disk="new")  # the same member, on a machine that knows nothing
        time.sleep(2 * SETTLED_S)
        scene.kill("a")
        scene.decide("a")
        scene.wait_done()
        verdict = scene.judge()
    if bug is None:
        assert verdict == EXACT
    else:
        assert (verdict.lost, verdict.short > 0) == (0, True), verdict


@played(None, "store_before_commit")
def test_rows_rolled_back_are_not_in_the_store(kafka: str, prefix: str, tmp_path: Path, bug: str | None) -> None:
    with Scene(kafka, prefix, tmp_path, bug, static_membership=True) as scene:
        scene.produce(600)
        scene.start("a", **{CRASH_AT: "commit.before_commit:3"})
        scene.wait_died("a")
        scene.start("a")
        scene.wait_done()
        verdict = scene.judge()
    if bug is None:
        assert verdict == EXACT
    else:
        assert (verdict.lost, verdict.again, verdict.over > 0) == (0, 0, True), verdict
