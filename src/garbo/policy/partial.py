"""Checks the valid part of a file that has errors, so that one run reports all errors, each once."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garbo.policy.problems import Finding, Path
from garbo.policy.schema.actions import RENAMED
from garbo.policy.schema.units import Part

# What stands for a required value that cannot be used. Nothing refers to these, so no other error follows from it.
STAND_INS = {
    "name": "policy",
    "zone": "UTC",
    "country": "IT",
    "lifecycle": {},
    "consents": {},
    "caps": [],
    "quiet_hours": {},
    "pressure": {"contact_weights": {}},
}

PASSES = 4  # a value, then its entry; an entry may be faulty only for want of what is removed first


@dataclass(slots=True)
class Rest:
    """The valid part of a file; None if too little of it is valid.

    lost: the names of the entries that were left out. shaky: entries that stayed without one of their values. places:
    list at the top of the file -> where each item that stayed stood.
    """

    part: Part | None = None
    lost: set[str] = field(default_factory=set)
    shaky: set[Path] = field(default_factory=set)
    places: dict[str, list[int]] = field(default_factory=dict)

    def place(self, path: Path) -> Path:
        """`path` in the valid part as a path in the file."""
        if len(path) > 1 and path[0] in self.places and isinstance(path[1], int):
            return (path[0], self.places[str(path[0])][path[1]], *path[2:])
        return path


def valid_part(kind: type[Part], data: Any, errors: list[ErrorDetails]) -> Rest:
    """`data` without its unknown keys, its faulty values, and the entries that mean nothing without them.

    An entry with a key of an earlier version is faulty: what the key meant is not known.
    """
    data, rest = deepcopy(data), Rest()
    if not isinstance(data, dict):
        return rest
    for _ in range(PASSES):
        unknown = [e for e in errors if e["type"] == "extra_forbidden" and e["loc"][-1] not in RENAMED]
        for details in unknown:
            _remove(data, details["loc"])
            rest.shaky.add(_entry(details["loc"]))  # what the key was to say is missing there
        faulty: dict[str, set[int]] = {}
        for details in errors:
            if details not in unknown and not _leave_out(kind, data, details, rest, faulty):
                return Rest(lost=rest.lost)
        for key, indices in faulty.items():
            stood = rest.places.get(key, list(range(len(data[key]))))
            rest.places[key] = [place for index, place in enumerate(stood) if index not in indices]
            data[key] = [item for index, item in enumerate(data[key]) if index not in indices]
        try:
            rest.part = kind.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        else:
            return rest
    return Rest(lost=rest.lost)


def reliable(findings: Iterable[Finding], rests: Mapping[str, Rest]) -> list[Finding]:
    """The findings that do not follow from other errors. rests: file -> its valid part.

    Nothing is concluded from an absence while something is left out, and none is a warning before all names are right.
    A name that is missing because it is misspelt is the misspelling alone. Of an entry that lacks a value, only unknown
    names and what says that it is certain are reported.
    """
    found = list(findings)
    lost = frozenset().union(*(rest.lost for rest in rests.values()))
    partial = bool(lost) or any(rest.shaky for rest in rests.values())
    wrong = any(f.fatal and not f.absence for f in found)
    meant = sorted({f.meant for f in found if f.meant})
    missing = re.compile(rf"\b(?:{'|'.join(map(re.escape, meant))})\b") if meant else None

    def follows(finding: Finding) -> bool:
        if finding.absence and (partial or (wrong and not finding.fatal)):
            return True
        if finding.absence and missing is not None and missing.search(finding.message):
            return True
        shaky = rests[finding.file].shaky
        if (finding.path[:2] in shaky or finding.path[:4] in shaky) and not (finding.unknown or finding.certain):
            return True
        if finding.unknown:
            return finding.unknown in lost
        return any(f"'{name}'" in finding.message for name in lost)

    return [f for f in found if not follows(f)]


def _leave_out(
    kind: type[Part], data: dict[str, Any], details: ErrorDetails, rest: Rest, faulty: dict[str, set[int]]
) -> bool:
    """Take what is wrong out of `data`: the value, else its entry; False if the rest of the file means nothing then.

    faulty: list at the top -> the items to take out of it.
    """
    loc: Path = details["loc"]
    if not loc:
        return False
    top, inside, name = str(loc[0]), data.get(str(loc[0])), loc[-1]
    if len(loc) > 1 and isinstance(inside, dict) and loc[1] in inside:
        if details["type"] != "extra_forbidden" and _without_value(data, loc):
            rest.shaky.add(_entry(loc))
            return True
        inside, name = _owner(inside, loc)
        if name not in inside:  # its entry is out already
            return True
        del inside[name]
        rest.lost |= {str(name), _plain(str(name))}
        return True
    if len(loc) > 1 and str(loc[1]) in rest.lost:  # its entry is out already
        return True
    if len(loc) > 1 and isinstance(inside, list) and isinstance(loc[1], int):
        faulty.setdefault(top, set()).add(loc[1])
        rest.lost.add(f"{top} {loc[1] + 1}")
        return True
    rest.lost.add(top)
    known = next((f for name, f in kind.model_fields.items() if top in (f.alias, name)), None)
    if known is None or (known.is_required() and top not in STAND_INS):
        return False
    data.pop(top, None)
    if known.is_required():
        data[top] = deepcopy(STAND_INS[top])
    return True


def _entry(loc: Path) -> Path:
    """The entry in which `loc` lies: an entry of the file, and of a journey the stage."""
    return loc[:4] if len(loc) > 3 and loc[0] == "journeys" and loc[2] == "stages" else loc[:2]


def _owner(inside: dict[Any, Any], loc: Path) -> tuple[dict[Any, Any], str | int]:
    """The mapping that has the entry of `loc`, and the entry's name. inside: the mapping at the top of the file."""
    entry = _entry(loc)
    found = inside[entry[1]].get("stages") if len(entry) == 4 and isinstance(inside[entry[1]], dict) else None
    return (found, entry[3]) if isinstance(found, dict) else (inside, entry[1])


def _without_value(data: Any, loc: Path) -> bool:
    """Remove the value at `loc` from its entry; False if it is the entry itself, or not there.

    A list goes as a whole: what stays in it would have other positions.
    """
    while isinstance(loc[-1], int):
        loc = loc[:-1]
    if len(loc) < 3:
        return False
    for step in loc[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    if not isinstance(data, dict) or loc[-1] not in data:
        return False
    del data[loc[-1]]
    return True


def _remove(data: Any, loc: Path) -> None:
    """Remove an unknown key. It exists: pydantic has just reported it."""
    for step in loc[:-1]:
        data = data[step]
    data.pop(loc[-1], None)


def _plain(name: str) -> str:
    """The name as others may refer to it: "Inbound Call" is inbound_call."""
    return re.sub(r"\W", "_", name.lower())
