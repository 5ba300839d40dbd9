"""A customer of the example bank says "stop": no marketing there any more, a record of it, and words for the reason."""

from collections.abc import Mapping

import pytest

from garbo.core.policy.actions import ActionClass
from garbo.core.vocabulary.effects import DecisionRecord, Objection
from garbo.core.vocabulary.reasons import Reason
from garbo.explain.answers import explain_why_not
from garbo.explain.record import explain
from garbo.processors.ports import InboundMessage
from garbo.testing import consent, outcome, play, profile, touchpoint
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import Recorded

WHO = {"customer_id": "c1"}
REACHABLE = {**WHO, "email": "ada@example.org", "phone": "+393331234567", "device": "d1"}
DEPOSIT = {"contract_end": "2024-06-01", "balance": 30_000.0}


def known(*consents: str) -> list[InboundMessage]:
    given = ("personal_data", "own_promotion", "profiling", *consents)
    return [
        profile("2024-03-04 09:00", **REACHABLE, name="Ada", language="it"),
        *(consent(name, True, "2024-03-04 09:01", **WHO) for name in given),
    ]


def objections(driver: Driver) -> list[Objection]:
    return [driver.codec.objection(r.value or b"") for r in driver.log["objections"]]


def lived(*facts: InboundMessage, until: str = "2024-04-30 12:00") -> Driver:
    return play(Driver(bank()), sorted([*known(), *facts], key=lambda m: m.at), until)


def called(at: str) -> InboundMessage:
    return touchpoint("call_centre", "call_list", at, theme="term_deposit", **WHO)


CALLED = [called("2024-03-05 10:00"), called("2024-03-19 10:00")]


def marketing(driver: Driver) -> list[tuple[str, str]]:
    found = [(c.channel, c.action) for c in driver.commands() if c.action_class == ActionClass.MARKETING]
    return found + [(c.channel, r.action) for c in driver.commands() for r in c.riders]


def held(driver: Driver, reason: Reason = Reason.OBJECTED) -> list[DecisionRecord]:
    return [r for r in driver.decisions() if any(b.reason is reason for b in r.blocked)]


def test_note_of_the_call_centre_ends_calls_and_nothing_else() -> None:
    told = touchpoint("call_centre", "stop_request", "2024-03-10 10:00", event_id="told", **WHO)
    before, after = lived(*CALLED), lived(*CALLED, told)
    assert "call_centre" in [channel for channel, _ in marketing(before)][1:]
    assert ["call_centre"] == [channel for channel, _ in marketing(after) if channel == "call_centre"]
    assert [(("call_centre",), False, "told", "stop_request")] == [
        (o.channels, o.every, o.event_id, o.evidence) for o in objections(after)
    ]
    assert set() == {j.name for j in Recorded(after).report().results if j.violations}


def test_a_request_at_the_desk_ends_all_marketing_and_answers_still_come() -> None:
    told = touchpoint("branch", "stop_request", "2024-03-10 10:00", **WHO)
    asks = touchpoint("web", "information_request", "2024-03-12 10:00", theme="mortgage", **WHO)
    driver = lived(*CALLED, told, asks)
    at = objections(driver)[0].at
    assert [] == [c.action for c in driver.commands() if c.action_class == ActionClass.MARKETING and c.at > at]
    assert [] == [r.action for c in driver.commands() for r in c.riders if c.at > at]
    assert "service" in {c.action_class for c in driver.commands() if c.at > at}


def test_what_is_said_in_the_app_is_about_its_notifications_too() -> None:
    driver = lived(touchpoint("app", "stop_request", "2024-03-10 10:00", **WHO))
    assert [("app", "push")] == [o.channels for o in objections(driver)]


