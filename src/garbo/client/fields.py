"""One field of a message: in its one spelling, or a `MessageError` that says what to do.

Rule: an error names the field, never an identifier or a text: those are personal data, and errors end in logs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Final, TypeAlias, TypedDict
from zoneinfo import ZoneInfo

from garbo.adapters.avro.messages.fields import IDENTIFIERS, LAST_INSTANT
from garbo.core.vocabulary.events import Identifier, Value
from garbo.errors import MessageError
from garbo.processors.identifiers import EMAILS, LONGEST, PARTY, PHONES, is_usable, normalised

Instant: TypeAlias = int | datetime
"""Milliseconds since 1970 in UTC, or a `datetime` with its time zone."""

Named: TypeAlias = str | Sequence[str] | None
"""One identifier of a kind, several, or None: not known."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONG: Final = 2**63


class Identifiers(TypedDict, total=False):
    """How a person is named, strongest first. Give every identifier you know, in any spelling.

    party: Garbo's own id of the person, from a command or a record. customer_id: the company's own.
    verified_email, verified_phone: the person proved to hold it. email, phone: the person only said so.
    social: a handle, with or without @. device, cookie: a thing, not a person.
    """

    party: Named
    customer_id: Named
    verified_email: Named
    verified_phone: Named
    email: Named
    phone: Named
    social: Named
    device: Named
    cookie: Named


def instant(given: object, field: str = "occurred_at") -> int:
    """`given` as milliseconds since 1970 in UTC.

    Raises:
        MessageError: it has no time zone, is of another type, or does not lie between 1970 and 9999.
    """
    if isinstance(given, datetime):
        if given.utcoffset() is None:
            raise MessageError(f"{field} has no time zone; write e.g. datetime.now(UTC).")
        ms = (given - _EPOCH) // timedelta(milliseconds=1)
    elif isinstance(given, int) and not isinstance(given, bool):
        ms = int(given)
    else:
        raise MessageError(
            f"{field} must be a datetime with a time zone, or whole milliseconds since 1970, not {_type(given)}."
        )
    if not 0 <= ms <= LAST_INSTANT:
        raise MessageError(f"{field} must lie between 1970 and 9999; as a number it counts milliseconds since 1970.")
    return ms


def identifiers(given: Mapping[str, object], region: str, kinds: Mapping[str, int]) -> tuple[Identifier, ...]:
    order = {PARTY: -1, **kinds}
    found: dict[Identifier, None] = {}
    for kind, values in given.items():
        if kind not in order:
            raise MessageError(f"{kind!r} is neither a field nor a kind of identifier{_known(kind, order)}.")
        for value in _several(kind, values):
            found[_identifier(kind, value, region, kinds)] = None
    if not found:
        raise MessageError(f"The message names nobody; give at least one identifier: {', '.join(order)}.")
    if len(found) > IDENTIFIERS:
        raise MessageError(f"The message has {len(found)} identifiers; a person has {IDENTIFIERS} at most.")
    return tuple(sorted(found, key=lambda identifier: order[identifier.kind]))


def _several(kind: str, values: object) -> Iterable[str]:
    if values is None:
        return ()
    if isinstance(values, str):
        return (values,)
    if isinstance(values, Sequence) and all(isinstance(value, str) for value in values):
        return values
    raise MessageError(f"{kind} must be a string, or a list of strings, not {_type(values)}.")


def _identifier(kind: str, value: str, region: str, kinds: Collection[str]) -> Identifier:
    known = normalised(kind, string(kind, value), region, kinds)
    if known is not None and (kind != PARTY or known.value == value):  # Garbo's own id has one spelling
        return known
    if kind in PHONES:
        raise MessageError(
            f"{kind} is no telephone number of region {region}; write its country prefix: +39 06 1234567."
        )
    if kind in EMAILS:
        raise MessageError(f"{kind} is no e-mail address; write it as name@example.org, or leave it out.")
    raise MessageError(
        f"{kind} is empty, longer than {LONGEST} characters, or holds control characters; correct it or leave it out."
    )


def attributes(given: Mapping[str, Value] | None) -> dict[str, Value]:
    return {filled("an attribute's name", name): _value(name, value) for name, value in (given or {}).items()}


def _value(name: str, value: object) -> Value:
    """`value` in plain types: a subclass (an enum, a NumPy float) has no Avro branch."""
    field = f"Attribute {name!r}"
    if isinstance(value, list | tuple):
        return [string(field, entry) for entry in value]
    if isinstance(value, Mapping):
        return {string(field, key): _number(field, number) for key, number in value.items()}
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return string(field, value)
    if isinstance(value, int):
        if not -_LONG <= value < _LONG:
            raise MessageError(f"{field} does not fit into 64 bits; send it as a string.")
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise MessageError(f"{field} is not a finite number; leave it out when it is not known.")
        return float(value)
    raise MessageError(
        f"{field} must be a string, an integer, a float, a bool, a list of strings or a mapping to numbers, "
        f"not {_type(value)}."
    )


def _number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise MessageError(f"{field} must map names to finite numbers.")
    return float(value)


def zone(name: str) -> str:
    """`name`, when the time zone database has it: a worker has no opening hours in a zone that it does not know."""
    if string("zone", name):
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # not found; no such key; a folder of the database
            raise MessageError("zone is no time zone; write an IANA name such as Europe/Rome.") from None
    return name


def household(name: str) -> str:
    """`name`, when it can be a household's id: a worker ignores one that cannot."""
    if string("household", name) and not is_usable(name.strip()):
        raise MessageError(f"household is blank, longer than {LONGEST} characters, or holds control characters.")
    return name


def one_of(field: str, value: str, names: Iterable[str]) -> str:
    names, given = list(names), string(field, value)
    if given not in names:
        raise MessageError(f"{field} {given!r} is unknown{_known(given, names)}.")
    return given


def filled(field: str, value: str) -> str:
    if not string(field, value):
        raise MessageError(f"{field} is empty; give it a name.")
    return string(field, value)


def string(field: str, value: object) -> str:
    """`value` as a plain string that UTF-8 can write."""
    if not isinstance(value, str):
        raise MessageError(f"{field} must be a string, not {_type(value)}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MessageError(
            f"{field} holds half a surrogate pair, which UTF-8 cannot write; decode the text again."
        ) from None
    return str.__str__(value)


def _known(given: str, names: Iterable[str]) -> str:
    near = get_close_matches(given, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"


def _type(value: object) -> str:
    return type(value).__name__
