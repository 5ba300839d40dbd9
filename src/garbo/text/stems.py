"""Stems: "mutuo" and "mutui" are one word. By Snowball, a stemmer for each language; a language without one has none.

A stem is a function of the word and of the pinned version of the library, whose stemmers in Python are used even where
a compiled one is installed.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import import_module
from typing import Protocol

# ISO 639-1 code -> Snowball's name.
STEMMERS: Mapping[str, str] = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip

# A stemmer's time grows with the square of a word's length, and no word of a language is longer.
LONGEST_WORD = 40
# Words remembered, of all languages: the common ones are stemmed once.
REMEMBERED = 20_000


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - Snowball's name


@lru_cache(maxsize=REMEMBERED)
def stem(word: str, language: str) -> str:
    """The stem of a folded `word`; the word itself where the language has no stemmer."""
    kind = _stemmer(language)
    # A stemmer holds the word it works on: one for each call, since threads may read at the same time.
    return kind().stemWord(word) if kind is not None and len(word) <= LONGEST_WORD else word


@cache
def _stemmer(language: str) -> "type[_Stemmer] | None":
    name = STEMMERS.get(language)
    if name is None:
        return None
    found: type[_Stemmer] = getattr(import_module(f"snowballstemmer.{name}_stemmer"), f"{name.capitalize()}Stemmer")
    return found
