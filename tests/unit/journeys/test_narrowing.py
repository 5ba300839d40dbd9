"""The narrowing, on the worlds of the benchmark. The seeds here are for development; the benchmark has others."""

import dataclasses

import pytest

from benchmarks.journey_world import OBSTACLES, Plant, simulate
from benchmarks.narrowing import tally
from garbo.core.journeys.cells import Cell, fold, positions
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.journeys.from_cells import to_tally
from garbo.journeys.merged import Place, ripe
from garbo.journeys.narrowing import Bar, find
from garbo.journeys.plan import JourneyPlan, StagePlan
from tests.unit.journeys.world import END, cells, plans

BAR = Bar(draws=80, seed=1)
PLANTS = {
    "rule": Plant("rule", "mortgage", 2, 0.6),
    "cap": Plant("cap", "card", 1, 0.6),
    "consent": Plant("consent", "pension", 2, 0.7),
    "capacity": Plant("capacity", "card", 2, 0.6, segment=1),
    "unreachable": Plant("unreachable", "mortgage", 3, 0.6),
    "slow": Plant("slow", "card", 4, 20.0),
    "negative": Plant("negative", "card", 3, 0.7),
}


@pytest.mark.parametrize("cause", PLANTS)
def test_a_planted_narrowing_is_named_first(cause: str) -> None:
    plant = PLANTS[cause]
    found = find(tally(simulate(11, plant)[0]), BAR)
    stage = plans()[["card", "pension", "mortgage"].index(plant.journey)].stages[plant.stage].stage
    first = found.claims[0]
    assert (first.journey, first.stage, first.cause) == (plant.journey, stage, cause)
    assert first.band_low <= first.low <= first.gain <= first.high <= first.band_high
    assert first.share > first.usual
    assert first.association == (cause == "negative")


@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_is_claimed_where_nothing_is_narrow(seed: int) -> None:
    found = find(tally(simulate(seed)[0]), BAR)
    assert found.claims == ()
    assert found.ranking


def test_the_same_tally_and_seed_give_the_same_findings() -> None:
    t = tally(simulate(11, PLANTS["rule"], 5_000)[0])
    assert find(t, BAR) == find(t, BAR)


def test_where_the_excess_is() -> None:
    one = find(tally(simulate(11, Plant("rule", "mortgage", 2, 0.8, channel=0))[0]), BAR).claims[0]
    other = find(tally(simulate(11, Plant("rule", "mortgage", 2, 0.8, segment=2))[0]), BAR).claims[0]
    assert (one.channel, one.segment) == ("web", "")
    assert (other.channel, other.segment) == ("", "senior")


def test_a_cause_at_one_stage_alone_is_compared_with_the_others_that_have_none() -> None:
    t = tally(simulate(11, Plant("capacity", "card", 2, 0.6))[0])
    exits, k = t.exits.copy(), OBSTACLES.index("capacity")
    others = [i for i, (journey, s) in enumerate(t.stages) if (journey, s.stage) != ("card", "enquiry")]
    exits[others, :, :, 0] += exits[others, :, :, k]
    exits[others, :, :, k] = 0
    first = find(dataclasses.replace(t, exits=exits), BAR).claims[0]
    assert (first.journey, first.stage, first.cause) == ("card", "enquiry", "capacity")
    assert first.usual < 0.01


def test_an_evenly_high_cause_has_no_reference_but_the_map_has() -> None:
    t = tally(simulate(11)[0])
    exits, k = t.exits.copy(), OBSTACLES.index("consent")
    moved = exits[..., 0, :] * 0.6
    exits[..., 0, :] -= moved
    exits[..., k, 0] += moved.sum(-1) * 0.2
    exits[..., k, 3] += moved.sum(-1) * 0.8
    high = dataclasses.replace(t, exits=exits)
    silent = [f for f in find(high, BAR).claims if f.cause == "consent"]
    told = [(j, dataclasses.replace(s, tolerate={"consent": 0.3})) for j, s in t.stages]
    said = [f for f in find(dataclasses.replace(high, stages=told), BAR).claims if f.cause == "consent"]
    assert not silent
    assert said
    assert said[0].usual == pytest.approx(0.3)


def test_few_visits_are_not_judged() -> None:
    t = tally(simulate(11, PLANTS["rule"], 300)[0])
    assert all(f.visits >= BAR.visits for f in find(t, BAR).ranking)


def test_cells_give_what_the_benchmark_counts() -> None:
    """Cells cut by the hour and begin with the first entry, so a few visits at the edges differ."""
    plant = PLANTS["rule"]
    v = simulate(11, plant, 8_000)[0]
    expected = tally(v)
    stored = cells(11, plant, 8_000)
    found = to_tally(plans(), ripe(stored, plans(), END + DAY))
    assert [(j, s.stage) for j, s in found.stages] == [(j, s.stage) for j, s in expected.stages]
    order = [found.channels.index(c) for c in expected.channels]
    kinds = [found.causes.index(c) for c in expected.causes]
    segments = [found.segments.index(s) for s in expected.segments]
    exits = found.exits[:, order][:, :, segments][:, :, :, kinds]
    assert exits[..., 1:, :].sum((1, 2)) == pytest.approx(expected.exits[..., 1:, :].sum((1, 2)), rel=0.03, abs=12)
    assert exits.sum() + found.left.sum() == pytest.approx(expected.exits.sum() + expected.left.sum(), rel=0.01)
    assert found.left == pytest.approx(expected.left, abs=2)
    assert expected.late.sum() > 100
    assert found.late == pytest.approx(expected.late, rel=0.05, abs=6)
    waits = found.waits[:, order][:, :, segments]
    assert waits.sum((1, 2)) == pytest.approx(expected.waits.sum((1, 2)), rel=0.2, abs=12)


def test_the_narrowing_is_found_from_cells() -> None:
    plant = PLANTS["slow"]
    found = find(to_tally(plans(), ripe(cells(11, plant, 12_000), plans(), END + DAY)), BAR)
    assert (found.claims[0].journey, found.claims[0].stage, found.claims[0].cause) == ("card", "decision", "slow")


def test_a_visit_that_went_on_before_an_answer_came_was_not_answered() -> None:
    """It moved by itself: it says neither how the answered go on, nor how long one waits."""
    plan = JourneyPlan("j", [StagePlan("ask", due="service", within=HOUR), StagePlan("got")], ["ask", "got"], "got")
    cell = Cell()
    for offset, answered in enumerate((MINUTE, -1, -1)):
        kind, target = (FlowKind.DROP, "") if offset == 2 else (FlowKind.MOVE, "got")
        fold(
            lambda key: cell if key.stage == "ask" else Cell(),
            Flow("p", DAY, "journey", "ask", target, "", HOUR, kind, "j", channel="web", segment="all",
                 answered_ms=answered),
            offset, positions({"j": plan.ideal}),
        )  # fmt: skip
    t = to_tally([plan], {Place("j", "ask", "web", "all"): cell})
    assert t.exits[0, 0, 0, 0].tolist() == [1, 0, 0, 0]
    assert t.unaided[0, 0].tolist() == [1, 0, 0, 0]
    assert (t.waits.sum(), t.left[0], t.finished[0]) == (2, 1, 3)
    assert t.routes[0, 0].tolist() == [0, 1]
