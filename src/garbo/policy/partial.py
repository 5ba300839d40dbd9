"""Checks the valid part of a file that has errors, so that one run reports all errors."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garbo.policy.problems import Finding
from garbo.policy.schema.actions import RENAMED
from garbo.policy.schema.units import Part


def valid_part(kind: type[Part], data: Any, errors: list[ErrorDetails]) -> tuple[Part | None, frozenset[str]]:
    """`data` without its unknown keys and faulty entries, and the names of the faulty entries.

    An entry with a key of an earlier version is faulty: what the key meant is not known. Returns (None, no names) if
    the rest is not valid either.
    """
    rest = deepcopy(data)
    lost: set[str] = set()
    for _ in range(2):  # an entry may be faulty only for want of the keys that are removed first
        unknown = [e for e in errors if e["type"] == "extra_forbidden" and e["loc"][-1] not in RENAMED]
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
        except ValidationError as error:
            errors = error.errors(include_url=False)
    return None, frozenset()


def reliable(findings: Iterable[Finding], lost: frozenset[str]) -> list[Finding]:
    """The findings that do not follow from the entries that `valid_part` left out."""
    if not lost:
        return list(findings)
    return [f for f in findings if not f.absence and not any(f"'{name}'" in f.message for name in lost)]


def _remove(data: Any, loc: tuple[str | int, ...]) -> None:
    """Remove an unknown key. It exists: pydantic has just reported it."""
    for step in loc[:-1]:
        data = data[step]
    data.pop(loc[-1], None)
