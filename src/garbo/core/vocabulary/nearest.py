"""The nearest known word to an unknown one, for messages that say what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

# A word as policies write them; anything else in its place may be personal data, and is not repeated.
_WORD: Final = re.compile(r"[A-Za-z0-9_./+-]{1,64}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?" if a known name is similar; otherwise the known names if they are few; otherwise ""."""
    names = sorted(set(known))
    if near := nearest(name, names):
        return f"; did you mean '{near}'?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`; "" if none is."""
    near = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.6)
    return near[0] if near else ""


def quoted(word: str) -> str:
    """`word` in quotes, if it looks like a word of a policy; else only its length."""
    return f"'{word}'" if _WORD.fullmatch(word) else f"of {len(word)} characters"
