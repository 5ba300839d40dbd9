"""What the bank does about what a customer writes, whatever the touchpoint was filed as."""

import pytest

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import ConsentChange, Direction, Identifier, Touchpoint
from garbo.core.vocabulary.instants import HOUR, MINUTE
from garbo.explain.record import explain
from garbo.processors.ports import InboundMessage
from garbo.testing import instant
from tests.golden.histories.playing import bank, play
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.text.figures import HALVES, judged

PHONE, EMAIL = Identifier("phone", "+39 333 1234567"), Identifier("email", "gaia@example.org")
WHO = (PHONE, EMAIL)


def at(when: str) -> int:
    return instant(when)


def written(
    text: str, when: str = "2024-03-04 10:00", channel: Channel = Channel.EMAIL, kind: str = "social_message",
    until: str = "2024-03-06 20:00", direction: Direction = Direction.INBOUND, who: tuple[Identifier, ...] = WHO,
) -> list[tuple[str, str, str]]:  # fmt: skip
    """What went out after `text` came: (channel, action, delay in hours)."""
    start = at(when)
    facts = [
        InboundMessage("allowed", start - HOUR, ConsentChange("personal_data", True, who, "form")),
        InboundMessage("text", start, Touchpoint(channel, kind, direction, who, text=text)),
    ]
    driver = play(facts, until)
    return [(c.channel, c.action, f"{(c.at - start) / HOUR:.1f}") for c in driver.commands() if not c.inbound]


def test_a_report_of_a_fraud_is_answered_at_night_and_followed_by_a_call() -> None:
    found = written("Aiuto, mi hanno clonato la carta!", "2024-03-04 02:30", Channel.CALL_CENTRE, "inbound_call")
    assert ("sms", "fraud_report_steps", "0.0") == found[0]
    assert ("call_centre", "fraud_report_call") in [(channel, action) for channel, action, _ in found]


def test_a_public_report_of_a_fraud_is_answered_in_private() -> None:
    found = written("Aiuto, mi hanno clonato la carta!", channel=Channel.SOCIAL, kind="social_post")
    assert ("sms", "fraud_report_steps", "0.0") == found[0]
    assert "social" not in {channel for channel, _, _ in found}


@pytest.mark.parametrize("kind", ["social_message", "inbound_call"])
def test_who_asks_for_a_call_is_called(kind: str) -> None:
    channel = Channel.CALL_CENTRE if kind == "inbound_call" else Channel.EMAIL
    found = written("Could you please call me back tomorrow about the mortgage?", channel=channel, kind=kind)
    assert ("call_centre", "callback_reply") == found[0][:2]


def test_who_asks_for_a_call_and_has_left_no_number_is_asked_for_it() -> None:
    assert ("email", "callback_number") == written("Please call me back", who=(EMAIL,))[0][:2]


def test_a_message_that_complains_gets_an_apology_and_no_information() -> None:
    found = written("Tre mesi per una risposta sul mutuo: è una vergogna.")
    assert "call_complaint_apology" == found[0][1]
    assert {"call_complaint_apology", "complaint_overdue"} >= {action for _, action, _ in found}


def test_praise_and_a_wish_for_silence_get_no_answer() -> None:
    assert [] == written("Grazie mille, siete stati gentilissimi")
    assert [] == written("Per favore non scrivetemi più")


def test_a_question_about_a_country_is_no_question_about_an_account() -> None:
    found = written("Quanto costa prelevare in Libano?")
    assert "private_reply" in {action for _, action, _ in found}
    assert "email_information_reply" not in {action for _, action, _ in found}


def test_what_our_own_clerk_wrote_to_the_customer_starts_nothing() -> None:
    assert [] == written("Aiuto, mi hanno clonato la carta!", kind="contact", direction=Direction.OUTBOUND)


def test_the_record_says_the_intent_and_explain_reads_it() -> None:
    start = at("2024-03-04 10:00")
    text = Touchpoint(Channel.EMAIL, "social_message", identifiers=WHO, text="Che vergogna!")
    driver = play([InboundMessage("text", start, text)], start + HOUR)
    record = next(r for r in driver.decisions() if r.event_type == "touchpoint")
    assert "complaint" == record.event_detail
    assert "with the intent “complaint”" in "\n".join(explain(record, bank(), "en", "Europe/Rome"))


def test_the_checker_finds_nothing_against_the_answers_to_all_messages() -> None:
    """Each message of the table, from a person of its own, over two days and nights."""
    start, facts = at("2024-03-04 00:10"), []
    for number, message in enumerate(message for half in HALVES for message in judged(half)):
        who = (Identifier("phone", f"+39 333 12{number:05}"), Identifier("email", f"p{number}@example.org"))
        came = start + number * 12 * MINUTE
        facts.append(InboundMessage(f"c{number}", came - HOUR, ConsentChange("personal_data", True, who, "form")))
        channel, kind = (Channel.SOCIAL, "social_post") if number % 3 else (Channel.EMAIL, "social_message")
        facts.append(InboundMessage(f"m{number}", came, Touchpoint(channel, kind, identifiers=who, text=message.text)))
    run = Recorded(play(sorted(facts, key=lambda fact: fact.at), "2024-03-12 12:00"))
    assert [] == [violation for result in run.report().results for violation in result.violations]
    made = {command.action for command in run.commands()}
    assert {"fraud_report_steps", "fraud_report_call", "callback_reply", "call_complaint_apology"} <= made
