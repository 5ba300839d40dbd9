"""Numbers and times in expressions: their bounds, their conversions, the arguments that are written out.

Rules
 1. Attributes are taken as 0 or 1e-9 to 1e15 in size, whole ones as at most 1e9. What could leave 64 bits, or the
    numbers that a float holds, is a mistake: infinity minus infinity is no number, and CEL fails on it.
 2. A sum of floats that is not 0 is at least the rounding of its smallest part.
"""

import re
from datetime import datetime
from typing import Final, NamedTuple

from pydantic_core import PydanticCustomError

from garbo.core.policy.lookups import LONGEST_WINDOW
from garbo.core.vocabulary.instants import DAY
from garbo.policy.cel_parser import Call, Literal, MistakeError, Name, Node, Operation
from garbo.policy.cel_words import BOOL, DURATION, FLOAT, INSTANT, INT, STRING, Type
from garbo.policy.schema.units import duration

NUMBERS: Final = ("int", "float")
LARGEST_WHOLE: Final = 1e9
LARGEST: Final = 1e15
SMALLEST: Final = 1e-9
TINIEST: Final = 1e-200  # of what decays: `core.gates.eligibility` takes less as 0
_WHOLE_LIMIT: Final = 9.2e18  # 64 bits
_LIMIT: Final = 1e300
_ROUNDING: Final = 2.0**-53
_SIZES: Final = 1e6  # of texts and lists
_SPAN: Final = re.compile(r"(?:[0-9]{1,5}(?:h|ms|m|s))+")
_INSTANT: Final = re.compile(
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
)

MAX_SPAN: Final = 12  # characters: under 23 years, so that no sum of them leaves the calendar

SAID: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a decimal number",
    "string": "a text",
    "date": "a date",
    "instant": "an instant",
    "duration": "a span of time",
    "list": "a list",
    "map": "a map",
}


class Known(NamedTuple):
    """What is known of a part. most: its largest size; least: its smallest size when it is not 0."""

    type: Type
    most: float = LARGEST_WHOLE
    least: float = 1.0

    @property
    def kind(self) -> str:
        return self.type.kind


def said(given: Type) -> str:
    """A type in words."""
    return SAID[given.kind]


def must(part: Node, known: Known, *kinds: str, what: str = "") -> None:
    """Raises `MistakeError` unless the part is of one of these kinds. what: the beginning of the sentence."""
    if known.kind in kinds:
        return
    wanted = " or ".join(SAID[k] for k in kinds if k != "date" or len(kinds) == 1)
    hint = ", as in `age > 18`" if kinds == ("bool",) and known.kind in NUMBERS else ""
    raise MistakeError(f"{what}{wanted}, not {said(known.type)}{hint}", part.place)


def of_literal(node: Literal) -> Known:
    value = node.value
    if isinstance(value, bool):
        return Known(BOOL)
    if isinstance(value, str):
        return Known(STRING)
    return Known(INT if isinstance(value, int) else FLOAT, abs(float(value)), abs(float(value)) or 1.0)


def bounded(node: Operation, left: Known, right: Known) -> Known:
    """The result of + - * / % on two numbers of one kind. Raises `MistakeError` if it may be too large."""
    sign, whole = node.sign, left.kind == "int"
    if sign in ("+", "-"):
        most, least = left.most + right.most, min(left.least, right.least) * _ROUNDING
    elif sign == "*":
        most, least = left.most * right.most, left.least * right.least
    elif sign == "/" and not whole:
        if not right.most:
            raise MistakeError("divides by zero", node.place)
        most, least = left.most / right.least, left.least / right.most
    else:
        most, least = left.most, 1.0
    if whole and most > _WHOLE_LIMIT:
        message = "may be larger than a whole number can be: convert its parts, as in double(a) * double(b)"
        raise MistakeError(message, node.place)
    if not whole and (most > _LIMIT or least < 1 / _LIMIT):
        raise MistakeError("may be larger than a number can be: use fewer products and divisions", node.place)
    return Known(left.type, most, 1.0 if whole else least)


def mixed(sign: str, parts: tuple[Node, Node], known: tuple[Known, Known]) -> str:
    """The sentence about a whole number and a decimal one that do not go together."""
    place = next(n for n, k in enumerate(known) if k.kind == "int")
    part = parts[place]
    if isinstance(part, Literal):
        fix = f"write {part.value}.0"
    else:
        fix = f"write double({part.name})" if isinstance(part, Name) else "write double(...) around the whole one"
    if sign == "?":
        return f"gives a whole number in one case and a decimal one in the other: {fix}"
    return f"{sign} needs numbers of one kind, not a whole and a decimal one: {fix}"


def of_times(sign: str, left: str, right: str) -> Type | None:
    """The type of a sum or a difference of instants and spans; None if it is none, or if the package has it not."""
    if sign == "-" and left == right == "instant":
        return DURATION
    if sign in ("+", "-") and (left, right) == ("instant", "duration"):
        return INSTANT
    return None


def converted(node: Call, name: str, argument: Node, known: Known) -> Known:
    """The result of size, int, double or string."""
    kind = known.kind
    if name == "size":
        if kind not in ("string", "date", "list", "map"):
            raise MistakeError(f"{said(known.type)} has no size", node.place)
        return Known(INT, _SIZES)
    if kind not in (*NUMBERS, *(("string", "date") if name == "string" else ())):
        more = ": a text may be no number" if kind == "string" else ""
        raise MistakeError(f"{name}() converts numbers, not {said(known.type)}{more}", argument.place)
    if name == "string":
        return Known(STRING)
    if name == "double":
        return Known(FLOAT, known.most, known.least)
    if known.most > _WHOLE_LIMIT:
        raise MistakeError("may be larger than a whole number can be", node.place)
    return Known(INT, known.most, 1.0)


def time(name: str, argument: Node) -> Known:
    """An instant or a span that is written out."""
    text = argument.value if isinstance(argument, Literal) else None
    if name == "duration":
        if not isinstance(text, str) or len(text) > MAX_SPAN or not _SPAN.fullmatch(text):
            raise MistakeError('a span is written "36h" or "1h30m" (h, m, s, ms)', argument.place)
        return Known(DURATION)
    try:
        if not isinstance(text, str) or not _INSTANT.fullmatch(text):
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        message = 'an instant is written "2027-01-31T09:00:00Z"; for a date, compare today with it'
        raise MistakeError(message, argument.place) from None
    return Known(INSTANT)


def window(argument: Node) -> int:
    """A window that is written out, in ms."""
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise MistakeError('the window is a duration in quotes, as in "7d"', argument.place)
    try:
        found = duration(argument.value)
    except PydanticCustomError as error:
        raise MistakeError(error.message_template, argument.place) from None
    if not 0 < found <= LONGEST_WINDOW:
        raise MistakeError(f"a window is longer than 0 and at most {LONGEST_WINDOW // DAY}d", argument.place)
    return found
