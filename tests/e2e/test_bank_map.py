"""The golden journeys lie on the bank's map, stage by stage, as docs and MISSION tell them: read off journey-flows."""

from datetime import datetime

import pytest

from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.testing.builders import ZONE
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank_story, play_story

PATH = (FlowKind.ENTER, FlowKind.MOVE, FlowKind.GOAL, FlowKind.DROP, FlowKind.END, FlowKind.RETURN)


def flows(name: str) -> list[Flow]:
    driver: Driver = play_story(bank_story(name))
    return [driver.codec.flow(r.value or b"") for r in driver.log["journey-flows"]]


def path(found: list[Flow], journey: str) -> list[tuple[str, str, str, str, str]]:
    """(local time, kind, origin, target, trigger) of the facts of one journey."""
    return [
        (
            datetime.fromtimestamp(f.at / 1000, ZONE).strftime("%m-%d %H:%M"), f.kind.value, f.origin, f.target,
            f.trigger,
        )
        for f in found
        if f.journey == journey and f.kind in PATH
    ]  # fmt: skip


def test_martina_goes_from_a_competitors_site_to_her_card() -> None:
    found = flows("martina")
    assert path(found, "card") == [
        ("02-21 11:35", "enter", "", "discovery", "competitor_visit"),
        ("02-26 21:01", "move", "discovery", "enquiry", "information_request"),
        ("02-26 21:29", "move", "enquiry", "proposal", "delivered"),
        ("02-27 09:41", "move", "proposal", "decision", "accepted"),
        ("02-27 09:42", "move", "decision", "onboarding", "card_activated"),
        ("02-27 09:42", "goal", "decision", "onboarding", "card_activated"),
    ]
    assert {f.journey for f in found if f.kind is FlowKind.ENTER} == {"card"}
    enquiry = next(f for f in found if f.origin == "enquiry" and f.kind is FlowKind.MOVE)
    minute = 60_000
    assert (enquiry.channel, enquiry.to_channel, enquiry.answered_ms) == ("web", "email", 27 * minute)
    assert enquiry.obstacle == ""
    stays = [f for f in found if f.kind is FlowKind.STAY and f.trigger == "social_post"]
    assert [(f.origin, f.channel) for f in stays] == [("enquiry", "web")]  # one answer for two signals
    proposal = next(f for f in found if f.origin == "proposal" and f.kind is FlowKind.MOVE)
    assert proposal.answered_ms == (12 * 60 + 1) * minute  # the call at 9:30, promised at 21:28, reported at 21:29
    (need,) = [f for f in found if f.kind is FlowKind.NEED]
    assert (need.journey, need.trigger, need.obstacle) == ("card", "information_request", "answered")


def test_antonio_is_left_in_peace_for_eight_days_and_comes_to_the_branch() -> None:
    found = flows("antonio")
    assert path(found, "pension") == [
        ("04-18 23:05", "enter", "", "enquiry", "simulation_completed"),
        ("04-19 09:01", "move", "enquiry", "proposal", "delivered"),
        ("04-27 14:30", "move", "proposal", "appointment", "accepted"),
        ("04-30 09:30", "move", "appointment", "decision", "branch_visit"),
        ("04-30 09:30", "goal", "appointment", "decision", "branch_visit"),
    ]
    contacts = [(f.action, f.channel, f.origin) for f in found if f.kind is FlowKind.CONTACT]
    assert contacts[:2] == [("sms_pension_offer", "sms", "enquiry"), ("call_pension_invite", "call_centre", "proposal")]
    yes = [f for f in found if f.kind is FlowKind.RESPONSE and f.quality == "positive"]
    assert [(f.action, f.origin) for f in yes] == [("call_pension_invite", "proposal")]


def test_the_rossi_family_stands_in_three_journeys_at_once() -> None:
    found = flows("rossi")
    service = path(found, "service")
    assert service[:3] == [
        ("06-23 21:23", "enter", "", "trouble", "transfer_failed"),
        ("06-23 21:44", "move", "trouble", "answered", "delivered"),
        ("06-24 09:05", "move", "answered", "solved", "accepted"),
    ]
    assert service[3][1] == "goal"
    mortgage = path(found, "mortgage")
    assert mortgage[0] == ("06-23 21:28", "enter", "", "consideration", "page_view")
    account = path(found, "account")
    assert account[0] == ("10-11 12:21", "enter", "", "onboarding", "account_opened")
    assert ("06-23 21:23", "enter", "", "relationship", "balance_check") in account
    driver = play_story(bank_story("rossi"))
    giorgio = next(p for p in driver.parties() if p.name == "Giorgio" and p.journeys)
    standing = {i.journey: i for i in giorgio.journeys if i.stage}
    assert standing["mortgage"].stage == "consideration"
    assert standing["mortgage"].answered >= 0  # the offer rode on the service call


@pytest.mark.parametrize("name", ["martina", "antonio", "rossi"])
def test_no_golden_journey_is_off_the_map(name: str) -> None:
    assert [(f.journey, f.trigger) for f in flows(name) if f.kind is FlowKind.OFF_MAP] == []
