"""Two built policies -> their differences, field by field. It knows no field by name but those of the tables below.

Rules
 1. A mapping by name, and a tuple of structs that have a name, are compared entry by entry.
 2. Any other tuple of structs (moves, triggers) is a set of entries: some are added, some removed.
 3. Order says nothing, but in the fields of `ORDERED`.
 4. A rule or a value by expression is its text.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from garbo.core.policy.actions import FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.channels import Capacity
from garbo.core.policy.contact_policy import Cap, QuietHours, Remarketing, Suppression
from garbo.core.policy.journey import Move
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DateBefore
from garbo.text.learnt import LearntReader
from garbo.text.reader import SeedReader, Seeds


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    ORDER = "order"


class Difference(NamedTuple):
    """One field, or one whole entry, that is not the same in both policies.

    place: from the policy down to the entry: ("contact", "caps", "one_call_a_week"); names of fields and of entries by
    turns. owner: the struct type that has the field. field: its name; "" for a whole entry. before, after: what it
    holds in each policy; None where it is not.
    """

    kind: Kind
    place: tuple[str, ...]
    owner: type[Struct]
    field: str = ""
    before: Any = None
    after: Any = None


# What identifies an entry, where that is not its name; nothing: an entry is another one when anything in it is.
KEYS: Final[Mapping[type[Struct], tuple[str, ...]]] = {
    Treatment: ("channel", "inbound", "public"),
    FollowUp: ("action",),
    DateBefore: ("attribute",),
    Trigger: (),
    Move: (),
}

# Fields whose order says something: preference, the first that fits, the default, who wins among equals.
ORDERED: Final = frozenset({"treatments", "moves", "ideal", "segments", "languages", "themes", "tones"})

# Fields that are read together: "1 in 7 days".
TOGETHER: Final[Mapping[type[Struct], tuple[str, ...]]] = {
    Cap: ("limit", "window"),
    Capacity: ("at_most", "per"),
    Placement: ("delay", "days", "at"),
    QuietHours: ("start", "end"),
    Remarketing: ("limit", "window"),
    Suppression: ("count", "window"),
}

# What a policy has for the machine's sake: it follows from the rest.
DERIVED: Final = frozenset({"version", "variables", "holidays", "placing_variables", "placing_lookups"})


def differences(before: Policy, after: Policy) -> list[Difference]:
    """Everything in which the two policies differ, in the order of the fields of a policy; empty for nothing."""
    return list(_structs((), before, after))


def _structs(place: tuple[str, ...], before: Struct, after: Struct) -> Iterator[Difference]:
    owner = type(after)
    together = TOGETHER.get(owner, ())
    if any(getattr(before, name) != getattr(after, name) for name in together):
        old, new = ({name: getattr(one, name) for name in together} for one in (before, after))
        yield Difference(Kind.CHANGED, place, owner, "+".join(together), old, new)
    for known in structs.fields(owner):
        name = known.name
        if name in DERIVED or name in together or (name == "name" and place):
            continue
        yield from _values(place, owner, name, getattr(before, name), getattr(after, name))


def _values(place: tuple[str, ...], owner: type[Struct], field: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, SeedReader | LearntReader) and isinstance(after, SeedReader | LearntReader):
        yield from _structs((*place, field), _words(before), _words(after))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        if _of_structs(before.values()) or _of_structs(after.values()):
            yield from _entries((*place, field), before, after)
        else:
            yield from _by_key((*place, field), owner, before, after)
        yield from _order(place, owner, field, list(before), list(after))
    elif isinstance(before, Struct) and isinstance(after, Struct) and type(before) is type(after):
        yield from _structs((*place, field), before, after)
    elif isinstance(before, tuple) and isinstance(after, tuple) and (_of_structs(before) or _of_structs(after)):
        yield from _listed(place, owner, field, before, after)
    elif not _same(before, after):
        yield Difference(Kind.CHANGED, place, owner, field, plain(before), plain(after))
    elif isinstance(before, tuple):
        yield from _order(place, owner, field, before, after)


def _order(
    place: tuple[str, ...], owner: type[Struct], field: str, before: Sequence[Any], after: Sequence[Any]
) -> Iterator[Difference]:
    """What both have, if its order says something and is another one."""
    if field in ORDERED:
        old, new = [e for e in before if e in after], [e for e in after if e in before]
        if old != new:
            yield Difference(Kind.ORDER, place, owner, field, tuple(old), tuple(new))


def _entries(place: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        here = (*place, name)
        if name not in after:
            yield Difference(Kind.REMOVED, here, type(before[name]), before=before[name])
        elif name not in before:
            yield Difference(Kind.ADDED, here, type(after[name]), after=after[name])
        else:
            yield from _structs(here, before[name], after[name])


def _by_key(
    place: tuple[str, ...], owner: type[Struct], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        if not _same(before.get(key), after.get(key)):
            yield Difference(Kind.CHANGED, place, owner, key, plain(before.get(key)), plain(after.get(key)))


def _listed(
    place: tuple[str, ...], owner: type[Struct], field: str, before: Sequence[Struct], after: Sequence[Struct]
) -> Iterator[Difference]:
    old, new, here = _keyed(before), _keyed(after), (*place, field)
    if old is not None and new is not None:
        yield from _entries(here, old, new)
        yield from _order(place, owner, field, list(old), list(new))
        return
    for entry in _without(before, after):
        yield Difference(Kind.REMOVED, here, type(entry), before=entry)
    for entry in _without(after, before):
        yield Difference(Kind.ADDED, here, type(entry), after=entry)
    yield from _order(place, owner, field, before, after)


def _keyed(entries: Sequence[Struct]) -> dict[str, Struct] | None:
    """The entries by what identifies them; None if nothing does."""
    found: dict[str, Struct] = {}
    for entry in entries:
        fields = KEYS.get(type(entry), ("name",))
        if not fields or not all(hasattr(entry, field) for field in fields):
            return None
        words = (value if isinstance(value, str) else field * bool(value) for field in fields
                 for value in (getattr(entry, field),))  # fmt: skip
        found[" ".join(filter(None, words))] = entry
    return found if len(found) == len(entries) else None


def _without(entries: Sequence[Struct], others: Sequence[Struct]) -> list[Struct]:
    left, found = list(others), []
    for entry in entries:
        if entry in left:
            left.remove(entry)
        else:
            found.append(entry)
    return found


def _of_structs(values: Any) -> bool:
    return any(isinstance(value, Struct) for value in values)


def _same(before: Any, after: Any) -> bool:
    old, new = plain(before), plain(after)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return sorted(old, key=repr) == sorted(new, key=repr)
    return bool(old == new)


def plain(value: Any) -> Any:
    """A rule, or a value by expression, as its text; anything else as it is."""
    return getattr(value, "text", value) if callable(value) else value


def _words(reader: SeedReader | LearntReader) -> Seeds:
    """What themes.yaml says; the languages are the policy's."""
    return structs.replace(reader.seeds, languages=())
