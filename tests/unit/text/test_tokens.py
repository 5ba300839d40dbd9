"""Tokens: words by their boundaries, folded; the signs that matter; no more than the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbo.text.stems import LONGEST_WORD, STEMMERS, stem
from garbo.text.tokens import MOST_CHARACTERS, is_word, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Caffè PERCHÉ", ["caffe", "perche"]),
        ("l'IBAN dell’estero", ["l", "iban", "dell", "estero"]),
        ("top-up_now", ["top", "up", "now"]),
        ("Perché? No!", ["perche", "?", "no", "!"]),
        ("«ciao» (ok)", ["ciao", "(", "ok", ")"]),
        ("grazieeee bellisssima soooo", ["grazie", "bellissima", "so"]),
        ("1000 euro", ["1000", "euro"]),
        ("bravi 👏🏽👏❤️", ["bravi", "👏", "👏", "❤"]),
        ("Straße ŁÓDŹ", ["strasse", "łodz"]),
        ("ﬁliale", ["filiale"]),
        ("uno… due", ["uno", "\n", "due"]),
    ],
)
def test_words_and_signs(text: str, expected: list[str]) -> None:
    assert expected == tokens(text)


def test_a_long_text_is_read_up_to_the_limit() -> None:
    assert ["a"] * (MOST_CHARACTERS // 2) == tokens("a " * MOST_CHARACTERS)


@given(st.text(max_size=300))
def test_any_text_has_tokens_that_stay_what_they_are(text: str) -> None:
    found = tokens(text)
    assert found == tokens(" ".join(found))
    assert all((token and not token.isspace()) or token == "\n" for token in found)


def test_one_stem_for_the_forms_of_a_word() -> None:
    assert stem("mutuo", "it") == stem("mutui", "it")
    assert stem("complaint", "en") == stem("complaints", "en")
    assert stem("iban", "it") not in (stem("libano", "it"), "lib")


def test_a_language_without_a_stemmer_and_a_word_of_none_stay_as_they_are() -> None:
    assert "mutui" == stem("mutui", "xx")
    assert "a" * (LONGEST_WORD + 1) == stem("a" * (LONGEST_WORD + 1), "it")


@pytest.mark.parametrize("language", STEMMERS)
def test_every_stemmer_is_there(language: str) -> None:
    assert stem("123", language) == "123"
    assert is_word(stem("informazione", language))
