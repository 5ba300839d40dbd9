"""A reader that learns: the words' reading until a model answers, and what no model may take back."""

from collections.abc import Collection, Mapping

import pytest

from garbo.core.policy.reading import Classified, Reading
from garbo.learning.text import TextLearner
from garbo.text.learnt import LearntReader
from garbo.text.linear import OneVsRest, decode
from garbo.text.reader import SeedReader
from tests.unit.core.small import SEEDS

BOTH = ("it", "en")
WORDS = SeedReader(SEEDS)
READER = LearntReader(WORDS, ("tone", "intent", "theme"))
TEXTS = ("", "La carta?", "Complimenti per la carta", "non scrivetemi", "Vergogna, il mutuo!", "bla bla", "- -", "🙄")


class Models:
    """The models that learners have become."""

    def __init__(self, **learners: TextLearner) -> None:
        self._models = {f"text.{part}": OneVsRest(decode(one.state())) for part, one in learners.items()}
        self.asked: list[str] = []

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        self.asked.append(model)
        found = self._models[model].best(features, labels) if model in self._models else None
        return None if found is None else Classified(found, f"{model}@1")


def corrected(text: str, reader: LearntReader = READER, **right: str) -> Models:
    learners = {}
    for part, features in reader.examples(text, BOTH, right).items():
        learners[part] = TextLearner()
        learners[part].learn_one(features, 1)
    return Models(**learners)


@pytest.mark.parametrize("text", TEXTS)
def test_without_a_model_the_words_are_read(text: str) -> None:
    assert READER.read(text, BOTH) == WORDS.read(text, BOTH)
    assert READER.read(text, BOTH, Models()) == WORDS.read(text, BOTH)


@pytest.mark.parametrize("text", TEXTS)
def test_models_without_examples_read_as_the_words_do(text: str) -> None:
    read = READER.read(text, BOTH, Models(theme=TextLearner(), intent=TextLearner(), tone=TextLearner()))
    words = WORDS.read(text, BOTH)
    assert (words.theme, words.intent, words.tone) == (read.theme, read.intent, read.tone)


def test_a_correction_turns_the_reading_of_its_text_and_the_record_can_name_the_model() -> None:
    text = "Ma chi risponde da voi, nessuno"
    assert Reading() == READER.read(text, BOTH)
    models = corrected(text, intent="call_me", tone="negative")
    assert Reading("", "call_me", "negative", ("text.intent@1", "text.tone@1")) == READER.read(text, BOTH, models)


def test_what_is_no_theme_after_all_is_learnt_too() -> None:
    text = "Una carta da parati"
    assert "card" == READER.read(text, BOTH).theme
    assert "" == READER.read(text, BOTH, corrected(text, theme="")).theme


def test_only_what_the_policy_lets_learn_is_asked_and_learnt() -> None:
    reader, models = LearntReader(WORDS, ("intent",)), Models()
    reader.read("La carta?", BOTH, models)
    assert ["text.intent"] == models.asked
    assert ["intent"] == list(reader.examples("La carta?", BOTH, {"theme": "card", "intent": "question"}))


def test_a_name_that_the_policy_does_not_have_is_neither_learnt_nor_read() -> None:
    assert not READER.examples("La carta?", BOTH, {"intent": "buy"})
    learner = TextLearner()
    learner.learn_one({"#1": 1.0, "class=buy": 1.0}, 1)
    read = READER.read("La carta?", BOTH, Models(intent=learner))
    assert ("card", "question") == (read.theme, read.intent)


def test_no_correction_takes_back_a_wish_to_stop() -> None:
    text = "Basta pubblicità, non scrivetemi"
    for right in ("", "question", "call_me"):
        assert "stop" == READER.read(text, BOTH, corrected(text, intent=right)).intent


def test_a_complaint_that_is_learnt_sounds_like_one() -> None:
    text = "Da tre settimane aspetto, grazie"
    assert "praise" == READER.read(text, BOTH).tone
    read = READER.read(text, BOTH, corrected(text, intent="complaint"))
    assert ("complaint", "complaint") == (read.intent, read.tone)


def test_the_names_are_those_of_the_words() -> None:
    assert list(SEEDS.intents) == list(READER.names("intent"))
    assert {"complaint", "negative", "praise"} == set(READER.names("tone"))
    assert {"card", "loan"} == set(READER.names("theme"))
