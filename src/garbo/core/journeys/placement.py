"""Which steps follow from what happened: arithmetic over states, stages and instants.

Rules
 1. Values in, steps out. `core.party.placement` applies the steps to a row.
 2. Of the journey's rules for a trigger, the first that fits counts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from garbo.core.policy.journey import StageRule
from garbo.core.policy.vocabulary import Vocabulary

JOURNEY, LIFECYCLE = "journey", "lifecycle"


class Step(NamedTuple):
    """One move along `axis`, JOURNEY or LIFECYCLE. dwell_ms: how long the party had been at `origin`, 0 if unknown."""

    axis: str
    origin: str
    target: str
    dwell_ms: int


def lifecycle_steps(words: Vocabulary, current: str, since: int, target: str, at: int) -> list[Step]:
    """The steps from the state `current`, entered at `since` (ms, 0: unknown), to `target`; none if it is illegal."""
    found = []
    for state in words.steps(current, target):
        found.append(Step(LIFECYCLE, current, state, dwell(since, at)))
        current, since = state, at
    return found


def stage_step(current: str, since: int, rules: Sequence[StageRule], theme: str, at: int) -> Step | None:
    """The step from the stage `current`, entered at `since` (ms, 0: unknown), when something about `theme` happens."""
    for rule in rules:
        if rule.origin in ("*", current) and rule.target != current and rule.theme in ("", theme):
            return Step(JOURNEY, current, rule.target, dwell(since, at))
    return None


def dwell(since: int, at: int) -> int:
    """Milliseconds from `since` to `at`: 0 when `since` is unknown (0) or later."""
    return max(at - since, 0) if since else 0
