"""The schema of contact_policy.yaml: how often and when a customer may be contacted."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from garbo.policy.schema.units import ClassName, Duration, Name, OneOrMore, Part, Span, TimeOfDay, Weekday

Weight: TypeAlias = Annotated[float, Field(ge=0, le=100)]


class CapPart(Part):
    name: Name
    at_most: int = Field(ge=1, le=1000, description="contacts in each window; to block an action, withdraw it instead")
    window: Span
    channels: list[str] = Field(default=[])
    purposes: list[str] = Field(default=[])
    themes: list[str] = Field(default=[])
    groups: list[str] = Field(default=[])
    per: Literal["party", "household"] = Field(default="party", description="whose contacts it counts")
    each_theme: bool = Field(default=False, description="apply this cap to each theme of themes.yaml separately")
    limits: list[ClassName] = Field(default=["marketing"], min_length=1)
    counts: list[ClassName] = Field(default=["marketing"], min_length=1)


class SpacingPart(Part):
    name: Name
    gap: Span
    channels: list[str] = Field(default=[])
    limits: list[ClassName] = Field(default=["marketing"], min_length=1)
    counts: list[ClassName] = Field(default=["marketing", "service"], min_length=1)


class SequencePart(Part):
    name: Name
    first: str
    then: str
    within: Span


class ExclusionPart(Part):
    name: Name
    actions: list[str] = Field(min_length=2)
    within: Span


class SuppressionPart(Part):
    name: Name
    after: OneOrMore = Field(
        min_length=1, description="statuses of outcomes, `ignored` or `negative`, that start the pause"
    )
    count: int = Field(default=1, ge=1, le=100)
    within: Span = 86_400_000
    pause: Span
    scope: Literal["all", "channel", "theme", "action"]
    limits: list[ClassName] = Field(default=["marketing"], min_length=1)


class RemarketingPart(Part):
    at_most: int = Field(ge=1, le=1000, description="contacts about what a person merely looked at, in each window")
    window: Span
    delay: Duration = Field(default=0, description="the first of them comes no sooner after the look")
    ignored: int = Field(default=0, ge=0, le=32, description="so many in a row without an answer start the pause")
    pause: Duration = 0


class QuietPart(Part):
    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    closed: list[Weekday] = Field(default=[])
    holidays: bool = False


class PressurePart(Part):
    half_life: Span = 604_800_000
    refusal_weight: float = Field(default=1.0, ge=0, le=100)
    complaint_weight: float = Field(default=3.0, ge=0, le=100)
    negative_weight: float = Field(default=1.0, ge=0, le=100, description="of a touchpoint in a negative tone")
    ignored_weight: float = Field(default=0.0, ge=0, le=100, description="of an offer that nobody answered")
    ignored_after: Span = Field(default=604_800_000, description="how long an offer waits for an answer")
    contact_weights: dict[str, Weight] = Field(description="channel -> pressure of one contact")


class ContactFile(Part):
    """contact_policy.yaml: caps, spacing, pauses and quiet hours that protect the customer."""

    caps: list[CapPart]
    spacing: list[SpacingPart] = Field(default=[])
    sequences: list[SequencePart] = Field(default=[])
    exclusions: list[ExclusionPart] = Field(default=[])
    remarketing: RemarketingPart | None = None
    suppressions: list[SuppressionPart] = Field(default=[])
    quiet_hours: dict[str, QuietPart]
    pressure: PressurePart
