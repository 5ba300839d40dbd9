"""Phrases: the longest wins, languages mix, gaps and exact words, no phrase across a clause."""

import pytest

from garbo.text.phrases import ANY, GAP, Phrases, text_of, words_of

BOTH = ("it", "en")


def found(text: str, **given: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Each hit as its label and its words."""
    read = text_of(text, BOTH)
    return [(hit.phrase.label, " ".join(read.tokens[hit.start : hit.end])) for hit in Phrases(given, BOTH).find(read)]


CARDS = {"deposit": {"it": ["conto deposito"]}, "account": {"it": ["conto"], "en": ["account"]}}


def test_the_longest_phrase_takes_the_words_of_shorter_ones() -> None:
    assert [("deposit", "conto deposito"), ("account", "conti")] == found("Un conto deposito e due conti", **CARDS)
    assert [("account", "account"), ("account", "conto")] == found("my account, il conto", **CARDS)


def test_a_word_is_no_part_of_another() -> None:
    assert [] == found("Il Libano è scontornato", iban={ANY: ["iban"]}, account={"it": ["conto"]})


def test_of_two_that_overlap_the_first_in_the_text_counts_and_then_the_first_declared() -> None:
    chain = {"a": {"it": ["uno due"]}, "b": {"it": ["due tre"]}}
    assert [("a", "uno due")] == found("uno due tre", **chain)
    assert [("x", "uno")] == found("uno", x={"it": ["uno"]}, y={"it": ["uno"]})


def test_a_gap_is_at_most_so_many_words_of_one_clause() -> None:
    gap = {"stop": {"it": ["non ... ricevere"]}}
    assert [("stop", "non ricevere")] == found("non ricevere", **gap)
    assert [("stop", "non a b c ricevere")] == found("non a b c ricevere", **gap)
    assert [] == found("non " + "a " * (GAP + 1) + "ricevere", **gap)
    assert [] == found("non a, ricevere", **gap)


def test_a_word_in_brackets_is_this_form_only() -> None:
    call = {"call": {"en": ["[call] me"]}}
    assert [("call", "call me")] == found("please call me", **call)
    assert [] == found("nobody called me", **call)


def test_a_whole_text_says_nothing_else() -> None:
    stop = {"stop": {ANY: ["=stop"]}}
    assert [("stop", "stop")] == found("STOP!!", **stop)
    assert [] == found("stop my transfer", **stop)


def test_signs_and_symbols_are_words_of_a_phrase_too() -> None:
    assert [("q", "?"), ("clap", "👏")] == found("davvero? 👏", q={ANY: ["?"]}, clap={ANY: ["👏"]})


@pytest.mark.parametrize("phrase", ["", "...", "--", "[]", "= "])
def test_what_has_no_word_is_no_phrase(phrase: str) -> None:
    assert () == words_of(phrase, "it")
