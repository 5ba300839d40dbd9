"""The steps along the life cycle, as values."""

from typing import NamedTuple

from garbo.core.policy.vocabulary import Vocabulary


class Step(NamedTuple):
    """One move along the life cycle. dwell_ms: how long the party had been at `origin`, 0 if unknown."""

    origin: str
    target: str
    dwell_ms: int


def lifecycle_steps(words: Vocabulary, current: str, since: int, target: str, at: int) -> list[Step]:
    """The steps from the state `current`, entered at `since` (ms, 0: unknown), to `target`; none if it is illegal."""
    found = []
    for state in words.steps(current, target):
        found.append(Step(current, state, dwell(since, at)))
        current, since = state, at
    return found


def dwell(since: int, at: int) -> int:
    """Milliseconds from `since` to `at`: 0 when `since` is unknown (0) or later."""
    return max(at - since, 0) if since else 0
