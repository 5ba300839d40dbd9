"""What is sent for a dead letter: the same bytes or a mended message, tried by the processor that refused it."""

from collections.abc import Callable
from typing import Any

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap.processors import ProcessorFactory
from garbo.bootstrap.settings import packaged_example
from garbo.core.policy.compiled import compiled
from garbo.core.vocabulary.events import ConsentChange, Identifier, PartyEvent, ProfileUpdate, Touchpoint
from garbo.policy.loader import load
from garbo.processors import decide
from garbo.processors.meters import Silent
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import Topics
from garbo.readmodel.dead_letters import Letter, Place
from garbo.redrive.draft import Draft, Drafter
from garbo.redrive.mending import setting
from garbo.redrive.trial import Trial
from garbo.testing import instant as at
from garbo.testing.driver import WALL_MS, Driver

CODEC = AvroCodec(PackagedRegistry())
POLICY = load(packaged_example())
WHO = Identifier("cookie", "c-1")
KEY = b"cookie:c-1"
NOON = at("2024-03-04 12:00")


def visit(event_id: str, *identifiers: Identifier, when: int = NOON) -> bytes:
    body = Touchpoint("web", "page_view", identifiers=identifiers, theme="savings")
    return CODEC.encode_inbound(InboundMessage(event_id, when, body))


@pytest.fixture
def driver() -> Driver:
    return Driver(POLICY)


def drafter(now: int = WALL_MS) -> Drafter:
    factory = ProcessorFactory(codec=CODEC, topics=Topics(), policy=compiled(POLICY), meter=Silent(), clock="stream")
    return Drafter(CODEC, Trial(factory.build, Topics(), CODEC, lambda: now))


def last_letter(driver: Driver) -> Letter:
    record = driver.dead_letters()[-1]
    kept = CODEC.dead_letter(record.value or b"")
    return Letter(Place(kept.topic, kept.partition, kept.offset), kept, record.partition, None, "")


def draft(driver: Driver, *settings: str, edited: Any = None) -> Draft:
    letter = last_letter(driver)
    return drafter().draft(letter, letter.letter.value, [setting(text) for text in settings], edited)


def send(driver: Driver, made: Draft) -> None:
    driver.send_raw(made.letter.letter.topic, made.key, made.value)


def decided(driver: Driver) -> list[tuple[str, str]]:
    return [(record.event_id, record.disposition.value) for record in driver.decisions()]


def test_what_would_be_put_aside_again_says_why_and_what_is_mended_does_not(driver: Driver) -> None:
    driver.send_raw("touchpoints", KEY, visit("e"))
    assert draft(driver).refusal == "no_identifier"
    assert draft(driver, "identifiers.email=not one").refusal.startswith("wrong_value: ")
    made = draft(driver, "identifiers.email= Ada@Example.org")
    assert (made.refusal, made.changed, made.key) == ("", ("identifiers",), b"email:ada@example.org")
    send(driver, made)
    assert decided(driver) == [("e", "decided")]


def test_a_word_that_the_policy_does_not_declare_is_set_to_one_that_it_does(driver: Driver) -> None:
    body = Touchpoint("web", "page_veiw", identifiers=(WHO,), theme="savings", attributes={"age": "forty"})
    driver.send(InboundMessage("e", NOON, body))
    assert "did you mean 'page_view'?" in last_letter(driver).letter.detail
    assert draft(driver).refusal.startswith("unknown_word: the kind 'page_veiw' is not declared")
    assert draft(driver, "kind=page_view").refusal.startswith("wrong_value: ")
    made = draft(driver, "kind=page_view", "attributes.age=40")
    assert (made.refusal, made.changed) == ("", ("attributes", "kind"))
    send(driver, made)
    assert decided(driver) == [("e", "decided")]


def test_a_message_from_the_future_gets_its_time(driver: Driver) -> None:
    driver.send_raw("touchpoints", KEY, visit("e", WHO, when=WALL_MS + 10**9))
    assert draft(driver).refusal.startswith("future: ")
    made = draft(driver, "at=2024-03-04T12:00+01:00")
    assert (made.refusal, made.changed) == ("", ("at",))


