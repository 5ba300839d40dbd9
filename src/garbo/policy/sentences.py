"""A schema's error as the sentence that an analyst reads: where, what is written there, and what to write instead."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic_core import ErrorDetails

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.schema import documents
from garbo.policy.schema.actions import RENAMED
from garbo.policy.schema.journey import EARLIER

LONGEST = 60  # characters of a value that a sentence repeats

_NUMBERS = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}


def sentence(file: str, details: ErrorDetails) -> str:
    """The error `details` of the file's schema in words."""
    loc = [str(part) for part in details["loc"]]
    kind, last = details["type"], loc[-1] if loc else ""
    place = ".".join(loc)
    if kind == "extra_forbidden":
        if last in RENAMED and file == "actions.yaml":
            return f"unknown key '{last}': it is '{RENAMED[last]}' now"
        if place in EARLIER and file == "journey.yaml":
            return f"'{last}' stands in a journey now: write {EARLIER[place]}"
        return f"unknown key '{last}'{did_you_mean(last, keys(file)) or ': remove it'}"
    if kind == "missing":
        owner = ".".join(loc[:-1])
        return f"{owner}: the key '{last}' is missing: add it" if owner else f"the key '{last}' is missing: add it"
    if "[key]" in loc:
        if kind == "literal_error":
            words = _words(details)
            hint = did_you_mean(loc[-2], words) or f": use one of {', '.join(words)}"
            return f"unknown key '{loc[-2]}'{hint}"
        return (
            f"the name '{loc[-2]}' must be lower-case letters, digits and _, starting with a letter, such as "
            f"'{_name(loc[-2])}'"
        )
    if not loc:
        key = next(iter(documents.FILES[file].model_json_schema()["properties"]))
        return f"the file holds {_shown(details['input'])}, not keys and their values: begin with '{key}:'"
    return f"{place}: {_wrong(kind, details)}"


def _wrong(kind: str, details: ErrorDetails) -> str:
    """What is wrong with the value, and what to write."""
    given, context = details["input"], details.get("ctx", {})
    shown = _shown(given)
    if kind in ("list_type", "tuple_type"):
        return f"{shown} is no list: write {_as_list(given)}"
    if kind in ("dict_type", "model_type", "model_attributes_type", "dict_attributes_type"):
        return f"{shown} is no map: write `key: value` under it, each on a line of its own"
    if kind in ("string_type", "string_unicode"):
        return f"{shown} is no text: " + ("write a name" if given is None else "put it in quotes, or write a name")
    if kind == "bool_type":
        return f"{shown} is neither true nor false: write {_as_bool(given)}"
    if kind in ("int_type", "int_from_float", "int_parsing"):
        return f"{shown} is no whole number: write digits only, without quotes or a unit"
    if kind in ("float_type", "float_parsing"):
        return f"{shown} is no number: write {_as_number(given)}"
    if kind == "literal_error":
        words = _words(details)
        hint = did_you_mean(str(given), words)
        return f"{shown} is not one of {', '.join(words)}{hint if 'mean' in hint else ': use one of them'}"
    if kind in _NUMBERS:
        return f"{shown} is out of range: it must be {_NUMBERS[kind].format(**context)}"
    if kind == "string_pattern_mismatch":
        return f"{shown} must be lower-case letters, digits and _, starting with a letter"
    if kind in ("too_short", "string_too_short"):
        return "it is empty: write at least one, or remove the key"
    message = details["msg"][0].lower() + details["msg"][1:]
    return message if isinstance(given, dict | list) or kind == "treatments" else f"{shown}: {message}"


def without_echoes(errors: Iterable[ErrorDetails], file: str) -> list[ErrorDetails]:
    """The errors without the missing keys that stand there misspelt: that is one mistake, and not two."""
    found = list(errors)
    if file == "journey.yaml" and any(e["loc"] and e["loc"][0] in EARLIER for e in found):
        found = [e for e in found if e["type"] != "missing" or e["loc"] != ("journeys",)]
    meant = {
        (e["loc"][:-1], did_you_mean(str(e["loc"][-1]), keys(file)))
        for e in found
        if e["type"] == "extra_forbidden"
    }  # fmt: skip
    return [
        e for e in found if e["type"] != "missing" or (e["loc"][:-1], f"; did you mean '{e['loc'][-1]}'?") not in meant
    ]


@cache
def keys(file: str) -> frozenset[str]:
    """Every key that is valid somewhere in `file`."""
    schema = documents.FILES[file].model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    parts += [either for part in parts for either in part.get("anyOf", ())]
    return frozenset(key for part in parts for key in part.get("properties", {}))


def _words(details: ErrorDetails) -> list[str]:
    """The words that a literal allows, from "'a', 'b' or 'c'"."""
    return list(details.get("ctx", {}).get("expected", "").split("'")[1::2])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}'"


def _as_list(value: Any) -> str:
    if isinstance(value, dict) or value is None:
        return "[first, second], or `- first` on lines of their own"
    return f"[{value}]" if len(str(value)) <= LONGEST else "[first, second]"


def _as_bool(value: Any) -> str:
    return {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}.get(
        str(value).lower(), "one of them"
    )


def _as_number(value: Any) -> str:
    text = str(value).strip()
    try:
        return f"{float(text.removesuffix('%').replace(',', '.')) / (100 if text.endswith('%') else 1):g}"
    except ValueError:
        return "digits and a point, without quotes or a unit"


def _name(text: str) -> str:
    """A name that is allowed, as near to `text` as possible."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in text.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"n_{plain}"
