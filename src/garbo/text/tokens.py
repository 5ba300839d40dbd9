"""A text as tokens: words without case and accents, and the signs that matter.

Rules
 1. A word is a run of letters and digits, so "Iban" is no part of "Libano". Apostrophes and hyphens part words.
 2. Case and accents are folded; a letter written three times or more counts as written for emphasis ("bastaaa").
 3. Signs that end a clause, "?" and "!", and symbols such as emoji are tokens of their own. Nothing else is one.
 4. Only the first `MOST_CHARACTERS` are read: a longer text costs no more.
"""

import re
import unicodedata

# A page of a letter. What comes later rarely changes what it is about, and a worker must not wait for it.
MOST_CHARACTERS = 2000

# No phrase and no negation reaches across one of these.
CLAUSE_ENDS = frozenset(".,;:!?…\n()")

_TOKEN = re.compile(r"[^\W_]+|[.,;:!?…\n()]|[^\w\s]")
_EMPHASIS = re.compile(r"([^\W\d_])\1{2,}")
_ACCENTS = re.compile("[\u0300-\u036f\ufe00-\ufe0f\u200d\U0001f3fb-\U0001f3ff]")  # and what only varies an emoji
_VOWELS = frozenset("aeiou")


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in their order."""
    read = fold(text[:MOST_CHARACTERS])
    return [token for token in _TOKEN.findall(read) if token.isalnum() or token in CLAUSE_ENDS or _symbol(token)]


def fold(text: str) -> str:
    """The text in lower case, without accents and without the letters that only give emphasis."""
    if text.isascii():
        plain = text.lower()
    else:
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.replace("…", "\n")).casefold())
        plain = unicodedata.normalize("NFC", plain)
    return _EMPHASIS.sub(_emphasis, plain)


def is_word(token: str) -> bool:
    """Is the token a word, and no sign?"""
    return token.isalnum()


def _emphasis(found: re.Match[str]) -> str:
    """Vowels are rarely double in the languages at hand, consonants often are."""
    letter = found[1]
    return letter if letter in _VOWELS else letter * 2


def _symbol(token: str) -> bool:
    """Emoji and the like. Quotation marks, dashes and brackets are none."""
    return unicodedata.category(token) == "So"
