"""The public API for tests of a policy: messages in, decisions out, without a broker and without waiting.

`__all__` here and in `garbo.testing.models` (checks for a model) is the API; semantic versioning holds for it
(docs/api.md).
"""

from garbo.errors import PolicyError, StoryError
from garbo.stories.loader import load_stories
from garbo.testing.builders import consent, instant, outcome, profile, touchpoint
from garbo.testing.checks import assert_at, assert_blocked, assert_commands, assert_silence, decision, sentences
from garbo.testing.driver import Driver
from garbo.testing.playing import load_policy, play
from garbo.testing.stories import assert_story, play_story, story_problems

__all__ = [
    "Driver",
    "PolicyError",
    "StoryError",
    "assert_at",
    "assert_blocked",
    "assert_commands",
    "assert_silence",
    "assert_story",
    "consent",
    "decision",
    "instant",
    "load_policy",
    "load_stories",
    "outcome",
    "play",
    "play_story",
    "profile",
    "sentences",
    "story_problems",
    "touchpoint",
]
