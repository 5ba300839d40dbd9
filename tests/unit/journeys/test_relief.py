"""How exits change when a cause is relieved."""

import dataclasses

import numpy as np
import pytest

from benchmarks.journey_world import OBSTACLES, Plant, simulate
from benchmarks.narrowing import tally
from garbo.core.journeys.cells import ANSWER_BITS, EXITS, INDEX, UNANSWERED, Cell
from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.journeys.from_cells import to_tally
from garbo.journeys.merged import Place
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.posterior import mean_posterior
from garbo.journeys.relief import Assumptions, Reliefs, tilt
from garbo.journeys.tally import LEFT, ONWARD, OUT


def test_a_tilt_multiplies_the_odds_and_keeps_the_rest_in_proportion() -> None:
    tilted = tilt(np.array([[0.5, 0.1, 0.1, 0.3]]), 1.5)[0]
    assert tilted[ONWARD] / (1 - tilted[ONWARD]) == pytest.approx(1.5)
    assert tilted.sum() == pytest.approx(1)
    assert tilted[OUT] / tilted[1] == pytest.approx(3)


@pytest.fixture(scope="module")
def narrow() -> Reliefs:
    t = tally(simulate(11, Plant("cap", "card", 1, 0.6))[0])
    return Reliefs(t, mean_posterior(t), Assumptions())


def test_the_exits_of_today_are_those_that_were_counted(narrow: Reliefs) -> None:
    t = tally(simulate(11, Plant("cap", "card", 1, 0.6))[0])
    counted = t.exits.sum((1, 3)).swapaxes(0, 1)
    counted[..., OUT] += t.waits[..., LEFT].sum((1, 3)).T
    counted /= counted.sum(-1, keepdims=True)
    assert narrow.exits.sum(-1) == pytest.approx(1)
    assert np.abs(narrow.exits[0] - counted).max() < 0.03


@pytest.mark.parametrize("cause", OBSTACLES[1:])
def test_a_relief_moves_exits_and_makes_none(narrow: Reliefs, cause: str) -> None:
    relief = narrow.without(cause)
    assert relief.change.sum(-1) == pytest.approx(0, abs=1e-9)
    assert (relief.share[relief.judged] >= 0).all()


def test_the_slow_relief_moves_exits_and_makes_none(narrow: Reliefs) -> None:
    assert narrow.answered_as_usual().change.sum(-1) == pytest.approx(0, abs=1e-9)


def test_who_went_on_alone_gains_nothing_from_a_quicker_answer() -> None:
    """As many visits more move as before: those that did not wait for the answer are not among them."""
    t = tally(simulate(11, Plant("slow", "card", 3, 15.0))[0])
    waiting = t.waits[3].sum((0, 2, 3))
    alone = np.zeros_like(t.unaided)
    alone[3, :, ONWARD] = waiting
    with_them = dataclasses.replace(t, alone=alone)
    before, after = (Reliefs(x, mean_posterior(x), Assumptions()).answered_as_usual() for x in (t, with_them))
    visits = t.visits[3].sum(0) + t.waits[3, ..., LEFT].sum((0, 2))
    moved = before.change[0, :, 3, ONWARD] * visits
    assert moved.sum() > 0
    assert after.change[0, :, 3, ONWARD] * (visits + waiting) == pytest.approx(moved)
    assert Reliefs(with_them, mean_posterior(with_them), Assumptions()).exits.sum(-1) == pytest.approx(1)


def test_a_cap_is_relieved_where_it_is_above_the_usual(narrow: Reliefs) -> None:
    relief = narrow.without("cap")
    assert relief.change[0, :, :, ONWARD].sum(0).argmax() == 1
    assert relief.share[1] > 0.3, "consent and rules hold some of them first"
    assert relief.usual[1] < 0.1
    assert not relief.judged[2], "no cap was seen at a service stage"


HERE = StagePlan("here", due="service", within=HOUR, patience=DAY, turn="company")
NEXT = dataclasses.replace(HERE, stage="next")


def waiting(time: int, exit_: str) -> int:
    """The place of a visit in `Cell.answer`."""
    return bucket(time) << ANSWER_BITS | EXITS.index(exit_)


def unanswered(stage: StagePlan) -> Reliefs:
    """At `here` nobody is answered, and 200 of 283 go on all the same; at `next` all are answered within minutes."""
    plan = JourneyPlan("j", [stage, NEXT, StagePlan("goal")], ["here", "next", "goal"], "goal")
    here = Cell(0, {INDEX["enter"]: 283, INDEX["onward"]: 200, INDEX["drop"]: 83}, {},
                {waiting(2 * HOUR, "onward") | UNANSWERED: 200, waiting(DAY, "drop") | UNANSWERED: 83},
                {"next": 200})  # fmt: skip
    answers = {waiting(5 * MINUTE, "onward"): 200}
    after = Cell(0, {INDEX["enter"]: 200, INDEX["onward"]: 200}, {}, answers, {"goal": 200})
    t = to_tally([plan], {Place("j", "here", "web", "all"): here, Place("j", "next", "web", "all"): after})
    return Reliefs(t, mean_posterior(t), Assumptions())


def test_who_went_on_without_an_answer_is_not_saved_by_one() -> None:
    relieved = unanswered(HERE)
    change = relieved.answered_as_usual().change[0, 0, 0]
    assert 0.1 < change[ONWARD] <= 83 / 283, "at most those who left"
    assert (relieved.exits[0, 0, 0] + change >= -1e-9).all()


@pytest.mark.parametrize("other", [{"turn": "customer"}, {"within": 0}, {"due": ""}])
def test_nothing_is_slow_where_no_answer_is_promised(other: dict[str, object]) -> None:
    """On their own turn customers go on by themselves."""
    stage = dataclasses.replace(HERE, **other)  # type: ignore[arg-type]
    assert not stage.promises
    relief = unanswered(stage).answered_as_usual()
    assert list(relief.judged) == [False, True]
    assert relief.change[0, 0, 0] == pytest.approx(0)
