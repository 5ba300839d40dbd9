"""journey_kpis under kills on a real Kafka: each cell is the sum of its facts (I25), and a missing guard is found."""

from pathlib import Path

import pytest

from garbo.audit.verify.report import Report
from garbo.core.vocabulary.effects import FlowKind
from garbo.processors.topics import JOURNEY_FLOWS
from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from tests.integration.decide_scene import DecideScene
from tests.unit.core.journeys.facts import AT, fact

POINTS = ("chunk.after_work", "commit.before_offsets", "commit.before_commit", "commit.before_store")
TWICE = "in the facts"


class OneHour(DecideScene):
    """Its traffic is facts of one hour and stage: every chunk of a partition changes the same cell."""

    def produce(self, *, more: bool = False) -> None:
        self._send(1_000)

    def _send(self, count: int) -> None:
        value = self._codec.encode(fact(FlowKind.STAY))
        for number in range(count):
            self._pipeline.send_raw(JOURNEY_FLOWS, b"party-%d" % number, value)
        self._pipeline.flush()
        self._at = AT


def killed_at(kafka: str, prefix: str, folder: Path, point: str) -> Report:
    """It dies at the third pass of the point, twice, and comes back in its slot."""
    with DecideScene(kafka, prefix, folder, processor="journey_kpis") as scene:
        scene.produce()
        for _ in range(2):
            scene.start("a", **{CRASH_AT: f"{point}:3"})
            scene.wait_died("a")
        scene.start("a")
        scene.wait_done(120)
        return scene.judge()


def partitions_away_and_back(kafka: str, prefix: str, folder: Path, bug: str | None) -> Report:
    """A second worker gets half of the partitions, counts there, and dies: the first one has them again."""
    with OneHour(kafka, prefix, folder, bug, processor="journey_kpis") as scene:
        scene.produce()
        scene.start("a")
        scene.wait_done(120)
        scene.start("b")
        scene.wait_members(2)
        scene.produce(more=True)
        scene.wait_done(120)
        scene.kill("b")
        scene.produce(more=True)
        scene.wait_done(120)
        return scene.judge()


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_counts_no_fact_twice_and_loses_none(kafka: str, prefix: str, tmp_path: Path, point: str) -> None:
    result = killed_at(kafka, prefix, tmp_path, point).of("I25")
    assert ([], True) == (result.violations[:3], result.checked > 1_000)


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", ["", "cells_kept_over_rollback"])
def test_partitions_that_come_back_are_read_again(kafka: str, prefix: str, tmp_path: Path, bug: str) -> None:
    result = partitions_away_and_back(kafka, prefix, tmp_path, bug or None).of("I25")
    assert bool(bug) == any(TWICE in violation for violation in result.violations), result.violations[:3]
    assert result.checked > 1_000