def test_a_plan_is_cancelled_and_the_record_says_so() -> None:
    evening = called("2024-03-05 20:00")  # the call waits for the morning
    told = touchpoint("web", "stop_request", "2024-03-05 20:30", attributes={"channel": "call_centre"}, **WHO)
    planned = next(r for r in lived(evening).decisions() if r.placed_at > r.at and r.chosen_channel == "call_centre")
    driver = lived(evening, told)
    assert planned.chosen not in [c.action for c in driver.commands()]
    record = next(r for r in driver.decisions() if r.event_kind == "stop_request")
    assert [(planned.chosen, Reason.CANCELLED, "objected", "call_centre")] == [
        (b.action, b.reason, b.detail, b.channel) for b in record.blocked
    ]
    said = " ".join(explain(record, bank(), "en", "Europe/Rome"))
    assert "the person asked us to stop marketing on this channel" in said


WORDS: Mapping[str, str] = {
    "en": "the person asked us to stop marketing on this channel",
    "it": "la persona ha chiesto di non ricevere più promozioni su questo canale",
}


@pytest.mark.parametrize("language", ["en", "it"])
def test_the_reason_is_told_in_both_languages(language: str) -> None:
    told = touchpoint("call_centre", "stop_request", "2024-03-10 10:00", **WHO)
    record = held(lived(*CALLED, told))[0]
    action = next(b.action for b in record.blocked if b.reason is Reason.OBJECTED)
    assert WORDS[language] in " ".join(explain(record, bank(), language, "Europe/Rome"))  # type: ignore[arg-type]
    assert WORDS[language] in " ".join(explain_why_not(record, action, bank(), language, "Europe/Rome"))  # type: ignore[arg-type]


def test_a_later_consent_brings_the_calls_back_and_an_older_one_does_not() -> None:
    told = touchpoint("call_centre", "stop_request", "2024-03-10 10:00", **WHO)
    for at, calls in (("2024-03-12 10:00", 2), ("2024-03-09 10:00", 1)):
        driver = lived(*CALLED, told, consent("own_promotion", True, at, **WHO))
        assert calls == [channel for channel, _ in marketing(driver)].count("call_centre"), at


def test_unsubscribing_outlasts_every_pause() -> None:
    left = outcome("unsubscribed", "2024-03-10 10:00", action="newsletter", channel="call_centre", **WHO)
    later = [called("2026-03-10 10:00")]
    driver = lived(CALLED[0], left, *later, until="2026-03-20 10:00")
    assert 1 == [channel for channel, _ in marketing(driver)].count("call_centre")
    assert "unsubscribed" == objections(driver)[0].evidence


def test_event_that_is_sent_twice_has_one_record() -> None:
    told = touchpoint("call_centre", "stop_request", "2024-03-10 10:00", event_id="told", **WHO)
    assert 1 == len(objections(lived(told, told)))


def test_record_holds_nothing_of_the_person_but_the_id() -> None:
    told = touchpoint(
        "email", "stop_request", "2024-03-10 10:00", text="I am Ada, stop", email="ada@example.org", **WHO
    )
    driver = lived(told)
    (raw,) = driver.log["objections"]
    assert (raw.key or b"").decode() == objections(driver)[0].party
    assert not any(word in (raw.value or b"") for word in (b"Ada", b"ada@", b"c1", b"I am"))


@pytest.mark.parametrize(
    "text", ["Basta, non scrivetemi più!", "Please stop writing to me.", "Unsubscribe me from this list please"]
)
def test_a_text_that_asks_to_stop_is_an_objection_there_and_the_checker_agrees(text: str) -> None:
    driver = lived(touchpoint("email", "social_message", "2024-03-04 12:00", text=text, **WHO), *CALLED)
    (record,) = objections(driver)
    assert (("email",), "email") == (record.channels, record.said_on)
    assert text not in str(record)
    assert "email" not in {channel for channel, _ in marketing(driver)}
    (judged,) = [j for j in Recorded(driver).report().results if j.name == "I19"]
    assert judged.checked >= 1
    assert [] == judged.violations
