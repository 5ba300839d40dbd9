"""Tastes: wants that follow from attributes, change on a day, and survive a yes; and their truth."""

from math import log
from random import Random

import pytest
from msgspec.structs import replace

from garbo.core.vocabulary.instants import DAY
from garbo.simulation.population import Archetype, Habit, people
from garbo.simulation.reactions import react, shown_yes
from garbo.simulation.tastes import Taste, Tastes
from garbo.simulation.town import Town
from tests.unit.simulation.test_reactions import AT, customer, statuses
from tests.unit.simulation.test_town import command

TRIES = 4000
EVEN = Taste(0.0)
KEEN = Taste(log(3.0), below_35=0.5, from_55=-0.5, words={"job": {"admin.": 1.0}})


def test_log_odds_add_up_what_the_person_is() -> None:
    assert KEEN.log_odds({"age": 45, "job": "services"}) == pytest.approx(log(3.0))
    assert KEEN.log_odds({"age": 34, "job": "admin."}) == pytest.approx(log(3.0) + 1.5)
    assert KEEN.log_odds({"age": 55}) == pytest.approx(log(3.0) - 0.5)


def test_a_want_changes_at_the_drift_and_what_is_the_persons_own_stays() -> None:
    person = customer()
    person.person.attributes |= {"age": 45, "job": "services"}
    person.tastes = Tastes({"pension": KEEN}, {"pension": EVEN}, AT + DAY)
    assert person.want("pension", AT) == person.want("pension", AT + DAY - 1) == pytest.approx(0.75)
    assert person.want("pension", AT + DAY) == pytest.approx(0.5)
    person.tastes = person.tastes._replace(own=1.0)
    before, after = person.want("pension", AT), person.want("pension", AT + DAY)
    assert before != pytest.approx(0.75)
    odds = (before / (1 - before)) / (after / (1 - after))
    assert odds == pytest.approx(3.0)  # the same deviation on both sides


def test_a_yes_does_not_end_a_want_of_tastes_and_buys_nothing() -> None:
    person = customer()
    person.owned = {"pension"}
    person.tastes = Tastes({"pension": Taste(20.0)}, {"pension": Taste(20.0)}, 0)
    offer = replace(command(person, AT, channel="app", theme="pension"), inbound=True)
    answers = [react(person, offer, AT, Random(f"{number}")) for number in range(50)]
    assert any("accepted" in statuses(steps) for steps in answers)
    assert not any(step.kind == "touchpoint" for steps in answers for step in steps)
    assert person.want("pension", AT) > 0.99
    assert person.want("mortgage", AT) < 0.7  # a theme without a taste is as it was


def test_the_truth_of_what_is_shown_is_how_often_it_is_accepted() -> None:
    person = customer()
    person.tastes = Tastes({"pension": EVEN}, {"pension": EVEN}, 0)
    offer = replace(command(person, AT, channel="app", theme="pension"), inbound=True)
    for annoyance in (0.0, person.mood.tolerance):
        accepted = 0
        person.mood.annoyance, person.mood.since = annoyance, AT
        truth = shown_yes(person, "app", "pension", AT)
        assert person.mood.annoyance == annoyance
        for number in range(TRIES):
            person.mood.annoyance, person.mood.since = annoyance, AT
            accepted += "accepted" in statuses(react(person, offer, AT, Random(f"truth/{number}")))
        # A few dispatchers do not report; three standard deviations of chance.
        assert accepted / TRIES == pytest.approx(truth * 0.995, abs=3 * (truth * (1 - truth) / TRIES) ** 0.5)
    person.gone = True
    assert shown_yes(person, "app", "pension", AT) == 0.0


def test_a_town_of_given_persons_lives_their_habits() -> None:
    residents = people(5, 6, 2)
    for person in residents:
        person.archetype = Archetype(100, "customer", (20, 60), (Habit("slot_viewed", "app", 4.0),))
        person.lifecycle, person.arrives = "customer", 0
    town = Town(5, 0, 2, population=residents, tastes=Tastes({}, {}, 0))
    looks = [m for m in town.until(town.end) if getattr(m.body, "kind", "") == "slot_viewed"]
    assert len(town.residents) == town.counts["persons"] == 6
    assert len(looks) >= 12
