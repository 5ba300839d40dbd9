"""Attraction, avoidance and their intervals."""

import numpy as np
import pytest

from garbo.core.journeys.cells import INDEX, Cell, CellKey
from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.attraction import attraction, liked_stops
from garbo.journeys.jackknife import jackknife, ratio, share, student
from garbo.journeys.merged import PartitionCell
from garbo.journeys.plan import JourneyPlan, StagePlan

PLAN = JourneyPlan(
    "card",
    [StagePlan("look", turn="customer"), StagePlan("ask", turn="customer"), StagePlan("get")],
    ["look", "ask", "get"],
    "get",
)


def cell(**counts: int) -> Cell:
    return Cell(counts={INDEX[name.rstrip("_")]: n for name, n in counts.items()})


def stored(stage: str, cell: Cell, partition: int) -> PartitionCell:
    return PartitionCell(partition, CellKey(1, "card", stage, "web", "all"), cell)


def table(partitions: int = 8, seed: int = 3) -> list[PartitionCell]:
    """In each partition: of about 100 visits to `look`, 30 pass over `ask`; a cap had held half of them back."""
    rng, found = np.random.default_rng(seed), []
    for p in range(partitions):
        skipped = int(rng.binomial(100, 0.3))
        look = cell(enter=120, return_=20, onward=80, drop=40, stay=60)
        look.held = {"consent|drop": 40, "consent|onward": 2}
        ask = cell(enter=100 - skipped, skip=skipped)
        ask.held = {
            "cap:weekly|skip": int(rng.binomial(skipped, 0.5)),
            "cap:weekly|enter": int(rng.binomial(100 - skipped, 0.1)),
            "rule:age|skip": skipped // 10, "rule:age|enter": (100 - skipped) // 10, "consent|drop": 30,
        }  # fmt: skip
        look.dwell = {bucket(2 * HOUR) * 4: 80, bucket(4 * HOUR) * 4 + 3: 40}
        found += [stored("look", look, p), stored("ask", ask, p)]
    return found


def test_who_passes_over_a_stage_avoids_it() -> None:
    look, ask = attraction(PLAN, table())
    assert ask.led == 800
    assert ask.avoided.value == pytest.approx(0.3, abs=0.05)
    assert ask.avoided.low < ask.avoided.value < ask.avoided.high  # type: ignore[operator]
    assert look.pull.value == pytest.approx(1.2)
    assert look.returned.value == pytest.approx(0.2)
    assert look.avoided == (0.0, 0.0, 0.0)


def test_why_are_the_obstacles_of_those_who_passed_over() -> None:
    ask = attraction(PLAN, table())[1]
    assert [w.obstacle for w in ask.whys] == ["cap:weekly"]
    assert ask.whys[0].avoiders == pytest.approx(0.5, abs=0.1)
    assert ask.whys[0].enterers == pytest.approx(0.1, abs=0.05)


def test_few_partitions_give_no_interval() -> None:
    ask = attraction(PLAN, table(3))[1]
    assert ask.avoided.low is None
    assert ask.whys == ()


def test_where_customers_like_to_stop() -> None:
    look, ask = liked_stops(PLAN, table())
    assert (look.stage, ask.stage) == ("look", "ask")
    assert look.touches.value == pytest.approx(0.5)
    assert look.dwell == pytest.approx(2 * HOUR, rel=0.016)
    assert ask.dwell is None


def test_the_interval_covers_as_often_as_it_says() -> None:
    """A party's visits hang together: 400 samples of 16 partitions, each of 60 parties with their own rate."""
    rng, hits = np.random.default_rng(8), 0
    for _ in range(400):
        rates = rng.beta(2, 6, (16, 60))
        visits = rng.integers(1, 12, (16, 60))
        found = share(np.stack([rng.binomial(visits, rates).sum(1), visits.sum(1)], 1).astype(float))
        hits += found.low <= 0.25 <= found.high  # type: ignore[operator]
    assert 0.92 <= hits / 400 <= 0.98


def test_student() -> None:
    assert student(3) == pytest.approx(3.182, rel=0.01)
    assert student(7) == pytest.approx(2.365, rel=0.002)
    assert student(1000) == pytest.approx(1.962, rel=0.001)


def test_the_jackknife_of_a_mean_is_its_usual_error() -> None:
    x = np.array([1.0, 4.0, 2.0, 7.0, 3.0])
    found = jackknife(np.stack([x, np.ones(5)], 1), ratio)
    assert found.value == pytest.approx(3.4)
    assert found.high - found.value == pytest.approx(student(4) * x.std(ddof=1) / np.sqrt(5))  # type: ignore[operator]
