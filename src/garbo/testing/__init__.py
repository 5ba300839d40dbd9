"""The public API for tests of a policy: messages in, decisions out, without a broker and without waiting.

`__all__` here and in `garbo.testing.models` (checks for a model) is the API; semantic versioning holds for it
(docs/api.md).
"""

from garbo.errors import PolicyError
from garbo.testing.builders import consent, instant, outcome, profile, touchpoint
from garbo.testing.checks import assert_at, assert_blocked, assert_commands, assert_silence, decision, sentences
from garbo.testing.driver import Driver
from garbo.testing.playing import load_policy, play

__all__ = [
    "Driver",
    "PolicyError",
    "assert_at",
    "assert_blocked",
    "assert_commands",
    "assert_silence",
    "consent",
    "decision",
    "instant",
    "load_policy",
    "outcome",
    "play",
    "profile",
    "sentences",
    "touchpoint",
]
