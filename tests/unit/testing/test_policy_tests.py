"""What a user's test of a policy is made of: builders, play, assertions. A failed assertion says what happened."""

from datetime import UTC, datetime

import pytest

from garbo.errors import MessageError, PolicyError
from garbo.testing import (
    Driver,
    assert_at,
    assert_blocked,
    assert_commands,
    assert_silence,
    consent,
    decision,
    instant,
    load_policy,
    outcome,
    play,
    profile,
    sentences,
    touchpoint,
)
from tests.golden.histories.playing import BANK, bank

NOON = "2024-03-04 12:00"
KNOWN = consent("personal_data", True, "2024-03-04 11:00", cookie="c")
ASK = touchpoint("web", "information_request", NOON, cookie="c", email="ada@example.org", theme="pension")


def test_an_instant_is_romes_time_or_has_its_own_offset() -> None:
    eleven = int(datetime(2024, 3, 4, 11, tzinfo=UTC).timestamp() * 1000)
    for given in (NOON, "2024-03-04T12:00+01:00", "2024-03-04T11:00Z", datetime(2024, 3, 4, 11, tzinfo=UTC), eleven):
        assert eleven == instant(given)


def test_equal_messages_are_one_event_and_others_are_not() -> None:
    again = touchpoint("web", "information_request", NOON, cookie="c", email="ada@example.org", theme="pension")
    built = [
        ASK,
        touchpoint("web", "information_request", "2024-03-04 12:01", cookie="c"),
        touchpoint("web", "page_view", NOON, cookie="c"),
        consent("own_promotion", True, NOON, cookie="c"),
        consent("own_promotion", False, NOON, cookie="c"),
        outcome("accepted", NOON, action="call_information", cookie="c"),
        profile(NOON, cookie="c", name="Ada"),
    ]
    assert ASK == again
    assert len(built) == len({message.event_id for message in built})
    assert "mine" == touchpoint("web", "page_view", NOON, cookie="c", event_id="mine").event_id


def test_a_builder_refuses_what_a_producer_would() -> None:
    with pytest.raises(MessageError, match="did you mean 'web'"):
        touchpoint("wbe", "page_view", NOON, cookie="c")


@pytest.fixture(scope="module")
def asked() -> Driver:
    return play(bank(), [KNOWN, ASK], "2024-03-05 12:00", report="delivered")


def test_what_was_planned_happens_while_time_passes(asked: Driver) -> None:
    assert_silence(play(bank(), [KNOWN, ASK], "2024-03-04 12:29"))
    (reply,) = assert_commands(asked, "email_information_reply")
    assert_at(reply, "2024-03-04 12:30")
    assert_at(reply, "2024-03-04 12:00", "2024-03-04 13:00")


def test_play_goes_on_with_the_outcome_of_a_command() -> None:
    driver = play(bank(), [KNOWN, ASK], "2024-03-04 12:31")
    (reply,) = driver.commands()
    report = outcome("delivered", "2024-03-04 12:32", action_id=reply.action_id, party=reply.party)
    assert driver is play(driver, [report], "2024-03-04 12:40", times=2)
    assert ("outcome", "delivered") == (decision(driver, report).event_type, decision(driver, report).event_kind)


def test_dispatchers_report_each_command_at_its_own_time(asked: Driver) -> None:
    reports = [(r.event_kind, r.at) for r in asked.decisions() if r.event_type == "outcome"]
    assert [("delivered", instant("2024-03-04 12:30"))] == reports
    play(asked, [], "2024-03-06 12:00", report="delivered")  # what was reported is not reported again
    assert 1 == sum(r.event_type == "outcome" for r in asked.decisions())


def test_a_wrong_command_is_reported_with_what_there_is(asked: Driver) -> None:
    with pytest.raises(
        AssertionError, match=r"(?s)Expected the commands none.*email_information_reply at 2024-03-04 12:30"
    ):
        assert_silence(asked)
    with pytest.raises(AssertionError, match=r"expected between 2024-03-04 12:00:00 and 2024-03-04 12:00:00"):
        assert_at(asked.commands()[0], NOON)


CALLER = consent("personal_data", True, "2024-03-04 11:00", phone="333 1234567")
SIMULATION = touchpoint("third_party", "simulation_completed", NOON, phone="333 1234567", theme="pension")


def test_what_holds_an_action_back_has_a_reason() -> None:
    driver = play(bank(), [CALLER, SIMULATION], "2024-03-04 18:00")
    assert_silence(driver)
    assert_blocked(driver, "sms_pension_offer", "consent_denied")
    assert_blocked(driver, "sms_pension_offer", "consent_denied", "own_promotion")
    with pytest.raises(
        AssertionError, match=r"(?s)No decision held sms_pension_offer back for late\. .*consent_denied own"
    ):
        assert_blocked(driver, "sms_pension_offer", "late")
    with pytest.raises(AssertionError, match="No decision held sms_pension_offer back for consent_denied profiling"):
        assert_blocked(driver, "sms_pension_offer", "consent_denied", "profiling")
    with pytest.raises(ValueError, match="no_such_reason"):
        assert_blocked(driver, "sms_pension_offer", "no_such_reason")
    with pytest.raises(
        AssertionError, match=r"sms_pension_offer was held back at 2024-03-04 12:00:00: consent_denied own"
    ):
        assert_commands(driver, "sms_pension_offer")


def test_a_decision_is_found_by_its_message_and_explained(asked: Driver) -> None:
    record = decision(asked, ASK)
    assert record == decision(asked, ASK.event_id)
    assert any("information_request" in line for line in sentences(asked, record))
    with pytest.raises(AssertionError, match="Nothing was decided about event x; there are 0 dead letters"):
        decision(asked, "x")


def test_a_policy_is_loaded_with_edits_and_an_edit_that_finds_nothing_is_an_error() -> None:
    plain = load_policy(BANK)
    other = load_policy(str(BANK), {"contact_policy.yaml": [("at_most: 6", "at_most: 7")]})
    assert (plain.version == bank().version, other.version == plain.version) == (True, False)
    texts = {path.name: path.read_text("utf-8") for path in BANK.glob("*.yaml")}
    assert plain.version == load_policy(texts).version
    with pytest.raises(PolicyError, match=r"contact_policy.yaml does not say 'at_most: 99'"):
        load_policy(BANK, {"contact_policy.yaml": [("at_most: 99", "")]})
    with pytest.raises(PolicyError, match="no such folder"):
        load_policy(BANK / "nowhere")


@pytest.mark.parametrize(("visits", "copies"), [(10, "duplicate"), (20, "decided")])
def test_a_copy_is_recognised_among_the_latest_16_events(visits: int, copies: str) -> None:
    """What docs/api.md says of sending again: at once, or it counts again."""
    again = [
        touchpoint("web", "page_view", f"2024-03-04 12:{n:02d}", cookie="c", event_id=f"visit-{n}")
        for n in range(visits)
    ]
    driver = play(bank(), again, until="2024-03-04 13:00")
    play(driver, again, until="2024-03-04 14:00")
    ends = [r.disposition.value for r in driver.decisions() if r.event_type == "touchpoint"]
    assert ["decided"] * visits + [copies] * visits == ends


def test_an_outcome_without_a_command_names_its_channel() -> None:
    """The customer has objected to the channel that they unsubscribed from, whichever system heard it."""
    left = outcome("unsubscribed", NOON, action="newsletter", channel="sms", cookie="c")
    driver = play(bank(), [touchpoint("web", "page_view", NOON, cookie="c"), left], until="2024-03-04 13:00")
    (party,) = driver.parties()
    assert {"sms"} == party.objections.keys()
