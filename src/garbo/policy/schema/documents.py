"""The schemas of the policy files, one class per file. Unknown keys are refused.

The descriptions of the keys are here only: they go into the JSON Schema, and from there into the editor.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from garbo.core.party.state import PENDING
from garbo.core.policy.policy import Learning
from garbo.policy.schema.actions import ActionsFile
from garbo.policy.schema.contact_policy import ContactFile
from garbo.policy.schema.exploration import ExplorationPart
from garbo.policy.schema.feedback import FeedbackFile
from garbo.policy.schema.journey import JourneyFile
from garbo.policy.schema.models import ModelsFile
from garbo.policy.schema.units import Duration, Name, Part, Span, Text, Texts, Words
from garbo.policy.schema.vocabulary import VocabularyFile

_LEARNING = Learning()

# --- policy.yaml -----------------------------------------------------------------------------------------------


class ArbitrationPart(Part):
    customer_weight: float = Field(
        default=1.0, ge=0, description="lambda: the company's euros for one euro of value to the customer"
    )
    pressure_weight: float = Field(default=1.0, ge=0, description="mu: the cost of one unit of pressure, in euros")
    silence_score: float = Field(default=0.0, description="an offer's score must be above this; otherwise silence")
    exploration: ExplorationPart = Field(
        default=ExplorationPart(),
        description="how what scores above silence is tried: the probability of a random choice, or a strategy",
    )
    explored_at_most: int = Field(
        default=1, ge=0, le=100, description="contacts of one person that chance alone has chosen, in explored_within"
    )
    explored_within: Span = 2_592_000_000
    salt: Text = "garbo"


class HoldOutPart(Part):
    share: float = Field(default=0.0, ge=0, lt=0.5, description="of all persons: they get no marketing")
    period: Span = Field(default=15_552_000_000, description="after it, the persons are drawn again")
    salt: Text = "hold-out"


class DateBeforePart(Part):
    attribute: str = Field(description="an attribute of kind date")
    before: Duration = Field(default=0, description="how long before that date")


class ProactivePart(Part):
    after_stage: Duration = Field(default=0, description="so long after entering a stage; left out: never")
    silence: Duration = Field(default=0, description="after so long without a decision; left out: never")
    dates: list[DateBeforePart] = Field(default=[])


class LearningPart(Part):
    pending_at_most: int = Field(
        default=_LEARNING.pending_at_most, ge=1, le=PENDING,
        description="contacts of one person that wait for an outcome at one time; the oldest is given up",
    )  # fmt: skip
    late_windows: float = Field(
        default=_LEARNING.late_windows, ge=0, le=10,
        description="for how many windows more, after a contact's window has closed, a yes is still learnt",
    )  # fmt: skip


class CapacityPart(Part):
    at_most: int = Field(ge=1, le=100_000_000, description="contacts in each hour or day, in the whole installation")
    per: Literal["hour", "day"] = "day"


class ChannelPart(Part):
    reports_within: Duration = Field(
        default=0, description="how long the channel may take to report; left out: it reports nothing"
    )
    capacity: CapacityPart | None = None
    reports_seen: bool = Field(
        default=True,
        description="it also reports that a contact was seen; false: what was delivered counts as seen",
    )
    objects_to: list[str] = Field(
        default=[],
        description="what an objection to marketing, said here, is about; left out: this channel",
    )


class PolicyFile(Part):
    """policy.yaml: the policy's name, zone and languages, when it decides, and the weights of offers."""

    name: Name
    zone: Text = Field(description="IANA time zone of parties without a known one, such as Europe/Rome")
    country: Text = Field(description="ISO country; its public holidays close the channels that have holidays: true")
    languages: list[Name] = Field(min_length=1, description="languages of every text; the first is the default")
    decide_on: list[str] = Field(
        default=[], description="touchpoints, statuses, consents and `profile` at which `when: event` competes"
    )
    hold_out: HoldOutPart = HoldOutPart()
    proactive: ProactivePart = ProactivePart()
    channels: dict[str, ChannelPart] = Field(default={})
    arbitration: ArbitrationPart = ArbitrationPart()
    future_tolerance: Span = 300_000
    model_cost: Duration = 2
    attribution_window: Span = Field(
        default=2_592_000_000,
        description="how long after a contact that no model learns from an outcome without an id belongs to it",
    )
    learning: LearningPart = LearningPart()


# --- the shorter files -----------------------------------------------------------------------------------------


class NeedPart(Part):
    label: Texts
    opened_by: list[str] = Field(default=[], description="kinds of touchpoint; a need has these, intents or both")
    intents: list[str] = Field(default=[], description="of a text: it opens this need and not that of its touchpoint")
    gather: Duration
    answer_within: Span
    resolved_by: list[str] = Field(default=[])
    answered_elsewhere: list[str] = Field(
        default=[], description="channels of the question on which nobody answers it, on purpose"
    )


class NeedsFile(Part):
    """needs.yaml: the answers that a customer waits for, and how soon each is due."""

    needs: dict[Name, NeedPart]


class ThemePart(Part):
    label: Texts
    words: Words = Field(default={}, description="words and phrases that show the theme in a free text")


class ThemesFile(Part):
    """themes.yaml: what messages are about, what their authors want, and how they sound: by words of each language."""

    themes: dict[Name, ThemePart] = Field(min_length=1)
    intents: dict[Name, Words] = Field(
        default={}, description="words that show what the author of a free text wants; the first one found counts"
    )
    tones: dict[Literal["negative", "complaint", "praise"], Words] = Field(
        default={}, description="words that show the tone of a free text; the first one among equals counts"
    )
    negations: Words = Field(default={}, description="words that take back the word of a tone or an intent after them")
    sarcasm: Words = Field(default={}, description="words and signs that turn praise into a complaint")
    learn: list[Literal["theme", "intent", "tone"]] = Field(
        default=[], description="what is learnt from corrections by staff, beginning with the words; left out: nothing"
    )


class AttributePart(Part):
    kind: Literal["int", "float", "string", "bool", "date", "list", "map"]
    default: str | int | float | bool | list[str] | dict[str, int | float]
    scope: Literal["party", "event"] = "party"
    meaning: str = ""
    sensitive: bool = Field(default=False, description="special-category data: what reads it needs sensitive_data")


class AttributesFile(Part):
    """attributes.yaml: the attributes of persons and events. A message with an undeclared one is a dead letter."""

    attributes: dict[Name, AttributePart]


class ConsentPart(Part):
    label: Texts
    article: Text
    mandatory: bool = False


class ConsentsFile(Part):
    """consents.yaml: the labels of the seven consents, and the consents that the company requires beyond the law."""

    consents: dict[str, ConsentPart]
    extra: dict[str, list[str]] = Field(default={}, description="purpose -> consents required beyond the law's")


FILES: Mapping[str, type[Part]] = {
    "policy.yaml": PolicyFile,
    "journey.yaml": JourneyFile,
    "themes.yaml": ThemesFile,
    "needs.yaml": NeedsFile,
    "attributes.yaml": AttributesFile,
    "consents.yaml": ConsentsFile,
    "models.yaml": ModelsFile,
    "actions.yaml": ActionsFile,
    "contact_policy.yaml": ContactFile,
    "vocabulary.yaml": VocabularyFile,
    "feedback.yaml": FeedbackFile,
}
"""File name -> schema. A policy has all of these files, but for the OPTIONAL ones."""

OPTIONAL = frozenset({"vocabulary.yaml", "feedback.yaml"})
