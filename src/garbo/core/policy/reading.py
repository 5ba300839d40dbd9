"""What a free text says, and the port of what reads it.

`garbo.text` reads by the words of the policy. A learnt classifier may take its place: it must be pure, and give the
same reading for the same text on every machine, since a replay reads the recorded texts again.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

# The intents that core knows. A policy may name others: they start actions and needs, and mean no more than that.
COMPLAINT, PRAISE, STOP = "complaint", "praise", "stop"


class Reading(Struct, frozen=True):
    """What a text is about, what its author wants of us, and how it sounds. "" for what it does not say.

    theme, intent: names of the policy. tone: "negative" | "complaint" | "praise".
    """

    theme: str = ""
    intent: str = ""
    tone: str = ""


class TextReader(Protocol):
    """Reads one text. Total: there is no text that it refuses."""

    def read(self, text: str, languages: Sequence[str]) -> Reading:
        """The reading of `text`. languages: those it may be written in, alone or mixed."""


class NoReader:
    """Reads nothing: for a policy without words."""

    def read(self, text: str, languages: Sequence[str]) -> Reading:
        return Reading()
