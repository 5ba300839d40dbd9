"""Phrases found in the tokens of a text: the longest ones, each with its label.

Rules
 1. A phrase is one word or several, one after the other. Words are compared by their stems, "[call]" is this word only,
    and "..." stands for at most `GAP` other words. "=stop" is in a text that says nothing else.
 2. Each language of the policy has its own stems, and all of them look at the whole text: languages may mix.
 3. Where phrases overlap, the one of most words counts; among equals the first in the text, then the first declared.
 4. No phrase reaches across the end of a clause, unless it names that sign.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from garbo.text.stems import stem
from garbo.text.tokens import CLAUSE_ENDS, is_word, tokens

# What "..." in a phrase stands for: none of the words between, or up to so many.
GAP = 3

ANY = "any"  # the key of phrases that are for every language of the policy
WHOLE = "="

_PART = re.compile(r"\[[^\[\]]*\]|\.\.\.")


class Word(NamedTuple):
    """A place of a phrase. stem "": a gap. exact: the word, where no other word of its stem will do."""

    stem: str
    exact: str = ""


class Phrase(NamedTuple):
    """order: its place among the phrases as they are declared. whole: it is all that the text says."""

    words: tuple[Word, ...]
    label: str
    order: int
    whole: bool = False

    @property
    def length(self) -> int:
        """Its words, without gaps."""
        return sum(1 for word in self.words if word.stem)


class Hit(NamedTuple):
    """A phrase in a text, from the token `start` up to `end`."""

    phrase: Phrase
    start: int
    end: int


class Text(NamedTuple):
    """A text as its reader sees it. stems: language -> of each token, in order."""

    tokens: Sequence[str]
    stems: Mapping[str, Sequence[str]]


class Phrases:
    """The phrases of all labels, by language and first stem."""

    def __init__(self, given: Mapping[str, Mapping[str, Sequence[str]]], languages: Sequence[str]) -> None:
        """given: label -> language, or `ANY` -> phrases."""
        self._by_first: dict[str, dict[str, list[Phrase]]] = {language: {} for language in languages}
        order = 0
        for label, words in given.items():
            for spoken, phrases in words.items():
                for phrase in phrases:
                    order += 1
                    for language in languages if spoken == ANY else (spoken,):
                        found = words_of(phrase, language)
                        if found:
                            known = self._by_first.setdefault(language, {}).setdefault(found[0].stem, [])
                            known.append(Phrase(found, label, order, phrase.startswith(WHOLE)))

    def find(self, text: Text) -> list[Hit]:
        """The phrases in a text, in its order."""
        found: list[Hit] = []
        for language, stems in text.stems.items():
            first = self._by_first.get(language)
            if not first:
                continue
            for start, word in enumerate(stems):
                for phrase in first.get(word, ()):
                    end = _match(phrase.words, text.tokens, stems, start)
                    if end and not (phrase.whole and _others(text.tokens, start, end)):
                        found.append(Hit(phrase, start, end))
        return _longest(found) if len(found) > 1 else found


def words_of(phrase: str, language: str) -> tuple[Word, ...]:
    """The phrase as an analyst writes it, in the stems of `language`; empty if it has no word and no sign."""
    found: list[Word] = []
    done = 0
    rest = phrase.removeprefix(WHOLE)
    for special in _PART.finditer(rest):
        found += [Word(_stem(token, language)) for token in tokens(rest[done : special.start()])]
        done = special.end()
        if special[0] == "...":
            found.append(Word(""))
        else:
            found += [Word(_stem(token, language), token) for token in tokens(special[0][1:-1])]
    found += [Word(_stem(token, language)) for token in tokens(rest[done:])]
    return tuple(found) if any(word.stem for word in found) else ()


def text_of(written: str, languages: Iterable[str]) -> Text:
    """The tokens of a text, and their stems in each language."""
    read = tokens(written)
    return Text(read, {name: [_stem(token, name) for token in read] for name in languages})


def _stem(token: str, language: str) -> str:
    return stem(token, language) if is_word(token) else token


def _others(read: Sequence[str], start: int, end: int) -> bool:
    """Are there words besides those from `start` to `end`?"""
    return any(is_word(token) for token in (*read[:start], *read[end:]))


def _longest(found: list[Hit]) -> list[Hit]:
    """Those of which no part belongs to a longer one."""
    found.sort(key=lambda hit: (-hit.phrase.length, hit.start, hit.phrase.order, hit.end))
    taken: set[int] = set()
    kept = []
    for hit in found:
        span = range(hit.start, hit.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def _match(phrase: Sequence[Word], read: Sequence[str], stems: Sequence[str], start: int) -> int:
    """The end of `phrase` if it begins at `start`; 0 if it does not."""
    place = start
    for index, word in enumerate(phrase):
        if not word.stem:
            return _after_gap(phrase[index + 1 :], read, stems, place)
        if place >= len(stems) or stems[place] != word.stem or (word.exact and read[place] != word.exact):
            return 0
        place += 1
    return place


def _after_gap(rest: Sequence[Word], read: Sequence[str], stems: Sequence[str], start: int) -> int:
    """The end of what follows a gap that begins at `start`: the nearest; 0 if it does not follow."""
    for place in range(start, min(start + GAP, len(stems)) + 1):
        if place > start and read[place - 1] in CLAUSE_ENDS:
            return 0
        end = _match(rest, read, stems, place)
        if end:
            return end
    return 0
