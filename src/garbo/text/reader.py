"""A text read by the words of a policy: what it is about, what its author wants, how it sounds.

Rules
 1. Theme: most distinct phrases wins, then the longest phrase, then the first declared.
 2. A negation up to `REACH` words before a phrase, in the same clause, takes it back: "no complaint at all". Themes
    and questions stay. Negated praise sounds negative.
 3. Tone: most distinct phrases wins, the first declared among equals. A sign of sarcasm turns praise into a complaint.
 4. Intent: the first declared one of which the text has a phrase. What sounds like a complaint and asks for nothing
    else but an answer is the intent `complaint`, and what complains sounds so. Thanks beside a request are manners.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from garbo.core.policy.reading import COMPLAINT, INTENT, NO_TEXT_MODELS, PRAISE, THEME, Reading, TextModels
from garbo.text.phrases import Hit, Phrases, Text, text_of
from garbo.text.tokens import CLAUSE_ENDS

NEGATIVE, QUESTION = "negative", "question"

# Words between a negation and what it takes back: "non è un servizio pessimo".
REACH = 3

Words = Mapping[str, Sequence[str]]
"""Language, or `phrases.ANY` -> words and phrases."""


class Seeds(Struct, frozen=True):
    """The words of a policy, in the order in which they are declared. themes, intents, tones: name -> words."""

    languages: tuple[str, ...] = ("it",)
    themes: Mapping[str, Words] = {}
    intents: Mapping[str, Words] = {}
    tones: Mapping[str, Words] = {}
    negations: Words = {}
    sarcasm: Words = {}


class SeedReader:
    """Reads by `Seeds` alone. Pure, and the same on every machine."""

    learns: tuple[str, ...] = ()

    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        languages = seeds.languages
        self._themes = Phrases(seeds.themes, languages)
        self._intents = Phrases(seeds.intents, languages)
        self._tones = Phrases(seeds.tones, languages)
        self._negations = Phrases({"negation": seeds.negations}, languages)
        self._sarcasm = Phrases({"sarcasm": seeds.sarcasm}, languages)
        self._known = bool(seeds.themes or seeds.intents or seeds.tones)

    def names(self, part: str) -> Collection[str]:
        """The names of the policy for this part of a reading."""
        given = {THEME: self.seeds.themes, INTENT: self.seeds.intents}
        return tuple(given[part]) if part in given else tuple(dict.fromkeys((*self.seeds.tones, NEGATIVE)))

    def read(self, text: str, languages: Sequence[str], models: TextModels = NO_TEXT_MODELS) -> Reading:
        """The reading of `text`, in those of `languages` that the seeds have words for; without one, in all."""
        if not text or not self._known:
            return Reading()
        known = self.seeds.languages
        read = text_of(text, [name for name in known if name in languages] or known)
        tones, intents = self._tones.find(read), self._intents.find(read)
        # "I can't stand it any more" is a phrase: its "can't" takes back nothing that comes after.
        inside = {place for hit in (*tones, *intents) for place in range(hit.start, hit.end)}
        negations = [hit.end for hit in self._negations.find(read) if inside.isdisjoint(range(hit.start, hit.end))]
        theme = _most(self._themes.find(read), tuple(self.seeds.themes))
        tone = self._tone(tones, read, negations)
        intent = self._intent(intents, read, negations)
        if not tone and intent == PRAISE:
            tone = PRAISE
        if intent == COMPLAINT or (tone == PRAISE and self._sarcasm.find(read)):
            tone = COMPLAINT
        if tone == COMPLAINT and intent in ("", QUESTION, PRAISE) and COMPLAINT in self.seeds.intents:
            intent = COMPLAINT
        elif tone == PRAISE and intent not in ("", PRAISE):
            tone = ""
        elif tone == PRAISE and not theme and PRAISE in self.seeds.intents:
            intent = PRAISE
        return Reading(theme, intent, tone)

    def examples(self, text: str, languages: Sequence[str], right: Mapping[str, str]) -> Mapping[str, dict[str, float]]:
        """Nothing: the words of a policy do not learn."""
        return {}

    def _tone(self, hits: Sequence[Hit], read: Text, negations: Sequence[int]) -> str:
        counted: dict[str, set[int]] = {}
        for hit in hits:
            label = hit.phrase.label
            if not _negated(hit, read, negations):
                counted.setdefault(label, set()).add(hit.phrase.order)
            elif label == PRAISE:
                counted.setdefault(NEGATIVE, set()).add(hit.phrase.order)
        order = [*self.seeds.tones, NEGATIVE]
        return min(counted, key=lambda tone: (-len(counted[tone]), order.index(tone)), default="")

    def _intent(self, hits: Sequence[Hit], read: Text, negations: Sequence[int]) -> str:
        found = {hit.phrase.label for hit in hits if hit.phrase.label == QUESTION or not _negated(hit, read, negations)}
        return next((intent for intent in self.seeds.intents if intent in found), "")


def _most(hits: Sequence[Hit], order: Sequence[str]) -> str:
    """The label of most distinct phrases, then of the longest one, then the first of `order`; "" without any."""
    counted: dict[str, set[int]] = {}
    longest: dict[str, int] = {}
    for hit in hits:
        label = hit.phrase.label
        counted.setdefault(label, set()).add(hit.phrase.order)
        longest[label] = max(longest.get(label, 0), hit.phrase.length)
    return min(counted, key=lambda label: (-len(counted[label]), -longest[label], order.index(label)), default="")


def _negated(hit: Hit, read: Text, negations: Sequence[int]) -> bool:
    """Does a negation end before the hit, near enough and in its clause?"""
    return any(
        end <= hit.start <= end + REACH and CLAUSE_ENDS.isdisjoint(read.tokens[end : hit.start]) for end in negations
    )
