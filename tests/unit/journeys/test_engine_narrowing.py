"""The narrowing of visits that the engine itself has made. The seeds are for development: the table has others."""

import pytest

from benchmarks.engine_company import JOURNEYS, KINDS, Company, Plant, policy_texts
from benchmarks.engine_narrowing import tally_of
from benchmarks.engine_world import World
from garbo.journeys.finding import Narrowing
from garbo.journeys.narrowing import Bar, find
from garbo.policy.loader import inspect

CARD = [stage.name for stage in JOURNEYS["card"][1]]


def found(plant: Plant | None) -> Narrowing:
    world = World(11, plant, 1_200)
    return find(tally_of(world, world.play()), Bar(draws=100, visits=100))


def test_a_clause_that_many_fail_is_named_by_what_the_gates_said() -> None:
    first = found(Plant("rule", "card", "proposal", 0.8)).claims[0]
    assert (first.journey, first.stage, first.cause, first.detail) == ("card", "proposal", "rule", "proof >= 800")
    assert first.share > 0.5 > first.usual


def test_nothing_is_claimed_where_nothing_is_planted() -> None:
    narrowing = found(None)
    assert narrowing.claims == ()
    assert {f.cause for f in narrowing.ranking} >= {"rule", "consent", "cap", "unreachable", "slow", "negative"}


@pytest.mark.parametrize("cause", KINDS)
@pytest.mark.parametrize("where", [{}, {"channel": "app"}, {"segment": "senior"}])
def test_a_planted_policy_has_no_error(cause: str, where: dict[str, str]) -> None:
    plant = Plant(cause, "card", "proposal", 0.5, slots=2.0, **where)
    policy, report = inspect(policy_texts(Company(11), plant, 1_000))
    assert report.errors == []
    assert policy is not None
    assert list(policy.journeys["card"].ideal)[:-1] == CARD
