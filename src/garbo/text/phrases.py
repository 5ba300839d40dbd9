"""Phrases found in the tokens of a text: the longest ones, each with its label.

Rules
 1. A phrase is one word or several, one after the other. "..." in it stands for at most `GAP` other words.
 2. Each language of the policy has its own stems, and all of them look at the whole text: languages may mix.
 3. Where phrases overlap, the one of most words counts; among equals the first in the text, then the first declared.
 4. No phrase reaches across the end of a clause, unless it names that sign.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from garbo.text.stems import stem
from garbo.text.tokens import CLAUSE_ENDS, is_word, tokens

# What "..." in a phrase stands for: none of the words between, or up to so many.
GAP = 3

ANY = "any"  # the key of phrases that are for every language of the policy


class Phrase(NamedTuple):
    """stems: "" stands for a gap. order: its place among the phrases as they are declared."""

    stems: tuple[str, ...]
    label: str
    order: int

    @property
    def words(self) -> int:
        return sum(map(bool, self.stems))


class Hit(NamedTuple):
    """A phrase in a text, from the token `start` up to `end`."""

    phrase: Phrase
    start: int
    end: int


class Phrases:
    """The phrases of all labels, by language and first stem."""

    def __init__(self, given: Mapping[str, Mapping[str, Sequence[str]]], languages: Sequence[str]) -> None:
        """given: label -> language, or `ANY` -> phrases."""
        self._by_first: dict[str, dict[str, list[Phrase]]] = {language: {} for language in languages}
        order = 0
        for label, words in given.items():
            for spoken, phrases in words.items():
                for phrase in phrases:
                    for language in languages if spoken == ANY else (spoken,):
                        stems = stems_of(phrase, language)
                        if stems:
                            known = self._by_first.setdefault(language, {}).setdefault(stems[0], [])
                            known.append(Phrase(stems, label, order))
                    order += 1

    def find(self, read: Mapping[str, Sequence[str]]) -> list[Hit]:
        """The phrases in a text, in its order. read: language -> the text's stems."""
        found: list[Hit] = []
        for language, stems in read.items():
            first = self._by_first.get(language)
            if not first:
                continue
            for start, word in enumerate(stems):
                for phrase in first.get(word, ()):
                    end = _match(phrase.stems, stems, start)
                    if end:
                        found.append(Hit(phrase, start, end))
        if len(found) < 2:
            return found
        found.sort(key=lambda hit: (-hit.phrase.words, hit.start, hit.phrase.order, hit.end))
        taken: set[int] = set()
        kept = []
        for hit in found:
            span = range(hit.start, hit.end)
            if taken.isdisjoint(span):
                taken.update(span)
                kept.append(hit)
        return sorted(kept, key=lambda hit: hit.start)


def stems_of(phrase: str, language: str) -> tuple[str, ...]:
    """The phrase as stems, with "" for "..."; empty if it has no word and no sign."""
    found: list[str] = []
    for part in phrase.split("..."):
        words = [stem(token, language) if is_word(token) else token for token in tokens(part)]
        found += ["", *words] if found and words else words
    return tuple(found)


def stems_by_language(words: Sequence[str], languages: Iterable[str]) -> dict[str, list[str]]:
    """The tokens of a text as stems, for each language."""
    return {name: [stem(word, name) if is_word(word) else word for word in words] for name in languages}


def _match(phrase: tuple[str, ...], stems: Sequence[str], start: int) -> int:
    """The end of `phrase` if it begins at `start`; 0 if it does not."""
    position, index = start, 0
    while index < len(phrase):
        if phrase[index]:
            if position >= len(stems) or stems[position] != phrase[index]:
                return 0
            position += 1
            index += 1
            continue
        # A gap: try the nearest continuation first. A phrase has few of them, and each reaches GAP words.
        rest = phrase[index + 1 :]
        for skipped in range(GAP + 1):
            if skipped and (position + skipped > len(stems) or stems[position + skipped - 1] in CLAUSE_ENDS):
                return 0
            end = _match(rest, stems, position + skipped)
            if end:
                return end
        return 0
    return position
