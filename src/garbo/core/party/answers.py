"""Which counters of a row an answer to a contact moves."""

from collections.abc import Iterator, Mapping
from typing import Final

from garbo.core.policy.lookups import IGNORED, NEGATIVE, POSITIVE, answer_key, response_key
from garbo.core.policy.vocabulary import REACTED, REFUSING, Meaning

ANSWERS: Final[Mapping[str, frozenset[Meaning]]] = {
    POSITIVE: REACTED - {Meaning.NEGATIVE},
    NEGATIVE: REFUSING,
    IGNORED: frozenset({Meaning.IGNORED}),
}


def answers(meaning: Meaning, channel: str) -> Iterator[str]:
    """The counters of an answer on `channel`."""
    if meaning in REACTED:
        yield response_key(channel)
    for how, meanings in ANSWERS.items():
        if meaning in meanings:
            yield answer_key(how, channel)
