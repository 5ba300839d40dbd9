"""A text as hashed n-grams: what a learnt reader looks at, and all of a corrected text that is kept for learning.

Rules
 1. The grams are the words and signs, two of them side by side, and `SHORTEST` to `LONGEST` characters of a word with
    its ends marked: "stopping" and "stopped" share most of those.
 2. A gram is its bucket, "#17": a CRC-32 modulo `BUCKETS`, the same on every machine. The text cannot be read from the
    buckets, but a word can be tried on them: they are personal data still, and travel only with consent.
 3. At most `MOST` grams: words first, then pairs, then characters, each kind in the text's order.
 4. All have one value, 1 / sqrt(their number): a long text teaches no more than a short one.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final
from zlib import crc32

from garbo.text.tokens import is_word, tokens

BUCKETS: Final = 8192
MOST: Final = 240  # a learning example may have 256 features (learning.learner.MAX_FEATURES); this leaves room for more
SHORTEST, LONGEST = 3, 5


def ngrams(text: str) -> dict[str, float]:
    """Bucket -> value of the grams of `text`; empty where it has none."""
    found: dict[int, None] = {}
    for gram in _grams(tokens(text)):
        found[crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS] = None
        if len(found) == MOST:
            break
    if not found:
        return {}
    value = 1.0 / sqrt(len(found))
    return {f"#{bucket}": value for bucket in found}


def _grams(read: Sequence[str]) -> Iterator[str]:
    """A pair has a space in it and characters an underscore, as no token has: no kind looks like another."""
    yield from read
    for first, second in pairwise(read):
        yield f"{first} {second}"
    for token in read:
        if is_word(token):
            marked = f"_{token}_"
            for length in range(SHORTEST, LONGEST + 1):
                for start in range(len(marked) - length + 1):
                    # The second mark parts them from words: "_un_" is no word, and "ord" of "words" might be one.
                    yield "_" + marked[start : start + length]
