"""Are the words of a message the policy's? And are its attributes of the declared types?

Rules
 1. An unknown word is never dropped in silence: the message becomes a dead letter that names the nearest known word.
 2. A withdrawal of consent is never refused for a word, nor a refusal or a complaint for the action it names, nor an
    objection to marketing for its theme or an attribute that is not declared.
 3. A word is repeated in the fault only if it looks like one: `nearest.quoted`. A value never is.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from garbo.core.policy.actions import ActionClass
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import CORRECTIONS, NOTHING
from garbo.core.policy.vocabulary import REFUSING
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Direction,
    InboundBody,
    ProfileUpdate,
    Touchpoint,
    Value,
)
from garbo.core.vocabulary.nearest import did_you_mean, quoted

# Entries of a list or a map that a row keeps.
ENTRIES: Final = 32
# What another system says of a contact it made, besides the declared attributes (docs/contact-policy.md).
OF_A_CONTACT: Final = frozenset({"action", "action_class", "purpose"})
_CLASSES: Final = frozenset(c.value for c in ActionClass)

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "string": (str,),
    "bool": (bool,),
    "date": (str,),
    "list": (list,),
    "map": (dict,),
}


class Fault(NamedTuple):
    """What is wrong with a message. unknown: a word is; otherwise a value is. why: for the dead letter."""

    unknown: bool
    why: str


def fault(body: InboundBody, policy: Policy) -> Fault | None:
    """The first word or value of `body` that `policy` does not allow; None if there is none."""
    return next(_faults(body, policy), None)


def _faults(body: InboundBody, policy: Policy) -> Iterator[Fault]:
    words = policy.vocabulary
    if isinstance(body, Touchpoint):
        yield from _word("channel", body.channel, words.channels)
        yield from _word("kind", body.kind, policy.touchpoints)
        kind = policy.touchpoints.get(body.kind)
        if kind is not None and kind.objects:
            yield from _attributes(body.attributes, policy, body.attributes)
            return
        if kind is not None and kind.corrects:
            yield from _correction(body, policy)
            return
        yield from _word("theme", body.theme, policy.themes)
        outbound = body.direction is Direction.OUTBOUND
        yield from _attributes(body.attributes, policy, OF_A_CONTACT if outbound else frozenset())
        if outbound:
            yield from _word("action_class", body.attributes.get("action_class", ""), _CLASSES)
    elif isinstance(body, ActionOutcome):
        yield from _word("status", body.status, words.statuses)
        yield from _word("channel", body.channel or "", words.channels)
        # Of a command, a policy may have had the action once. A no counts, whichever system made the contact.
        if not body.action_id and words.meaning(body.status) not in REFUSING:
            yield from _word("action", body.action, policy.actions)
        yield from _attributes(body.attributes, policy)
    elif isinstance(body, ProfileUpdate):
        yield from _word("life-cycle state", body.lifecycle, words.lifecycle)
        if body.zone and not is_zone(body.zone):
            yield Fault(True, f"the zone {quoted(body.zone)} is not in the time zone database: write e.g. Europe/Rome")
        yield from _attributes(body.attributes, policy)
    elif body.granted:  # a consent
        yield from _word("channel", body.channel or "", words.channels)


def _correction(body: Touchpoint, policy: Policy) -> Iterator[Fault]:
    """A correction names parts of a reading, and nothing of the customer's."""
    yield from _word("theme", body.theme, policy.themes)
    if body.direction is Direction.OUTBOUND:
        yield Fault(False, f"a touchpoint of kind {quoted(body.kind)} is no contact: leave its direction out")
    for name, value in body.attributes.items():
        part = next((part for part, attribute in CORRECTIONS.items() if attribute == name), "")
        if not part:
            known = did_you_mean(name, CORRECTIONS.values())
            yield Fault(True, f"the attribute {quoted(name)} is none of a correction's{known}")
        elif not isinstance(value, str):
            yield Fault(False, f"the attribute '{name}' is a name, and this is {type(value).__name__}")
        elif value != NOTHING:
            yield from _word(part, value, policy.reader.names(part))


def _word(what: str, given: object, known: Collection[str]) -> Iterator[Fault]:
    """An empty word says nothing; no policy has one."""
    if given == "" or given in known:
        return
    word = str(given)
    yield Fault(True, f"the {what} {quoted(word)} is not declared{did_you_mean(word, known)}")


def _attributes(given: Mapping[str, Value], policy: Policy, besides: Collection[str] = frozenset()) -> Iterator[Fault]:
    declared = policy.attributes
    for name, value in given.items():
        known = declared.get(name)
        if known is not None:
            if why := _misfit(known, value):
                yield Fault(False, f"the attribute '{name}' {why}")
        elif name not in besides:
            yield Fault(True, f"the attribute {quoted(name)} is not declared{did_you_mean(name, declared)}")


def _misfit(attribute: Attribute, value: Value) -> str:
    """Why `value` is none of the attribute's; empty when it is one."""
    kind = attribute.kind
    if type(value) not in _KINDS[kind]:
        return f"is declared as {kind}, and this is {type(value).__name__}"
    if kind == "date" and value and not _is_date(str(value)):
        return "is declared as date: write it as 2027-03-31"
    if isinstance(value, list | dict) and len(value) > ENTRIES:
        return f"has {len(value)} entries: at most {ENTRIES}"
    return ""


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Is `name` in the time zone database?"""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found; no such key; a folder of the database
        return False
    return True
