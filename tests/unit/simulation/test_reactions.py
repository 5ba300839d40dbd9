"""What one person does because of one command."""

from collections import Counter
from random import Random

import pytest
from msgspec.structs import replace

from garbo.core.vocabulary.effects import Deliver, Rider
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.simulation.population import people
from garbo.simulation.reactions import Step, react
from garbo.simulation.resident import Resident, Waiting, resident
from garbo.simulation.town import Town
from tests.unit.simulation.test_town import command

AT = Town(1, 1, 1).now
TRIES = 400


CUSTOMERS = [person for person in people(1, 60, 7) if resident(1, person).customer and not resident(1, person).bad]


def customer(number: int = 0) -> Resident:
    return resident(1, CUSTOMERS[number])


def often(given: Deliver, prepare: Resident | None = None) -> list[list[Step]]:
    """The reactions of a person in a good mood, many times."""
    found = []
    for number in range(TRIES):
        person = prepare or customer()
        person.mood.annoyance = 0.0
        found.append(react(person, given, AT, Random(f"{number}")))
    return found


def statuses(steps: list[Step]) -> list[str]:
    return [step.name for step in steps if step.kind == "outcome"]


def test_a_failed_delivery_gives_exactly_one_outcome() -> None:
    person = customer()
    person.bad = frozenset({"email"})
    found = [statuses(steps) for steps in often(command(person, AT), person)]
    unreported = found.count([])
    assert TRIES - unreported == found.count(["failed"])
    assert unreported < 0.03 * TRIES  # a few dispatchers never report


def test_a_call_nobody_answers_gives_exactly_one_outcome_and_other_calls_one_end() -> None:
    person = customer()
    found = Counter(tuple(statuses(steps)) for steps in often(command(person, AT, channel="call_centre"), person))
    assert 0.15 < found[("no_answer",)] / TRIES < 0.5
    assert all(len(one) <= 1 for one in found if "unsubscribed" not in one and "complaint" not in one)
    assert 0.3 < found[("refused",)] / (found[("refused",)] + found[("delivered",)]) < 0.7


def test_staff_is_always_reached_and_no_person_is_annoyed() -> None:
    person = customer()
    for steps in often(command(person, AT, channel="branch"), person):
        assert statuses(steps) in (["delivered"], [])
    assert person.mood.annoyance == 0.0


def test_an_awaited_answer_calms_and_ends_the_waiting() -> None:
    person = customer()
    service = replace(command(person, AT, theme="token"), action_class="service", answers=("question",))
    person.waiting["token"] = Waiting("social_post", AT - HOUR)
    person.waiting["pension"] = Waiting("social_post", AT - HOUR)
    person.mood.annoy(1.0, AT)
    react(person, service, AT, Random(3))
    assert list(person.waiting) == ["pension"]
    assert person.mood.annoyance == pytest.approx(0.6)


def test_a_failed_answer_leaves_the_question_waiting() -> None:
    person = customer()
    person.bad = frozenset({"email"})
    person.waiting["token"] = Waiting("social_post", AT - HOUR)
    service = replace(command(person, AT, theme="token"), action_class="service", answers=("question",))
    react(person, service, AT, Random(3))
    assert list(person.waiting) == ["token"]


def test_unwanted_and_merely_looked_at_themes_annoy_more_and_annoyance_decays() -> None:
    weights = []
    for wants, looked in ((0.3, False), (0.0, False), (0.0, True)):
        person = customer()
        person.wants["pension"] = wants
        person.owned.clear()
        if looked:
            person.looked["pension"] = AT - DAY
        react(person, command(person, AT, channel="sms"), AT, Random(8))
        weights.append(person.mood.annoyance)
    assert weights == sorted(weights)
    assert len(set(weights)) == 3
    strain = person.mood.strain(AT)
    assert person.mood.strain(AT + person.mood.half_life) == pytest.approx(strain / 2)


def test_who_wants_it_accepts_and_buys_and_wants_it_no_more() -> None:
    accepted = bought = 0
    for number in range(TRIES):
        person = customer()
        person.wants["credit_card"] = 0.4
        person.owned.clear()
        offer = command(person, AT, channel=person.preferred, theme="credit_card")
        steps = react(person, offer, AT, Random(f"{number}"))
        if "accepted" in statuses(steps):
            accepted += 1
            bought += any(step.action == "purchase" and step.name == "card_activated" for step in steps)
            assert person.want("credit_card") == 0.0
    assert accepted > 0.1 * TRIES
    assert 0.5 * accepted < bought < accepted


def test_strain_makes_people_refuse_complain_withdraw_and_leave() -> None:
    def kinds(strain: float) -> Counter[str]:
        found: Counter[str] = Counter()
        for number in range(TRIES):
            person = customer(number % 20)
            person.mood.annoy(strain * person.mood.tolerance, AT)
            steps = react(person, command(person, AT, channel="sms"), AT, Random(f"{number}"))
            found.update(s.name if s.kind in ("outcome", "touchpoint") else s.kind for s in steps)
        return found

    calm, strained = kinds(0.0), kinds(3.0)
    assert calm["leave"] == 0
    assert calm["withdraw"] + calm["unsubscribed"] + calm["complaint"] < 0.01 * TRIES
    assert strained["complaint"] > 0.1 * TRIES
    assert strained["withdraw"] > 0.05 * TRIES
    assert strained["leave"] > 0.1 * TRIES
    assert strained["accepted"] <= calm["accepted"]


def test_an_offer_that_rides_on_a_call_is_answered_by_its_own_name() -> None:
    person = customer()
    person.wants["mortgage"] = 0.5
    call = replace(
        command(person, AT, channel="call_centre", theme="token"), action_class="service",
        riders=(Rider("offer_mortgage", "personalised_promotion", "mortgage", ""),),
    )  # fmt: skip
    found: Counter[str] = Counter()
    for number in range(TRIES):
        person.settled.clear()
        found.update(f"{s.action} {s.name}" for s in react(person, call, AT, Random(f"{number}")) if s.action)
    assert found["offer_mortgage accepted"] > 0
    assert found["offer accepted"] > 0


def test_nobody_leaves_because_of_a_banner_shown_to_who_came_to_us() -> None:
    person = customer()
    person.mood.annoy(5 * person.mood.tolerance, AT)
    banner = replace(command(person, AT, channel="app"), inbound=True)
    before = person.mood.annoyance
    for number in range(TRIES):
        steps = react(person, banner, AT, Random(f"{number}"))
        assert {step.kind for step in steps} <= {"outcome"}
    assert (person.mood.annoyance - before) / TRIES < 0.1