def test_a_missing_key_is_made_from_the_message_whose_bytes_stay(driver: Driver) -> None:
    driver.send_raw("touchpoints", None, visit("e", WHO))
    made = draft(driver)
    assert (made.key, made.value, made.changed, made.refusal) == (KEY, visit("e", WHO), ("key",), "")


def test_bytes_that_cannot_be_read_are_refused_and_a_whole_message_takes_their_place(driver: Driver) -> None:
    driver.send_raw("touchpoints", KEY, b"garbage")
    assert draft(driver).refusal.startswith("not_avro: ")
    assert "no message can be read" in draft(driver, "kind=page_view").impossible
    whole = {"event_id": "e", "at": NOON, "body": {"type": "touchpoint", "channel": "web", "kind": "page_view"}}
    nobody = draft(driver, edited=whole)
    assert nobody.refusal == "no_identifier"
    whole["body"]["identifiers"] = [list(WHO)]  # type: ignore[index]
    made = draft(driver, edited=whole)
    assert (made.refusal, made.key) == ("", KEY)
    send(driver, made)
    assert decided(driver) == [("e", "decided")]


def test_an_edited_message_that_says_the_same_is_sent_byte_for_byte(driver: Driver) -> None:
    driver.send_raw("touchpoints", None, visit("e", WHO))
    made = draft(driver, edited=draft(driver).message)
    assert (made.value, made.changed) == (visit("e", WHO), ("key",))


@pytest.mark.parametrize("text", ["attributes.age=9999999999999999999999", "attributes.note=\ud800"])
def test_a_value_that_avro_cannot_hold_is_a_sentence(driver: Driver, text: str) -> None:
    driver.send_raw("touchpoints", KEY, visit("e"))
    assert "its schema cannot hold the message" in draft(driver, text).impossible


def test_a_part_of_a_message_is_never_sent(driver: Driver) -> None:
    """Over 64 KiB the letter holds a part; here the original is gone from its topic, too."""
    body = ProfileUpdate(attributes={"note": "x" * 70_000})
    driver.send_raw("profiles", KEY, CODEC.encode_inbound(InboundMessage("e", NOON, body)))
    assert "holds only a part" in drafter().draft(last_letter(driver), None).impossible


def test_an_empty_message_stays_refused(driver: Driver) -> None:
    driver.send_raw("touchpoints", KEY, None)
    assert draft(driver).refusal == "empty"


# ---- an event that resolve forwarded and decide had a bug in


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """decide fails on the event named "bad", until this is called."""
    real = decide.handle

    def failing(party: Any, event: PartyEvent, env: Any) -> Any:
        if event.event_id == "bad":
            raise ZeroDivisionError
        return real(party, event, env)

    monkeypatch.setattr(decide, "handle", failing)
    return monkeypatch.undo


def test_a_bug_is_redriven_when_it_is_mended_though_later_events_were_applied(
    driver: Driver, broken: Callable[[], None]
) -> None:
    """With its source place the event would count as applied: a later one from that partition was."""
    consent = InboundMessage("yes", NOON, ConsentChange("personal_data", True, (WHO,)))
    driver.send(consent)
    driver.send_raw("touchpoints", KEY, visit("bad", WHO))
    driver.send_raw("touchpoints", KEY, visit("later", WHO))
    assert [event for event, _ in decided(driver)] == ["yes", "later"]
    assert draft(driver).refusal.startswith("bug: ZeroDivisionError")
    broken()
    made = draft(driver)
    assert (made.refusal, made.changed, made.key) == ("", (), last_letter(driver).letter.key)
    as_it_was = last_letter(driver).letter
    driver.send_raw("party-events", as_it_was.key, as_it_was.value)
    assert decided(driver)[-1] == ("bad", "duplicate")
    send(driver, made)
    assert decided(driver)[-1] == ("bad", "decided")
