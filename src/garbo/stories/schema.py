"""The schema of a story's file. docs/journeys.md explains each key."""

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from garbo.policy.schema.units import Name, OneOrMore, Part, Span, Text

Attributes: TypeAlias = dict[str, Any]  # of the kinds that attributes.yaml declares


class KnownPart(Part):
    at: str = ""
    by: OneOrMore = Field(default=[])


def _at(value: Any) -> Any:
    """An instant alone is short for `{at: INSTANT}`."""
    return {"at": value} if isinstance(value, str) else value


class ProfilePart(Part):
    """What a system of record says about a person."""

    name: str = ""
    language: str = ""
    zone: str = ""
    household: str = ""
    household_role: str = ""
    lifecycle: str = ""
    attributes: Attributes = Field(default={})


class PersonPart(ProfilePart):
    identifiers: dict[str, OneOrMore] = Field(min_length=1)
    consents: dict[str, bool] = Field(default={})
    known: Annotated[KnownPart, BeforeValidator(_at)] = KnownPart()


class TouchpointPart(Part):
    channel: str
    kind: str
    theme: str = ""
    text: str = ""
    direction: Literal["inbound", "outbound"] = "inbound"
    attributes: Attributes = Field(default={})


class OutcomePart(Part):
    status: str
    of: str = ""
    channel: str = ""
    attributes: Attributes = Field(default={})


class StepPart(Part):
    """What happens at one instant: any of profile, consents, touchpoint and outcome, in this order."""

    at: str = ""
    after: Span | None = None
    story: str = ""
    person: str = ""
    by: OneOrMore = Field(default=[])
    profile: ProfilePart | None = None
    consents: dict[str, bool] = Field(default={})
    touchpoint: TouchpointPart | None = None
    outcome: OutcomePart | None = None
    expect: Any = None  # each item is checked by its own schema, so that an error names the right keys


class StoryPart(Part):
    title: Text
    story: str = ""
    zone: str = ""
    starts: str
    until: str
    people: dict[Name, PersonPart] = Field(min_length=1)
    steps: list[StepPart] = Field(min_length=1)


class CommandPart(Part):
    command: str
    channel: str
    person: str = ""
    at: str = ""
    start: str = Field(default="", alias="from")
    end: str = Field(default="", alias="to")
    within: Span | None = None
    says: OneOrMore = Field(default=[])
    never_says: OneOrMore = Field(default=[])
    riders: OneOrMore = Field(default=[])
    address: str | None = None
    parameters: dict[str, str] = Field(default={})


class ChosenPart(Part):
    chosen: str
    person: str = ""
    channel: str = ""
    placed: str = ""


class HeldPart(Part):
    held_back: str
    reason: str
    detail: str = ""
    channel: str = ""
    person: str = ""


class NeedPart(Part):
    need: str
    end: str
    theme: str = ""
    detail: str = ""
    person: str = ""


class LifecyclePart(Part):
    lifecycle: str
    person: str = ""


class StagePart(Part):
    stage: str
    person: str = ""


class CountPart(Part):
    count: int = Field(ge=0)
    action: str = ""
    channel: str = ""
    person: str = ""


# What an item of `expect` is, by the key that says it.
ITEMS: Final[dict[str, type[Part]]] = {
    "command": CommandPart,
    "chosen": ChosenPart,
    "held_back": HeldPart,
    "need": NeedPart,
    "lifecycle": LifecyclePart,
    "stage": StagePart,
    "count": CountPart,
}
SILENCE: Final = "silence"
