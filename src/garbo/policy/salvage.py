"""What can still be checked of a file that has errors, so that all errors are told at once and not one by one."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garbo.policy.problems import Finding
from garbo.policy.schema.units import Part


def salvage(kind: type[Part], data: Any, errors: list[ErrorDetails]) -> tuple[Part | None, frozenset[str]]:
    """`data` without its unknown keys and broken entries, and the names of those; None when nothing holds."""
    rest = deepcopy(data)
    lost: set[str] = set()
    unknown = [e for e in errors if e["type"] == "extra_forbidden"]
    for details in unknown:
        _remove(rest, details["loc"])
    for details in errors:
        loc = details["loc"]
        if details in unknown:
            continue
        if len(loc) > 1 and isinstance(rest, dict) and isinstance(rest.get(loc[0]), dict):
            rest[loc[0]].pop(loc[1], None)
            lost.add(str(loc[1]))
        else:
            return None, frozenset()
    try:
        return kind.model_validate(rest), frozenset(lost)
    except ValidationError:
        return None, frozenset()


def trustworthy(findings: Iterable[Finding], lost: frozenset[str]) -> list[Finding]:
    """The findings that do not come from what salvage left out."""
    if not lost:
        return list(findings)
    return [f for f in findings if not f.absence and not any(f"'{name}'" in f.message for name in lost)]


def _remove(data: Any, loc: tuple[str | int, ...]) -> None:
    """Take out an unknown key; it is there, for pydantic has just met it."""
    for step in loc[:-1]:
        data = data[step]
    data.pop(loc[-1], None)
