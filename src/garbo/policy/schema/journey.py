"""The schema of journey.yaml: touchpoints, the life cycle, segments, and the journeys with their stages and moves."""

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from garbo.core.policy.journey import ANYWHERE
from garbo.policy.schema.units import Duration, Name, OneOrMore, Part, Span, Text, Texts, duration

EARLIER = {
    "stages": "journeys: {NAME: {label, themes, stages, moves}}",
    "moves": "journeys: {NAME: {label, themes, stages, moves}}",
}
"""Keys at the top of an earlier version's file -> where they stand today."""

_LIMIT = re.compile(r"([1-9][0-9]{0,8})/([0-9a-z]+)")


def _channels(value: Any) -> Any:
    """ "*" is short for any channel, one name for a list of one."""
    if value == ANYWHERE:
        return []
    return [value] if isinstance(value, str) else value


def _limit(value: Any) -> tuple[int, int]:
    """ "400/1d" -> 400 contacts in so many milliseconds. Raises `PydanticCustomError`."""
    found = _LIMIT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("limit", 'a capacity is a number, a slash and a span: "400/1d"')
    span = duration(found[2])
    if not span:
        raise PydanticCustomError("limit", "the span must be longer than 0")
    return int(found[1]), span


Channels: TypeAlias = Annotated[
    list[str],
    BeforeValidator(_channels),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""Channels; empty: any."""

Limit: TypeAlias = Annotated[
    tuple[int, int],
    BeforeValidator(_limit),
    WithJsonSchema({"type": "string", "pattern": f"^{_LIMIT.pattern}$", "examples": ["400/1d"]}),
]
"""So many contacts in so many ms."""

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class TouchpointPart(Part):
    meaning: Text
    channels: list[str] = Field(min_length=1)
    direction: Literal["inbound", "outbound"] = "inbound"
    interest: float = Field(default=0.0, ge=0, le=10, description="the weight of the interest it shows in its theme")
    asks: bool = Field(default=False, description="somebody (a clerk, a page, a screen) asks what to say or show now")
    tone: Literal["negative", "complaint", "praise"] | None = None
    public: bool = Field(default=False, description="it is said where all can read it")
    objects: bool = Field(default=False, description="with it the customer objects to direct marketing")
    corrects: bool = Field(
        default=False, description="with it staff says how a text is to be read; the customer did nothing"
    )
    behaviour: bool | None = Field(
        default=None, description="it shows what a person does; left out: true if inbound, without a need, not asking"
    )


class GoalPart(Part):
    stage: str
    within: Duration = Field(default=0, description="so long after its start; left out: no limit")
    expect: Share = Field(default=0.0, description="the share of the parties that should reach it")


class ExpectPart(Part):
    onward: Share = Field(default=0.0, description="the share of visits that should go on along the ideal path")
    within: Duration = Field(default=0, description="how soon")


class StagePart(Part):
    label: Texts
    turn: Literal["customer", "company"] = Field(default="customer", description="who should act next")
    patience: Duration = Field(
        default=0,
        description="so long after the last touch a person has dropped out, and so long one may hear nothing from us; "
        "left out: no limit",
    )
    touchpoints: dict[str, Channels] = Field(
        default={}, description='what is foreseen there: kind -> channels, or "*" for any'
    )
    optional: bool = Field(default=False, description="who passes over it has skipped nothing")
    expect: ExpectPart = ExpectPart()
    advance: list[str] = Field(default=[], description="the actions that lead on from it")
    capacity: dict[str, Limit] = Field(default={}, description='channel -> contacts in a span: "400/1d"')
    tolerate: dict[str, Share] = Field(
        default={}, description="cause -> the share of visits that it may hold back without being called a narrowing"
    )


class MovePart(Part):
    origin: OneOrMore = Field(
        alias="from", min_length=1, description='stages; "*": any stage, "start": before the first stage'
    )
    trigger: OneOrMore = Field(alias="on", min_length=1, description="kinds of touchpoints or statuses of outcomes")
    target: str = Field(alias="to")
    theme: str = Field(default="", description="the move happens only for this theme; left out: for any of the journey")


class JourneyPart(Part):
    label: Texts
    themes: OneOrMore = Field(min_length=1, description='what it is about; "*": every theme that no other journey has')
    lifecycle: list[str] = Field(default=[], description="the states in which it may start; left out: any")
    enter: str = Field(default="", max_length=2000, description="it starts only where this condition holds")
    exit: str = Field(default="", max_length=2000, description="it ends where this condition holds")
    ideal: list[str] = Field(default=[], description="the stages of the path it should take, in order")
    goal: GoalPart | None = None
    ends: list[str] = Field(default=[], description="stages besides the goal in which it has ended well")
    reentry: Duration = Field(default=0, description="so long after an end it does not start again")
    stages: dict[Name, StagePart] = Field(min_length=1)
    moves: list[MovePart] = Field(min_length=1)


class JourneyFile(Part):
    """journey.yaml: touchpoints, the life cycle, segments, and the journeys."""

    touchpoints: dict[Name, TouchpointPart] = Field(min_length=1)
    lifecycle: dict[str, str] = Field(description="kind of touchpoint or status of outcome -> life-cycle state")
    segments: dict[Name, str] = Field(
        default={}, description="condition of each; the first that holds when a journey starts is the person's"
    )
    journeys: dict[Name, JourneyPart] = Field(min_length=1)
    interest_half_life: Span = 1_209_600_000
