"""The fault that each of the transport's guards is for, as a play: bug -> what happens, and the clocks it needs.

A play is written for any scene (`scene.Scene`: counting workers, `decide_scene.DecideScene`: Garbo's own).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from tests.chaos.worker import LOG_POINT, STOP_AT, STOP_PARTITIONS, THEN_DIE_AT
from tests.integration.counting import PARTITIONS

# Outlives session and linger, so that a zombie wakes, and commits, with its transaction still open.
TRANSACTION_MS: Final = 60_000
UNDECIDED_MS: Final = 90_000  # longer than the whole play
OFFSETS_READ, RESTORED = "assign.before_restore", "assign.before_open"  # the crash points behind each
# A zombie that lives on asks for partitions of its own: that rebalance voids whatever the successor had read, right or
# wrong, before it has begun. So it dies as soon as it has committed.
DIES: Final = {THEN_DIE_AT: "commit.before_store"}
# Back in its group, it gets some of the partitions, and their records are no successor's to do again: so the checkpoint
# it stops in is one of all partitions.
ALL: Final = {STOP_PARTITIONS: str(PARTITIONS)}


class Scene(Protocol):
    """What a scene offers to a play."""

    def produce(self, *, more: bool = False) -> None: ...
    def start(self, slot: str, disk: str = "", **environment: str) -> None: ...
    def wake(self, slot: str) -> None: ...
    def kill(self, slot: str) -> None: ...
    def decide(self, slot: str) -> None: ...
    def wait_stopped(self, slot: str) -> None: ...
    def wait_undecided(self) -> None: ...
    def end(self, slot: str) -> None: ...
    def wait_died(self, slot: str) -> None: ...
    def wait_taken_over(self) -> None: ...
    def wait_passed_unless_held(self, slot: str, point: str) -> None: ...
    def wait_done(self) -> None: ...
    def wait_committed_unless_held(self) -> None: ...


class Play(NamedTuple):
    happens: Callable[[Scene], None]
    settings: Mapping[str, Any]


def zombie_back_in_its_group(scene: Scene) -> None:
    """It stops before its offsets are sent, and sends them when it is a member again, of another generation."""
    scene.produce()
    scene.start("a", **{STOP_AT: "commit.before_offsets:3:10"}, **ALL, **DIES)
    _succeeded(scene)


def zombie_that_commits(scene: Scene) -> None:
    """It stops with its offsets sent, and commits while the successor is at the door."""
    scene.produce()
    scene.start("a", **{STOP_AT: "commit.before_commit:3"}, **ALL, **DIES)
    _succeeded(scene)


def _succeeded(scene: Scene) -> None:
    scene.wait_stopped("a")
    scene.start("b", **{LOG_POINT: OFFSETS_READ})
    scene.wait_taken_over()
    scene.wait_passed_unless_held("b", OFFSETS_READ)
    scene.wake("a")
    scene.end("a")
    scene.decide("a")
    scene.wait_done()


def rows_above_an_undecided_transaction(scene: Scene) -> None:
    """One stands with rows undecided; its successor dies and comes back, on a machine that knows nothing.

    With the guard neither of the two goes on while a transaction is undecided.
    """
    scene.produce()
    scene.start("a", **{STOP_AT: "commit.before_offsets:3"}, **ALL)
    scene.wait_stopped("a")
    scene.wait_undecided()
    scene.start("b")
    scene.wait_taken_over()
    scene.wait_committed_unless_held()
    scene.kill("b")
    scene.produce(more=True)
    scene.start("b", disk="new", **{LOG_POINT: RESTORED})
    scene.wait_passed_unless_held("b", RESTORED)
    scene.kill("a")
    scene.decide("a")
    scene.wait_done()


def rows_rolled_back(scene: Scene) -> None:
    """It dies with its rows on the broker, not committed, and comes back to its own disk."""
    scene.produce()
    scene.start("a", **{CRASH_AT: "commit.before_commit:3"})
    scene.wait_died("a")
    scene.start("a")
    scene.wait_done()


PLAYS: Final[Mapping[str, Play]] = {
    "metadata_at_commit": Play(zombie_back_in_its_group, {"transaction_timeout_ms": TRANSACTION_MS}),
    "offsets_unstable": Play(zombie_that_commits, {"transaction_timeout_ms": TRANSACTION_MS}),
    "restore_to_last_stable": Play(
        rows_above_an_undecided_transaction, {"transaction_timeout_ms": UNDECIDED_MS, "static_membership": True}
    ),
    "store_before_commit": Play(rows_rolled_back, {"static_membership": True}),
}
