"""Checks the valid part of a file that has errors, so that one run reports all errors, each once."""

import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garbo.core.policy.proactive import DATE
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


@dataclass(slots=True)
class Rest:
    """The valid part of a file; None if too little of it is valid.

    lost: the names of what was left out. places: list at the top of the file -> where each item that stayed stood.
    """

    part: Part | None = None
    lost: set[str] = field(default_factory=set)
    places: dict[str, list[int]] = field(default_factory=dict)

    def place(self, path: Path) -> Path:
        """`path` in the valid part as a path in the file."""
        if len(path) > 1 and path[0] in self.places and isinstance(path[1], int):
            return (path[0], self.places[str(path[0])][path[1]], *path[2:])
        return path


def valid_part(kind: type[Part], data: Any, errors: list[ErrorDetails]) -> Rest:
    """`data` without its unknown keys and faulty entries.

    An entry with a key of an earlier version is faulty: what the key meant is not known.
    """
    data, rest = deepcopy(data), Rest()
    if not isinstance(data, dict):
        return rest
    for _ in range(3):  # an entry may be faulty only for want of what is removed first
        unknown = [e for e in errors if e["type"] == "extra_forbidden" and e["loc"][-1] not in RENAMED]
        for details in unknown:
            _remove(data, details["loc"])
        faulty: dict[str, set[int]] = {}
        for details in errors:
            if details not in unknown and not _leave_out(kind, data, details["loc"], rest, faulty):
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


def reliable(findings: Iterable[Finding], lost: frozenset[str]) -> list[Finding]:
    """The findings that do not follow from other errors.

    lost: what `valid_part` left out. Nothing is concluded from an absence while something is left out, and none is a
    warning before all names are right; a name that is missing because it is misspelt is the misspelling alone.
    """
    found = list(findings)
    meant = {f.meant for f in found if f.meant}
    wrong = any(f.fatal and not f.absence for f in found)
    missing = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(meant))) + r")\b") if meant else None

    def follows(finding: Finding) -> bool:
        if finding.absence and (lost or (wrong and not finding.fatal)):
            return True
        if finding.absence and missing is not None and missing.search(finding.message):
            return True
        return any(f"'{name}'" in finding.message for name in lost)

    return [f for f in found if not follows(f)]


def _leave_out(kind: type[Part], data: dict[str, Any], loc: Path, rest: Rest, faulty: dict[str, set[int]]) -> bool:
    """Take what stands at `loc` out of `data`; False if the rest of the file means nothing without it.

    faulty: list at the top -> the items to take out of it.
    """
    if not loc:
        return False
    top, inside = str(loc[0]), data.get(str(loc[0]))
    if len(loc) > 1 and isinstance(inside, dict) and loc[1] in inside:
        gone = inside.pop(loc[1])
        rest.lost |= {str(loc[1]), _plain(str(loc[1])), *(DATE + word for word in _words(gone))}
        return True
    if len(loc) > 1 and isinstance(inside, list) and isinstance(loc[1], int):
        faulty.setdefault(top, set()).add(loc[1])
        rest.lost.add(f"{top} {loc[1] + 1}")
        return True
    rest.lost.add(top)
    field_ = next((f for name, f in kind.model_fields.items() if top in (f.alias, name)), None)
    if field_ is None or (field_.is_required() and top not in STAND_INS):
        return False
    data.pop(top, None)
    if field_.is_required():
        data[top] = deepcopy(STAND_INS[top])
    return True


def _remove(data: Any, loc: Path) -> None:
    """Remove an unknown key. It exists: pydantic has just reported it."""
    for step in loc[:-1]:
        data = data[step]
    data.pop(loc[-1], None)


def _plain(name: str) -> str:
    """The name as others may refer to it: "Inbound Call" is inbound_call."""
    return re.sub(r"\W", "_", name.lower())


def _words(value: Any) -> list[str]:
    """Every text inside `value`."""
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value] if isinstance(value, str) else []
