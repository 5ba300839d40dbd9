"""What the rules of a policy look up for a person: a function with its arguments, known when the policy loads.

Rules
 1. A lookup has a name of its own in the rules' context, so a rule is still a function of flat values.
 2. What is counted over time has a key in the row (`core.party.counters`); only keys that the policy asks for are kept.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.instants import DAY

RuleValue: TypeAlias = Value | list[str] | Mapping[str, float] | datetime | timedelta
"""What a name in a rule can stand for."""

# The longest window, and how long `days_since` remembers (ms).
LONGEST_WINDOW: Final = 366 * DAY


class Lookup(Struct, frozen=True):
    """One call of a rule. name: the theme, kind, channel, attribute or, of `entry`, the attribute. key: of the map.

    function: "interest_in" | "count" | "days_since" | "contacts" | "responses" | "days_until" | "days_from" | "entry".
    window: ms; 0 where the function has none.
    """

    function: str
    name: str
    window: int = 0
    key: str = ""


def touch_key(kind: str, theme: str = "") -> str:
    """The counter of touchpoints of this kind; with a theme, of those about it."""
    return f"{kind}/{theme}" if theme else kind


def response_key(channel: str) -> str:
    """The counter of the person's answers to contacts on this channel."""
    return f"response:{channel}"


# How a contact was answered: what models read of it.
POSITIVE: Final = "positive"  # looked at, followed, or accepted
NEGATIVE: Final = "negative"  # refused, or complained about
IGNORED: Final = "ignored"  # nobody was there, or nobody answered in time


def answer_key(how: str, channel: str) -> str:
    """The counter of contacts on this channel that were answered so."""
    return f"{how}:{channel}"


def counter_of(lookup: Lookup) -> tuple[str, int] | None:
    """The counter that a lookup reads, and how far back (ms); None if it reads none."""
    if lookup.function == "count":
        return touch_key(lookup.name), lookup.window
    if lookup.function == "days_since":
        return touch_key(lookup.name), LONGEST_WINDOW
    if lookup.function == "responses":
        return response_key(lookup.name), lookup.window
    return None
