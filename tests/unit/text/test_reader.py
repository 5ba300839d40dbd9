"""The reader's rules, on seeds of the test's own."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garbo.core.policy.reading import Reading
from garbo.text.phrases import ANY
from garbo.text.reader import SeedReader, Seeds
from tests.unit.core.small import SEEDS

READER = SeedReader(SEEDS)
BOTH = ("it", "en")


def read(text: str) -> tuple[str, str, str]:
    found = READER.read(text, BOTH)
    return found.theme, found.intent, found.tone


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("hello", ""),
        ("my CARD", "card"),
        ("le mie Carte", "card"),
        ("a loan for the card", "card"),  # as many of each: the first declared
        ("un prestito, un loan: un mutuo per la carta", "loan"),  # three to one
        ("card card card loan mutuo", "loan"),  # distinct ones count
        ("scarda, discard", ""),
        ("c a r d", ""),
        ("non voglio la carta", "card"),  # negation does not change what it is about
    ],
)
def test_the_theme_with_most_distinct_phrases(text: str, theme: str) -> None:
    assert theme == read(text)[0]


@pytest.mark.parametrize(
    ("text", "intent", "tone"),
    [
        ("Quanto costa?", "question", ""),
        ("Chiamatemi? Vergogna", "call_me", "complaint"),  # the first declared intent; the tone stays
        ("Vergogna", "complaint", "complaint"),
        ("Ma che vergogna è questa?", "complaint", "complaint"),
        ("Voglio fare reclamo", "complaint", "complaint"),
        ("Grazie", "praise", "praise"),
        ("Grazie, e la carta?", "question", ""),  # manners
        ("Non scrivetemi, grazie", "stop", ""),
        ("Complimenti", "praise", "praise"),
        ("Complimenti 🙄", "complaint", "complaint"),
        ("🙄", "", ""),
        ("Sono deluso", "", "negative"),
        ("Grazie ma vergogna", "complaint", "complaint"),  # one each: the first declared
    ],
)
def test_intent_and_tone(text: str, intent: str, tone: str) -> None:
    assert (intent, tone) == read(text)[1:]


@pytest.mark.parametrize(
    ("text", "intent", "tone"),
    [
        ("No shame in that", "", ""),
        ("Non è una vergogna", "", ""),
        ("Non è certo poi una vergogna", "complaint", "complaint"),  # too far
        ("No, vergogna!", "complaint", "complaint"),  # another clause
        ("I do not want to complain", "", ""),
        ("Not well done", "", ""),  # praise of another kind than a tone's word
        ("I am not thankful: no thank you", "", "negative"),
        ("Non scrivetemi", "stop", ""),  # the negation is a part of the phrase
        ("Non scrivetemi vergogna", "stop", "complaint"),  # and takes back nothing else
        ("Non costa?", "question", ""),
    ],
)
def test_a_negation_takes_back_what_follows_in_its_clause(text: str, intent: str, tone: str) -> None:
    assert (intent, tone) == read(text)[1:]


def test_languages_mix_in_one_text() -> None:
    assert ("card", "complaint", "complaint") == read("La mia card, che shame")


def test_a_language_may_be_left_out_and_an_unknown_one_reads_in_all() -> None:
    assert "" == READER.read("vergogna", ("en",)).tone
    assert "complaint" == READER.read("vergogna", ("fr",)).tone


def test_a_policy_without_complaint_among_its_intents_knows_the_tone_only() -> None:
    reader = SeedReader(Seeds(tones={"complaint": {ANY: ["vergogna"]}}))
    assert Reading("", "", "complaint") == reader.read("Vergogna?", ("it",))


@given(st.text(alphabet=st.sampled_from("non vergogna?. stop card grazie🙄'é"), max_size=200))
def test_any_text_has_a_reading_and_always_the_same(text: str) -> None:
    first = READER.read(text, BOTH)
    assert first == SeedReader(SEEDS).read(text, BOTH)
    assert first.theme in ("", *SEEDS.themes)
    assert first.intent in ("", *SEEDS.intents)
    assert first.tone in ("", *SEEDS.tones)


def test_the_reading_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "from garbo.text.reader import SeedReader\nfrom tests.unit.core.small import SEEDS\n"
        "print(SeedReader(SEEDS).read('card loan mutuo grazie vergogna? 🙄 non scrivetemi', ('it', 'en')))"
    )
    said = set()
    for seed in ("0", "1", "7"):
        done = subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.add(done.stdout)
    assert len(said) == 1
