"""The schemas of the policy files, one class per file. Unknown keys are refused.

The descriptions of the keys are here only: they go into the JSON Schema, and from there into the editor.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from garbo.policy.schema.contact_policy import ContactFile
from garbo.policy.schema.units import ClassName, Duration, Name, OneOrMore, Part, Span, Text, Texts, TimeOfDay

# --- policy.yaml -----------------------------------------------------------------------------------------------


class ArbitrationPart(Part):
    customer_weight: float = Field(
        default=1.0, ge=0, description="lambda: the bank's euros for one euro of value to the customer"
    )
    pressure_weight: float = Field(default=1.0, ge=0, description="mu: the cost of one unit of pressure, in euros")
    silence_score: float = Field(default=0.0, description="an offer's score must be above this; otherwise silence")
    exploration: float = Field(
        default=0.0, ge=0, le=0.5, description="the probability of a random choice among all permitted actions"
    )
    salt: Text = "garbo"


class PolicyFile(Part):
    """policy.yaml: the policy's name, zone and languages, and the weights of offers."""

    name: Name
    zone: Text = Field(description="IANA time zone of parties without a known one, such as Europe/Rome")
    country: Text = Field(description="ISO country; its public holidays close the channels that have holidays: true")
    languages: list[Name] = Field(min_length=1, description="languages of every text; the first is the default")
    arbitration: ArbitrationPart = ArbitrationPart()
    future_tolerance: Span = 300_000
    model_cost: Duration = 2
    attribution_window: Span = 2_592_000_000


# --- journey.yaml ----------------------------------------------------------------------------------------------


class TouchpointPart(Part):
    meaning: Text
    channels: list[str] = Field(min_length=1)
    direction: Literal["inbound", "outbound"] = "inbound"
    interest: float = Field(default=0.0, ge=0, le=10, description="the weight of the interest it shows in its theme")


class MovePart(Part):
    origin: OneOrMore = Field(
        alias="from", min_length=1, description='stages; "*": any stage, "start": before the first stage'
    )
    trigger: OneOrMore = Field(alias="on", min_length=1, description="kinds of touchpoints or statuses of outcomes")
    target: str = Field(alias="to")
    theme: str = Field(default="", description="the move happens only for this theme")


class JourneyFile(Part):
    """journey.yaml: touchpoints, stages, the moves between them, and the life cycle."""

    touchpoints: dict[Name, TouchpointPart] = Field(min_length=1)
    lifecycle: dict[str, str] = Field(description="kind of touchpoint or status of outcome -> life-cycle state")
    stages: dict[Name, Texts] = Field(min_length=1)
    moves: list[MovePart] = Field(default=[])
    interest_half_life: Span = 1_209_600_000


# --- actions.yaml ----------------------------------------------------------------------------------------------


class TriggerPart(Part):
    on: Literal["touchpoint", "outcome", "need", "overdue", "follow_up", "promise"]
    name: OneOrMore = Field(default=[], description="omit it for follow_up and promise: they mean the action itself")
    theme: str = Field(default="", description='"": any theme, "=": the action\'s own, or a theme')
    after_action: str = ""
    after_min: Duration = 0
    after_max: Duration = 0
    of_action: str = ""


class PlacementPart(Part):
    delay: Duration = 0
    days: int = Field(default=0, ge=0, le=60)
    at: TimeOfDay = ""


class FollowUpPart(PlacementPart):
    action: str
    promise: bool = Field(default=False, description="the customer knows the time, so it is kept to the minute")


class ActionPart(Part):
    action_class: ClassName = Field(alias="class")
    purpose: str
    channel: str
    theme: str = Field(default="", description='"" for a service action that serves any theme')
    family: str = Field(default="", description="the acceptance model of the action; required for marketing")
    triggers: list[TriggerPart] = Field(default=[])
    eligibility: str = Field(default="", description="CEL: may this person get the action now?")
    suitability: str = Field(default="", description="CEL: is the action good for this person?")
    title: Texts
    message: Texts
    validity: Span = 86_400_000
    value_bank: float = Field(default=0.0, ge=0, le=1_000_000)
    value_customer: float = Field(default=0.0, ge=0, le=1_000_000)
    lever: float = Field(default=1.0, gt=0, le=10)
    context: dict[str, float] = Field(default={}, description="life-cycle state -> weight; 1 for other states")
    latency_budget: Span = 1000
    perishable: bool = False
    answers: list[str] = Field(default=[])
    placement: PlacementPart = PlacementPart()
    follow_ups: list[FollowUpPart] = Field(default=[])
    rides_on: list[str] = Field(default=[])
    internal: bool = False
    sensitive: bool = False
    ignores_quiet_hours: bool = False
    cooldown: Duration = 0
    cancelled_by: list[str] = Field(default=[])


class ActionsFile(Part):
    """actions.yaml: the actions. Their order breaks ties."""

    actions: dict[Name, ActionPart] = Field(min_length=1)


# --- the shorter files -----------------------------------------------------------------------------------------


class NeedPart(Part):
    label: Texts
    opened_by: list[str] = Field(min_length=1)
    gather: Duration
    answer_within: Span
    resolved_by: list[str] = Field(default=[])


class NeedsFile(Part):
    """needs.yaml: the answers that a customer waits for, and how soon each is due."""

    needs: dict[Name, NeedPart]


class ThemePart(Part):
    label: Texts
    words: list[Text] = Field(default=[], description="words that show the theme in free text, in any language")


class ThemesFile(Part):
    """themes.yaml: what messages are about."""

    themes: dict[Name, ThemePart] = Field(min_length=1)


class AttributePart(Part):
    kind: Literal["int", "float", "string", "bool"]
    default: str | int | float | bool
    scope: Literal["party", "event"] = "party"
    meaning: str = ""


class AttributesFile(Part):
    """attributes.yaml: the attributes of persons and events. Undeclared attributes are not kept."""

    attributes: dict[Name, AttributePart]


class ConsentPart(Part):
    label: Texts
    article: Text
    mandatory: bool = False


class ConsentsFile(Part):
    """consents.yaml: the labels of the seven consents, and the consents that the bank requires beyond the law."""

    consents: dict[str, ConsentPart]
    extra: dict[str, list[str]] = Field(default={}, description="purpose -> consents required beyond the law's")


class FeaturesPart(Part):
    numbers: list[str] = Field(default=[])
    categories: list[str] = Field(default=[])


class ModelPart(Part):
    scorer: Name
    features: FeaturesPart
    starting_propensity: float = Field(gt=0, lt=1)
    starting_evidence: float = Field(ge=1, le=1_000_000)
    parameters: dict[Name, str | int | float | bool] = Field(default={})


class ModelsFile(Part):
    """models.yaml: one acceptance model for each family of actions."""

    models: dict[Name, ModelPart]


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
}
"""File name -> schema. A policy has all of these files."""
