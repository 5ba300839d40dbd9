"""The plans of the analysis, from the bank's map."""

from msgspec.structs import replace

from garbo.core.policy.journey import Goal
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.journeys.plan_of import plan_of, plans_of
from tests.policies import policy_of

BANK = policy_of("bank")


def test_each_journey_of_the_map_has_its_plan() -> None:
    plans = plans_of(BANK)
    assert list(plans) == ["card", "pension", "mortgage", "account", "service"]
    card = plans["card"]
    assert list(card.ideal) == ["discovery", "consideration", "enquiry", "proposal", "decision", "onboarding"]
    assert (card.goal, card.expect, card.label["it"]) == ("onboarding", 0.12, "Carta")
    assert [s.stage for s in card.open_stages] == list(card.ideal)[:-1]
    assert list(plans["account"].ends) == ["departure"]


def test_a_stage_keeps_what_the_map_says_of_it() -> None:
    stage = plans_of(BANK)["card"].stage("consideration")
    assert (stage.due, stage.within, stage.patience) == ("marketing", 7 * DAY, 14 * DAY)
    assert (stage.turn, stage.optional, dict(stage.tolerate)) == ("customer", True, {"consent": 0.3})
    assert stage.label == {"it": "Valuta", "en": "Considers us"}


def test_what_is_due_is_the_class_of_the_first_action_that_advances() -> None:
    plans = plans_of(BANK)
    assert plans["card"].stage("enquiry").due == "service"
    assert plans["card"].stage("decision").due == "", "no action advances it"


def test_without_an_expectation_the_tightest_need_is_the_promise() -> None:
    plans = plans_of(BANK)
    assert plans["card"].stage("enquiry").within == 45 * MINUTE, "the map says it"
    enquiry = BANK.journeys["mortgage"].stages["enquiry"]
    answered = {need for name in enquiry.advance for need in BANK.actions[name].answers}
    assert answered, "its actions answer needs"
    assert plans["mortgage"].stage("enquiry").within == min(BANK.needs[need].answer_within for need in answered)
    assert plans["mortgage"].stage("enquiry").within < HOUR
    assert plans["card"].stage("decision").within == 2 * DAY
    assert plans["pension"].stage("appointment").within == 0, "nothing is promised there"


def test_a_journey_without_a_goal_is_measured_to_the_end_of_its_path() -> None:
    pension = BANK.journeys["pension"]
    assert pension.goal == Goal("decision", 60 * DAY)
    assert plan_of(BANK, replace(pension, goal=None)).goal == "decision"
