"""The bank's policy and the golden journeys, played by `garbo.testing`."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from garbo import testing
from garbo.core.policy.policy import Policy
from garbo.processors.ports import InboundMessage
from garbo.stories.model import Story
from garbo.testing import Driver, load_policy
from tests.policies import stories, story

BANK = Path(__file__).parents[3] / "examples" / "bank"


@cache
def bank() -> Policy:
    """The policy of the golden journeys."""
    return load_policy(BANK)


def edited(file: str, *edits: tuple[str, str]) -> Policy:
    """The bank's policy after each (old, new) edit of `file`; an edit that finds nothing is the test's mistake."""
    return load_policy(BANK, {file: edits})


def play(
    facts: Iterable[InboundMessage],
    until: str | int,
    policy: Policy | None = None,
    *,
    partitions: int = 4,
    times: int = 1,
) -> Driver:
    """The driver after `facts`, each sent `times` times, and time passing to `until`."""
    return testing.play(policy or bank(), facts, until, partitions=partitions, times=times)


def golden() -> tuple[Story, ...]:
    """The stories that `garbo demo` plays."""
    return stories("bank")


def bank_story(name: str) -> Story:
    """The bank's story or case of this name."""
    return story("bank", name)


def play_story(of: Story, policy: Policy | None = None, *, partitions: int = 4, times: int = 1) -> Driver:
    return play(of.messages, of.until, policy, partitions=partitions, times=times)


def in_order(*groups: Sequence[InboundMessage]) -> list[InboundMessage]:
    """The facts of several stories as one stream; at one instant, in the order given."""
    return sorted((fact for group in groups for fact in group), key=lambda fact: fact.at)
