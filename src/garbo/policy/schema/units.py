"""Parts that the schemas share: durations, times of day, names, and the refusal of unknown keys."""

import re
from datetime import date
from math import isfinite
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.text.phrases import ANY

UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
# Longer than any consent or contract is kept; a longer duration has a mistyped unit.
LONGEST = 3660 * DAY

# Euros; a larger value has a mistyped zero.
LARGEST = 1_000_000

_DURATION = re.compile(r"(?:[0-9]{1,6}(?:ms|s|m|h|d|w))+")
_PART = re.compile(r"([0-9]+)(ms|s|m|h|d|w)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def duration(value: Any) -> int:
    """ "1h30m" -> milliseconds. Raises `PydanticCustomError`."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise PydanticCustomError("duration", "a duration is a number and a unit: 30m, 24h, 7d (ms, s, m, h, d, w)")
    total = sum(int(number) * UNITS[unit] for number, unit in _PART.findall(value))
    if total > LONGEST:
        raise PydanticCustomError("duration", "longer than ten years: check the unit")
    return total


def _positive(value: int) -> int:
    if value <= 0:
        raise PydanticCustomError("duration", "must be longer than 0")
    return value


def time_of_day(value: Any) -> str:
    """Check a time of day, "HH:MM". Raises `PydanticCustomError`."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise PydanticCustomError("time_of_day", 'a time of day is written "09:30"')
    return value


def iso_date(value: Any) -> str:
    """Check a date, "2027-03-31". Raises `PydanticCustomError`."""
    if isinstance(value, str) and is_date(value):
        return value
    raise PydanticCustomError("iso_date", "a date is written 2027-03-31, and must be in the calendar")


def is_date(value: str) -> bool:
    """Is it a date of the calendar, written "2027-03-31"?"""
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def amount(value: Any) -> float | str:
    """Check a number of euros, or the text of an expression. Raises `PydanticCustomError`."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise PydanticCustomError("amount", "a value is a number of euros, or an expression that gives one")
    if not 0 <= value <= LARGEST:
        raise PydanticCustomError("amount", "a value is between 0 and 1000000 euros")
    return float(value)


def minutes(time: str) -> int:
    """Minutes after midnight of "HH:MM"."""
    return int(time[:2]) * 60 + int(time[3:])


def as_list(value: Any) -> Any:
    """A single name is short for a list of one."""
    return [value] if isinstance(value, str) else value


_duration_schema = WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["30m", "7d"]})

Duration: TypeAlias = Annotated[int, BeforeValidator(duration), _duration_schema]
Span: TypeAlias = Annotated[int, BeforeValidator(duration), AfterValidator(_positive), _duration_schema]
TimeOfDay: TypeAlias = Annotated[
    str, BeforeValidator(time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$"})
]
IsoDate: TypeAlias = Annotated[
    str, BeforeValidator(iso_date), WithJsonSchema({"type": "string", "pattern": f"^{_DATE.pattern}$"})
]
AmountText: TypeAlias = Annotated[
    float | str,
    BeforeValidator(amount),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": LARGEST}, {"type": "string"}]}),
]
Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
OneOrMore: TypeAlias = Annotated[
    list[str],
    BeforeValidator(as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


def _by_language(value: Any) -> Any:
    """A list of words is short for words of any language."""
    return {ANY: value} if isinstance(value, list) else value


Words: TypeAlias = Annotated[
    dict[str, list[Text]],
    BeforeValidator(_by_language),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            ]
        }
    ),
]
"""Language, or `any` -> words and phrases that betray something in a free text."""

ClassName: TypeAlias = Literal["mandatory", "service", "transactional", "marketing"]
Texts: TypeAlias = dict[str, Text]
"""Language -> text."""


class Part(BaseModel):
    """A part of a policy file: unknown keys are errors, and values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)
