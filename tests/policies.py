"""The policies in `examples/` and their stories, for tests that hold for each of them."""

from functools import cache
from pathlib import Path

from garbo.core.policy.policy import Policy
from garbo.stories.loader import FOLDER, load_stories
from garbo.stories.model import Story
from garbo.testing import load_policy

EXAMPLES = Path(__file__).parents[1] / "examples"


@cache
def policy_of(name: str) -> Policy:
    """The policy in `examples/NAME`."""
    return load_policy(EXAMPLES / name)


def policies() -> list[str]:
    """The names of the policies that have stories."""
    return sorted(folder.parent.name for folder in EXAMPLES.glob(f"*/{FOLDER}"))


@cache
def stories(policy: str, *, cases: bool = False) -> tuple[Story, ...]:
    """The stories of one policy, or its further cases."""
    return tuple(load_stories(EXAMPLES / policy, policy_of(policy), cases=cases))


def story(policy: str, name: str) -> Story:
    """One of them, by its name."""
    return next(s for cases in (False, True) for s in stories(policy, cases=cases) if s.name == name)
