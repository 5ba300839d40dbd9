"""A reader that begins with the policy's words and goes on with what staff has corrected.

Rules
 1. Each of theme, intent and tone that the policy lets learn has a model of its own, "text.intent". Without a model, or
    where it knows none of the policy's names, the words' reading stands.
 2. A text in which the words find a wish to `stop` keeps it: it is an objection, and no correction takes it back.
 3. What has the intent `complaint` sounds like one.
 4. The reading names the versions of the models that answered, for the decision record.
"""

from collections.abc import Collection, Mapping, Sequence

from garbo.core.policy.reading import (
    COMPLAINT,
    INTENT,
    NO_TEXT_MODELS,
    PARTS,
    STOP,
    THEME,
    TONE,
    Reading,
    TextModels,
    model_of,
)
from garbo.text.linear import SEED_VALUE, class_feature, seed_feature
from garbo.text.ngrams import ngrams
from garbo.text.reader import SeedReader, Seeds


class LearntReader:
    """Implements `core.policy.reading.TextReader` over the seeds. Pure: the same text and models, the same reading."""

    def __init__(self, seeds: SeedReader, learns: Collection[str]) -> None:
        """learns: which of `THEME`, `INTENT` and `TONE` are learnt."""
        self._words, self.learns = seeds, tuple(part for part in PARTS if part in learns)
        self._labels = {part: frozenset(("", *seeds.names(part))) for part in self.learns}

    @property
    def seeds(self) -> Seeds:
        return self._words.seeds

    def names(self, part: str) -> Collection[str]:
        return self._words.names(part)

    def read(self, text: str, languages: Sequence[str], models: TextModels = NO_TEXT_MODELS) -> Reading:
        """The reading of `text` by the words, and by those `models` that there are."""
        read = self._words.read(text, languages)
        grams = ngrams(text) if text else {}
        if not grams:
            return read
        found, versions = {THEME: read.theme, INTENT: read.intent, TONE: read.tone}, []
        for part in self.learns:
            features = {**grams, seed_feature(found[part]): SEED_VALUE}
            answer = models.classify(model_of(part), features, self._labels[part])
            if answer is not None:
                found[part] = answer.label
                versions.append(answer.version)
        if read.intent == STOP:
            found[INTENT] = STOP
        if found[INTENT] == COMPLAINT:
            found[TONE] = COMPLAINT
        return Reading(found[THEME], found[INTENT], found[TONE], tuple(versions))

    def examples(self, text: str, languages: Sequence[str], right: Mapping[str, str]) -> Mapping[str, dict[str, float]]:
        """For each part of `right` that is learnt: n-grams of `text`, what the words read in it, what is right."""
        grams = ngrams(text)
        if not grams:
            return {}
        read = self._words.read(text, languages)
        words = {THEME: read.theme, INTENT: read.intent, TONE: read.tone}
        return {
            part: {**grams, seed_feature(words[part]): SEED_VALUE, class_feature(right[part]): 1.0}
            for part in self.learns
            if right.get(part) in self._labels[part]
        }
