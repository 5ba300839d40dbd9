"""Hashed n-grams: bounded, of length 1, the same everywhere, and no text among them."""

import os
import subprocess
import sys
from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from garbo.learning.learner import MAX_FEATURES
from garbo.text.ngrams import BUCKETS, MOST, ngrams


@given(st.text(max_size=400))
def test_the_features_of_a_text_are_few_and_of_length_one(text: str) -> None:
    found = ngrams(text)
    assert len(found) <= MOST < MAX_FEATURES
    assert not found or isclose(1.0, sum(value * value for value in found.values()))
    assert all(key[0] == "#" and 0 <= int(key[1:]) < BUCKETS for key in found)


def test_words_of_one_stem_share_most_of_their_characters() -> None:
    assert len(ngrams("mutui").keys() & ngrams("MUTUO").keys()) >= 3
    assert not ngrams("mutui").keys() & ngrams("carta").keys()
    assert ngrams("Perché no?") == ngrams("perche no?")


def test_a_long_text_keeps_its_words_before_its_characters() -> None:
    words = [f"parola{n}" for n in range(60)]
    long, short = ngrams(" ".join(words)), ngrams(words[0])
    assert MOST == len(long)
    assert next(iter(short)) == next(iter(long))
    assert ngrams(" ".join(words)).keys() > {next(iter(ngrams(word))) for word in words}


def test_order_counts_by_the_pairs_of_words() -> None:
    assert ngrams("non mi piace").keys() != ngrams("mi piace non").keys()
    assert not ngrams("")
    assert not ngrams("- _ -")


def test_the_same_in_another_process_under_another_hash_seed() -> None:
    text = "Vergogna! Il bonifico non è arrivato, chiamatemi 🙄"
    code = f"from garbo.text.ngrams import ngrams; print(ngrams({text!r}))"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        made = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert made.stdout.strip() == str(ngrams(text)), made.stderr
