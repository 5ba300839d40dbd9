"""What several messages share: checks of single fields, and the names that fields have on the wire.

Rules
 1. A check gives the value, or raises `Rejected`. Its detail names the field, never its value.
 2. Identifiers pass as the producer wrote them: resolve normalises them.
 3. A struct's `rename` (core/vocabulary/events.WIRE_NAMES) says what the wire calls a field; no reader repeats it.
"""

from collections.abc import Callable, Container
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, Value
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition, NeedEnd, Reason
from garbo.processors.ports import Rejected

Datum: TypeAlias = dict[str, Any]

# The end of the year 9999: beyond it, Python's own calendar fails.
LAST_INSTANT: Final = 253_402_300_799_999

# A person is known by a handful of names at once. Each becomes a link of its own: 128 KiB of them would be 10,000
# messages, and would make as many strangers one person.
IDENTIFIERS: Final = 64

# Party ids are ours (22 characters) or a bank's own; they stand in every row, record and key of the party.
PARTY_CHARACTERS: Final = 256

# Each enum's first symbol: what an older reader sees of a symbol it does not know.
UNKNOWN: Final = "UNKNOWN"

# The symbols of the published enum. Any other channel is written as UNKNOWN, with its name beside it.
CHANNELS: Final = frozenset(c.value for c in Channel)

_S = TypeVar("_S", bound=Struct)
_Code = TypeVar("_Code", DeadLetterReason, Disposition, NeedEnd, Reason)


def invalid(field: str, why: str) -> Rejected:
    return Rejected(DeadLetterReason.INVALID, f"{field} {why}")


def instant(ms: int, field: str = "occurred_at") -> int:
    """`ms`, if it lies between 1970 and 9999. The engine has the time, so it judges whether that is in the future."""
    if 0 <= ms <= LAST_INSTANT:
        return ms
    raise invalid(field, "is no instant between 1970 and 9999")


def event_id(datum: Datum) -> str:
    found: str = datum["event_id"]
    if not found:
        raise invalid("event_id", "is empty")
    return found


def party_id(datum: Datum, field: str) -> str:
    found: str = datum[field]
    if not 0 < len(found) <= PARTY_CHARACTERS:
        raise invalid(field, "is empty" if not found else f"is longer than {PARTY_CHARACTERS} characters")
    return found


def attributes(datum: Datum) -> dict[str, Value]:
    """The attributes, if their numbers are finite: a NaN would silence every rule and poison a model."""
    found: dict[str, Value] = datum["attributes"]
    for value in found.values():
        finite(value, "attributes")
    for numbers in datum["maps"].values():
        for number in numbers.values():
            finite(number, "attributes")
    return {**found, **datum["lists"], **datum["maps"]} if datum["lists"] or datum["maps"] else found


def finite(value: object, field: str) -> None:
    """Raises `Rejected` for a float that is NaN or infinite."""
    if isinstance(value, float) and value - value != 0.0:
        raise invalid(field, "holds a number that is not finite")


def identifiers(raw: list[Datum]) -> tuple[Identifier, ...]:
    if len(raw) > IDENTIFIERS:
        raise invalid("identifiers", f"are more than {IDENTIFIERS}")
    return tuple([Identifier(i["kind"], i["value"]) for i in raw])


def channel(symbol: str, name: str) -> str:
    """The channel of its symbol, or of its name where it is a policy's own."""
    if name:
        return name
    if symbol == UNKNOWN:
        raise Rejected(DeadLetterReason.UNKNOWN_CHANNEL, "channel is not one of this version's")
    return symbol


def channel_or_none(symbol: str | None, name: str) -> str | None:
    return None if symbol is None else channel(symbol, name)


def coded(name: str, symbols: Container[str]) -> tuple[str, str]:
    """The enum's symbol for `name`, and the name beside it: one of the two says it."""
    return (name, "") if name in symbols else (UNKNOWN, name)


def known(kind: type[_Code], symbol: str, field: str = "") -> _Code:
    """The enum's member. `field` names it in the detail; by default the enum's own name does."""
    if symbol == UNKNOWN:
        raise invalid(field or kind.__name__, "is of a newer version")
    return kind(symbol)


def datum_of(struct: type[Struct]) -> Callable[[Any], Datum]:
    """The function that gives a value of `struct` as a dictionary: the fields as they are, by their wire names."""
    names = tuple(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))

    def datum(value: Any) -> Datum:
        return {wire: getattr(value, field) for wire, field in names}

    return datum


def value_of(struct: type[_S]) -> Callable[[Datum], _S]:
    """The function that makes a `struct` of a dictionary with the wire's names; it consumes the dictionary."""
    names = zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True)
    renamed = tuple((wire, field) for wire, field in names if wire != field)

    def value(datum: Datum) -> _S:
        for wire, field in renamed:
            datum[field] = datum.pop(wire)
        return struct(**datum)

    return value
