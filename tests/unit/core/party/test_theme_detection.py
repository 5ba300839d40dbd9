"""Theme detection: a declared theme is believed; free text suggests one by its words, and is dropped."""

import pytest

from garbo.core.party.theme_detection import theme_of
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Touchpoint
from tests.golden.histories.playing import bank
from tests.unit.core.small import SMALL


def post(text: str, theme: str = "") -> Touchpoint:
    return Touchpoint(Channel.SOCIAL, "post", theme=theme, text=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("hello", ""),
        ("my CARD", "card"),
        ("la mia Carta", "card"),
        ("a loan for the card", "card"),
        ("un prestito, un loan: un mutuo per la carta", "loan"),
        ("card card card loan mutuo", "loan"),
        ("scarda", "card"),
        ("💳 card 💳", "card"),
        ("c a r d", ""),
    ],
)
def test_theme_with_most_distinct_words_wins_and_the_first_among_equals(text: str, expected: str) -> None:
    assert expected == theme_of(post(text), SMALL)


def test_declared_theme_is_believed_whatever_the_text() -> None:
    assert "loan" == theme_of(post("card carta", "loan"), SMALL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi, what does your prepaid card cost?", "prepaid_card"),
        ("Hello, I noticed my token is flat. What do I do, I must make a transfer?", "token"),
        ("Vorrei un mutuo per una casa più grande", "mortgage"),
        ("quanto rende il fondo PENSIONE?", "pension"),
        ("mi hanno clonata la carta di credito", "credit_card"),
    ],
)
def test_posts_of_the_journeys_are_routed_by_the_banks_words(text: str, expected: str) -> None:
    assert expected == theme_of(post(text), bank())
