"""What a free text says, and the ports of what reads it.

`garbo.text` reads by the words of the policy, and by models that learn from corrections where the policy says so. A
reader is pure, and gives the same reading for the same text and models on every machine, since a replay reads the
recorded texts again.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

# The intents that core knows. A policy may name others: they start actions and needs, and mean no more than that.
COMPLAINT, PRAISE, STOP = "complaint", "praise", "stop"

# The parts of a reading.
THEME, INTENT, TONE = "theme", "intent", "tone"
PARTS: Final = (THEME, INTENT, TONE)

_OF_TEXTS: Final = "text."

# In a correction of a reading, the attribute that says what is right of each part.
CORRECTIONS: Final[Mapping[str, str]] = {
    THEME: "right_theme",
    INTENT: "right_intent",
    TONE: "right_tone",
}
NOTHING: Final = "none"
"""In a correction: the text has no theme, no intent, or no tone."""


class Reading(Struct, frozen=True):
    """What a text is about, what its author wants of us, and how it sounds. "" for what it does not say.

    theme, intent: names of the policy. tone: "negative" | "complaint" | "praise". models: versions of the learnt models
    that answered.
    """

    theme: str = ""
    intent: str = ""
    tone: str = ""
    models: tuple[str, ...] = ()


class Classified(NamedTuple):
    """A learnt model's answer. label: "" for none. version: of the snapshot that answered."""

    label: str
    version: str


class TextModels(Protocol):
    """The port to the learnt models of texts. They change between two batches, never during one."""

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        """The most probable of `labels`, by the model of that id; None if there is none, or it knows none of them."""


class NoTextModels:
    """No model has learnt yet: texts are read by the words alone."""

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        return None


NO_TEXT_MODELS: Final = NoTextModels()


class TextReader(Protocol):
    """Reads one text. Total: there is no text that it refuses. learns: the parts that corrections teach."""

    learns: tuple[str, ...]

    def names(self, part: str) -> Collection[str]:
        """What it may find as this part (`PARTS`) of a reading, besides nothing."""

    def read(self, text: str, languages: Sequence[str], models: TextModels = NO_TEXT_MODELS) -> Reading:
        """The reading of `text`. languages: those it may be written in, alone or mixed."""

    def examples(self, text: str, languages: Sequence[str], right: Mapping[str, str]) -> Mapping[str, dict[str, float]]:
        """What there is to learn from a correction of the reading of `text`: part -> hashed features of the text.

        right: part (`PARTS`) -> what a person reads in the text, "" for nothing. Empty for what is not learnt.
        """


class NoReader:
    """Reads nothing: for a policy without words."""

    learns: tuple[str, ...] = ()

    def names(self, part: str) -> Collection[str]:
        return ()

    def read(self, text: str, languages: Sequence[str], models: TextModels = NO_TEXT_MODELS) -> Reading:
        return Reading()

    def examples(self, text: str, languages: Sequence[str], right: Mapping[str, str]) -> Mapping[str, dict[str, float]]:
        return {}


def of_texts(model: str) -> bool:
    """Is `model` the id of one that learns from texts?"""
    return model.startswith(_OF_TEXTS)


def model_of(part: str) -> str:
    """The id of the model that learns this part of a reading. A policy's own models have no "." in their id."""
    return _OF_TEXTS + part
