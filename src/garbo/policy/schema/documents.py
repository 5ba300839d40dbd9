"""The files of a policy folder, as an analyst may write them. One class a file; unknown keys are refused.

What each key means is said here once: these descriptions are the JSON Schema's, and so the editor's.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from garbo.policy.schema.contact_policy import ContactFile
from garbo.policy.schema.units import ClassName, Duration, Name, OneOrMore, Part, Span, Text, Texts, TimeOfDay

# --- policy.yaml -----------------------------------------------------------------------------------------------


class ArbitrationPart(Part):
    customer_weight: float = Field(
        default=1.0, ge=0, description="lambda: a euro of value to the customer, in our euros"
    )
    pressure_weight: float = Field(default=1.0, ge=0, description="mu: euros one unit of pressure costs")
    silence_score: float = Field(default=0.0, description="an offer must be worth more than this")
    exploration: float = Field(default=0.0, ge=0, le=0.5, description="shared by the whole feasible set")
    salt: Text = "garbo"


class PolicyFile(Part):
    """policy.yaml: whose policy this is, and how offers are weighed."""

    name: Name
    zone: Text = Field(description="IANA time zone of parties whose own is not known, such as Europe/Rome")
    country: Text = Field(description="ISO country whose public holidays close the channels that say so")
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
    interest: float = Field(default=0.0, ge=0, le=10, description="how much it shows interest in its theme")


class MovePart(Part):
    origin: OneOrMore = Field(alias="from", min_length=1, description='stages; "*" any, "start" before the first')
    trigger: OneOrMore = Field(alias="on", min_length=1, description="kinds of touchpoint or statuses of outcome")
    target: str = Field(alias="to")
    theme: str = Field(default="", description="only about this theme")


class JourneyFile(Part):
    """journey.yaml: the map, drawn a priori: touchpoints, stages, moves between them, life cycle."""

    touchpoints: dict[Name, TouchpointPart] = Field(min_length=1)
    lifecycle: dict[str, str] = Field(description="kind of touchpoint or status of outcome -> life-cycle state")
    stages: dict[Name, Texts] = Field(min_length=1)
    moves: list[MovePart] = Field(default=[])
    interest_half_life: Span = 1_209_600_000


# --- actions.yaml ----------------------------------------------------------------------------------------------


class TriggerPart(Part):
    on: Literal["touchpoint", "outcome", "need", "overdue", "follow_up", "promise"]
    name: OneOrMore = Field(default=[], description="left out for follow_up and promise: the action itself")
    theme: str = Field(default="", description='"" any, "=" the action\'s own, or a theme')
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
    promise: bool = Field(default=False, description="the customer is told the time; it is kept to the minute")


class ActionPart(Part):
    action_class: ClassName = Field(alias="class")
    purpose: str
    channel: str
    theme: str = Field(default="", description='"" for a service action that serves any theme')
    family: str = Field(default="", description="the acceptance model it shares; marketing must name one")
    triggers: list[TriggerPart] = Field(default=[])
    eligibility: str = Field(default="", description="CEL: may this be offered to this person now")
    suitability: str = Field(default="", description="CEL: would it do this person good")
    title: Texts
    message: Texts
    validity: Span = 86_400_000
    value_bank: float = Field(default=0.0, ge=0, le=1_000_000)
    value_customer: float = Field(default=0.0, ge=0, le=1_000_000)
    lever: float = Field(default=1.0, gt=0, le=10)
    context: dict[str, float] = Field(default={}, description="life-cycle state -> weight, 1 where absent")
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
    """actions.yaml: the catalogue. Its order breaks ties."""

    actions: dict[Name, ActionPart] = Field(min_length=1)


# --- the shorter ones ------------------------------------------------------------------------------------------


class NeedPart(Part):
    label: Texts
    opened_by: list[str] = Field(min_length=1)
    gather: Duration
    answer_within: Span
    resolved_by: list[str] = Field(default=[])


class NeedsFile(Part):
    """needs.yaml: what a customer waits for. Do not abandon the customer."""

    needs: dict[Name, NeedPart]


class ThemePart(Part):
    label: Texts
    words: list[Text] = Field(default=[], description="words that betray it in free text, in any of the languages")


class ThemesFile(Part):
    """themes.yaml: what customers speak of."""

    themes: dict[Name, ThemePart] = Field(min_length=1)


class AttributePart(Part):
    kind: Literal["int", "float", "string", "bool"]
    default: str | int | float | bool
    scope: Literal["party", "event"] = "party"
    meaning: str = ""


class AttributesFile(Part):
    """attributes.yaml: what may be known of a person. What is not declared is not kept."""

    attributes: dict[Name, AttributePart]


class ConsentPart(Part):
    label: Texts
    article: Text
    mandatory: bool = False


class ConsentsFile(Part):
    """consents.yaml: the seven consents in words, and what the bank asks on top of the law."""

    consents: dict[str, ConsentPart]
    extra: dict[str, list[str]] = Field(default={}, description="purpose -> consents asked on top of the law's")


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
"""Every file of a policy; each must be there."""
