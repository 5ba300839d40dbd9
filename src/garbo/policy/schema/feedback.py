"""The schema of feedback.yaml: what `garbo journey feedback` writes, and a person publishes."""

import re
from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from garbo.core.policy.feedback import LEAST, MOST
from garbo.policy.schema.units import Part

_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")


def week(value: Any) -> str:
    """Check an ISO week. Raises `PydanticCustomError`."""
    if isinstance(value, str) and _WEEK.fullmatch(value):
        try:
            date.fromisocalendar(int(value[:4]), int(value[6:]), 1)
        except ValueError:
            pass
        else:
            return value
    raise PydanticCustomError("week", "a week is written 2026-W48, and must be in the calendar")


Week: TypeAlias = Annotated[
    str, BeforeValidator(week), WithJsonSchema({"type": "string", "pattern": f"^{_WEEK.pattern}$"})
]
"""An ISO week."""


class StageWeightPart(Part):
    weight: float = Field(ge=LEAST, le=MOST, description="multiplies the context of the actions that advance the stage")
    gain: float = Field(
        default=0.0, ge=-1, le=1, description="the onward share of the treated, less that of the hold-out"
    )
    low: float = Field(default=0.0, ge=-2, le=2, description="the lower end of its interval of 95 %")
    high: float = Field(default=0.0, ge=-2, le=2, description="the upper end")
    visits: int = Field(default=0, ge=0, description="how many visits of the treated were compared")
    held_out: int = Field(default=0, ge=0, description="how many visits of the hold-out were compared")


class FeedbackFile(Part):
    """feedback.yaml: what the narrowing feeds back into arbitration. Left out: nothing."""

    version: Week = Field(default="", description="the ISO week of the last step, such as 2026-W48")
    weights: dict[str, dict[str, StageWeightPart]] = Field(
        default={}, description="journey -> stage -> its weight; a stage that is left out has the weight 1"
    )
