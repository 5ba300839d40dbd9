"""The actions of a policy's YAML, read independently: what each is, and what each reads of a person.

Rules
 1. An action is behavioural when its stages, a rule or a value read behaviour. An entry of its `when` is when it is on
    a touchpoint kind that shows behaviour, asks whether something happened before (`after_action`, `times`), or waits
    for a stage. An explicit request is no behaviour.
 2. An action is sensitive when it says so, or when a rule or a value reads a sensitive attribute.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

# Variables and functions of rules that are derived from what a person does.
BEHAVIOUR: Final = frozenset(
    {"interest", "touches", "stage", "stage_days", "interest_in", "count", "days_since", "responses"}
)

_EXPRESSIONS: Final = ("eligibility", "suitability", "value_company", "value_customer")
_TEXT: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_NOT_WRITTEN: Final = ("inbound", "proactive")


class Entry(NamedTuple):
    """One entry of `when`. name, theme: "" for any."""

    on: str
    name: str
    theme: str
    behavioural: bool


class Action(NamedTuple):
    """stock: 0 for no limit. reaches: the channel of each treatment that goes out to the customer. names: what its
    texts name, the placeholders of all its messages."""

    action_class: str
    group: str
    internal: bool
    sensitive: bool
    behavioural: bool
    stock: int
    entries: tuple[Entry, ...]
    reaches: tuple[str, ...]
    names: frozenset[str] = frozenset()
    rides: bool = False  # it goes along on other contacts, and is chosen beside them


def actions(
    written: Mapping[str, Any], behaviour: Collection[str], sensitive: Collection[str]
) -> Mapping[str, Action]:  # fmt: skip
    """The catalogue. behaviour: kinds of touchpoint that show it. sensitive: attributes marked so."""
    return {name: _action(name, part, behaviour, sensitive) for name, part in written.items()}


def kinds_of_behaviour(journey: Mapping[str, Any], needs: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of touchpoint that show behaviour: written so or, not written, what customers do without asking."""
    requests = {kind for need in (needs["needs"] or {}).values() for kind in need.get("opened_by", ())}
    return frozenset(
        name
        for name, kind in journey["touchpoints"].items()
        if kind.get(
            "behaviour",
            kind.get("direction", "inbound") == "inbound"
            and not (kind.get("asks") or kind.get("objects") or kind.get("corrects"))
            and name not in requests,
        )
    )


def _action(name: str, part: Mapping[str, Any], behaviour: Collection[str], sensitive: Collection[str]) -> Action:
    read = {word for key in _EXPRESSIONS for word in _words(part.get(key))}
    ways = [way for way in part.get("treatments") or (part,) if "channel" in way]
    return Action(
        action_class=part["class"],
        group=part.get("group", ""),
        internal=bool(part.get("internal")),
        sensitive=bool(part.get("sensitive")) or not read.isdisjoint(sensitive),
        behavioural=bool(part.get("stages")) or not read.isdisjoint(BEHAVIOUR),
        stock=int(part.get("stock") or 0),
        entries=tuple(
            entry
            for given in part.get("when") or _NOT_WRITTEN
            for entry in _entries({"on": given} if isinstance(given, str) else given, part, behaviour)
        ),
        reaches=() if part.get("internal") else tuple(way["channel"] for way in ways if not way.get("inbound")),
        names=frozenset(
            name
            for way in part.get("treatments") or [part]
            for text in (way.get("message") or {}).values()
            for name in _PLACEHOLDER.findall(text)
        ),
        rides=bool(part.get("rides_on")),
    )


def _entries(given: Mapping[str, Any], part: Mapping[str, Any], behaviour: Collection[str]) -> Iterator[Entry]:
    on, names = given["on"], given.get("name", "")
    theme = given.get("theme", "")
    looks_back = bool(given.get("after_action") or given.get("times"))
    for name in [names] if isinstance(names, str) else names:
        watched = (on == "touchpoint" and name in behaviour) or (on == "proactive" and name == "stage")
        yield Entry(on, name, part.get("theme", "") if theme == "=" else theme, looks_back or watched)


def _words(expression: object) -> list[str]:
    """The names that an expression reads; a number reads nothing, and the words in its texts are none."""
    return _WORD.findall(_TEXT.sub("", expression)) if isinstance(expression, str) else []
