"""What a touchpoint says: what is declared is believed; the free text fills in the rest, and is dropped."""

import pytest
from msgspec.structs import replace

from garbo.core.party.theme_detection import reading_of
from garbo.core.policy.actions import Trigger
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import Reading
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Direction, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR
from tests.golden.histories.playing import bank
from tests.unit.core.small import SMALL, Log, action, known, touch, with_actions


def post(text: str, theme: str = "") -> Touchpoint:
    return Touchpoint(Channel.SOCIAL, "post", theme=theme, text=text)


def test_a_declared_theme_is_believed_whatever_the_text() -> None:
    assert "loan" == reading_of(post("card carta", "loan"), SMALL).theme
    assert "card" == reading_of(post("card carta"), SMALL).theme


def test_a_declared_tone_is_believed_and_the_text_still_says_what_is_wanted() -> None:
    kinds = {"moan": TouchpointKind("moan", tone="complaint")}
    moan = replace(post("Grazie, chiamatemi"), kind="moan")
    assert Reading("", "call_me", "complaint") == reading_of(moan, replace(SMALL, touchpoints=kinds))


def test_thanks_beside_a_theme_ask_for_something_and_plain_praise_does_not() -> None:
    assert Reading("card", "", "") == reading_of(post("Grazie, la carta"), SMALL)
    assert Reading("card", "praise", "praise") == reading_of(post("Complimenti per la carta"), SMALL)
    assert Reading("", "praise", "praise") == reading_of(post("Grazie"), SMALL)


def test_a_policy_without_a_reader_reads_nothing() -> None:
    assert Reading("loan", "", "") == reading_of(post("Vergogna, la carta!", "loan"), Policy("v"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi, what does your prepaid card cost?", "prepaid_card"),
        ("Hello, I noticed my token is flat. What do I do, I must make a transfer?", "token"),
        ("Vorrei un mutuo per una casa più grande", "mortgage"),
        ("quanto rende il fondo PENSIONE?", "pension"),
        ("mi hanno clonata la carta di credito", "credit_card"),
        ("Il mio IBAN?", "current_account"),
        ("La carta funziona in Libano?", ""),
    ],
)
def test_posts_of_the_journeys_are_routed_by_the_banks_words(text: str, expected: str) -> None:
    assert expected == reading_of(post(text), bank()).theme


# ---- an intent starts actions and needs ----------------------------------------------------------------------------

CALLED = NeedKind("called", (), HOUR, DAY, intents=("call_me",))
CALL = action("call", "service", "service_request", "call_centre", "", answers=("called",),
              when=(Trigger("need", "called"),))  # fmt: skip
SORRY = action("sorry", "service", "contract", "email", "", when=(Trigger("intent", "complaint"),))


def with_intents() -> Log:
    needs = {**SMALL.needs, "called": CALLED}
    return known(Log(with_actions(*SMALL.actions.values(), CALL, SORRY, needs=needs)))


def test_an_intent_makes_an_action_a_candidate() -> None:
    log = with_intents()
    log.happen(touch("view", "card"))
    assert [] == [name for name in log.names() if name == "sorry"]
    log.happen(replace(touch("view", "card"), text="Un reclamo: che vergogna"))
    assert "sorry" in log.names()
    assert "complaint" == log.records()[-1].event_detail


def test_an_intent_opens_its_need_instead_of_the_touchpoints() -> None:
    log = with_intents()
    log.happen(post("La carta? Chiamatemi"))
    assert [("called", "card")] == [(need.kind, need.theme) for need in log.party().needs]
    log.happen(post("La carta?"))
    assert ["called", "question"] == [need.kind for need in log.party().needs]


def test_what_we_write_ourselves_has_no_intent() -> None:
    log = with_intents()
    log.happen(replace(touch("view", "card"), text="Un reclamo, chiamatemi", direction=Direction.OUTBOUND))
    assert ("", []) == (log.records()[-1].event_detail, log.party().needs)


@pytest.mark.parametrize(("text", "opens"), [("Non scrivetemi", []), ("Non scrivetemi, vergogna", ["question"])])
def test_who_asks_only_that_we_stop_waits_for_no_answer(text: str, opens: list[str]) -> None:
    log = with_intents()
    log.happen(post(text))
    assert opens == [need.kind for need in log.party().needs]


def test_a_complaint_in_a_text_weighs_like_one_that_is_declared() -> None:
    log = with_intents()
    log.happen(post("Voglio fare reclamo"))
    assert log.party().pressure > 0
