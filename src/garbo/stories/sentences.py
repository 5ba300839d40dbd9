"""An error of the schema as a sentence that says what to do."""

from functools import cache
from typing import Any

from pydantic_core import ErrorDetails

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.schema.units import Part


def sentence(details: ErrorDetails, kind: type[Part]) -> str:
    """The error as a sentence. kind: the schema of the value, whose keys are known."""
    loc = [str(part) for part in details["loc"]]
    last = loc[-1] if loc else ""
    if details["type"] == "extra_forbidden":
        return f"unknown key '{last}'{did_you_mean(last, keys(kind, loc[:-1]))}"
    if details["type"] == "missing":
        return f"the key '{last}' is missing: add it"
    if "[key]" in loc:
        return f"the name '{loc[-2]}' must be lower-case letters, digits and _, starting with a letter"
    return f"{'.'.join(loc) or 'the file'}: {details['msg'][0].lower()}{details['msg'][1:]}"


@cache
def _schema(kind: type[Part]) -> dict[str, Any]:
    return kind.model_json_schema()


def keys(kind: type[Part], loc: list[str]) -> set[str]:
    """The keys that are valid at `loc` of the schema, as far as it can be followed."""
    here = _schema(kind)
    parts: dict[str, Any] = here.get("$defs", {})
    for step in loc:
        named = [*here.get("patternProperties", {}).values(), here.get("additionalProperties"), here.get("items")]
        found: dict[str, Any] = next(filter(None, named), {})
        here = here.get("properties", {}).get(step) or found
        for either in here.get("anyOf", ()):
            here = either if "$ref" in either or "properties" in either else here
        if "$ref" in here:
            here = parts[here["$ref"].rpartition("/")[2]]
    return set(here.get("properties", {}))
