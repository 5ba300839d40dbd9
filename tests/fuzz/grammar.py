"""Messages of any schema, generated from choices: mostly plausible values, with some hostile ones.

The bytes are written by hand, not by fastavro: a correct writer cannot write a wrong length.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from garbo.adapters.avro.framing import header
from garbo.adapters.avro.schemas import current
from tests.fuzz.choices import Choices
from tests.fuzz.rows import row
from tests.fuzz.values import DOUBLES, EXTREME, INSTANTS, LENGTHS, PLAUSIBLE, UGLY

SCHEMAS: Final = {name: schema.parsed() for name, schema in current().items()}
HEADERS: Final = {name: header(schema.id) for name, schema in current().items()}
FACTS: Final = ("garbo.Touchpoint", "garbo.ConsentChange", "garbo.ActionOutcome", "garbo.ProfileUpdate")
BODIES: Final = (
    *FACTS, "garbo.TimerFired", "garbo.PartyMerged", "garbo.RowMoved", "garbo.HouseholdJoined", "garbo.ClockTick",
)  # fmt: skip


def _named(schema: Any) -> dict[str, Any]:
    """The types that `schema` defines, by name."""
    if isinstance(schema, list):
        return {name: part for branch in schema for name, part in _named(branch).items()}
    if isinstance(schema, str):
        return {}
    inside = [field["type"] for field in schema.get("fields", ())]
    inside += [schema[part] for part in ("items", "values") if part in schema]
    if not isinstance(schema["type"], str):
        inside.append(schema["type"])
    return ({schema["name"]: schema} if "name" in schema else {}) | _named(inside)


NAMED: Final[dict[str, Any]] = _named(list(SCHEMAS.values()))
# Nesting of envelopes, at most.
DEPTH: Final = 4


def varint(n: int) -> bytes:
    """A zigzag varint of any length, also beyond 64 bits."""
    z = n << 1 if n >= 0 else (-n << 1) - 1
    out = bytearray()
    while z >= 0x80:
        out.append(z & 0x7F | 0x80)
        z >>= 7
    out.append(z)
    return bytes(out)


def framed(choices: Choices, name: str, rate: int, depth: int = 0) -> bytes:
    """A message of schema `name` in which about `rate` % of the values are hostile."""
    return HEADERS[name] + Writer(choices, rate, depth).write(SCHEMAS[name], name)


class Writer:
    """Writes one message. `rate`: hostile values in 100."""

    def __init__(self, choices: Choices, rate: int, depth: int) -> None:
        self._choices, self._rate, self._depth = choices, rate, depth
        self._body = ""
        self._leaves: dict[str, Callable[[str], bytes]] = {
            "string": self._string,
            "bytes": self._bytes,
            "int": self._long,
            "long": self._long,
            "double": self._double,
            "boolean": self._boolean,
            "null": lambda _: b"",
        }

    def write(self, schema: Any, path: str) -> bytes:
        """The bytes of a value. `path` names the field, as in values.py."""
        if isinstance(schema, list):
            return self._union(schema, path)
        if isinstance(schema, str):
            leaf = self._leaves.get(schema)
            return leaf(path) if leaf is not None else self.write(NAMED[schema], path)
        kind = schema["type"]
        if kind == "record":
            short = schema["name"].rpartition(".")[2]
            if short == "PartyEvent":
                self._body = self._choices.pick(BODIES)
            return b"".join([self.write(f["type"], f"{short}.{f['name']}") for f in schema["fields"]])
        if kind == "enum":
            return self._enum(schema["symbols"], path)
        if kind == "array":
            return self._blocks(lambda: self.write(schema["items"], path), path)
        if kind == "map":
            return self._blocks(lambda: self._string(path) + self.write(schema["values"], path + "."), path)
        return self.write(kind, path)

    # ---- leaves

    @property
    def _hostile(self) -> bool:
        return self._choices.chance(self._rate)

    def _string(self, path: str) -> bytes:
        choices = self._choices
        if self._hostile:
            match choices.below(4):
                case 0:
                    raw = (choices.bytes(1) or b"x") * choices.pick(LENGTHS)
                case 1:
                    return varint(choices.pick(EXTREME)) + b"cut"
                case 2:
                    raw = choices.bytes(choices.below(24))
                case _:
                    raw = choices.pick(UGLY)
            return varint(len(raw)) + raw
        known = PLAUSIBLE.get(path) or PLAUSIBLE.get(path.rpartition(".")[2]) or ("", "x")
        raw = choices.pick(known).encode()
        return varint(len(raw)) + raw

    def _bytes(self, path: str) -> bytes:
        choices = self._choices
        if path == "PartyEvent.body":
            name = choices.pick(tuple(SCHEMAS)) if self._hostile else self._body
            raw = framed(choices, name, self._rate, self._depth + 1) if self._depth < DEPTH else b""
        elif path == "RowMoved.row":
            raw = row(choices)
        else:
            raw = choices.bytes(choices.below(64))
        if self._hostile:
            raw = mutated(choices, raw)
        return varint(len(raw)) + raw

    def _long(self, path: str) -> bytes:
        choices = self._choices
        name = path.rpartition(".")[2]
        if self._hostile:
            return b"\xff" * 11 if choices.chance(10) else varint(choices.pick(EXTREME))
        if name in ("occurred_at", "at", "due", "expires_at", "appended_at"):
            return varint(choices.pick(INSTANTS))
        return varint(choices.below(2 if name == "label" else 4))

    def _double(self, path: str) -> bytes:
        if self._hostile:
            return self._choices.bytes(8).ljust(8, b"\xff")
        return struct.pack("<d", self._choices.pick(DOUBLES if self._rate > 5 else DOUBLES[:4]))

    def _boolean(self, path: str) -> bytes:
        return bytes((self._choices.below(256) if self._hostile else self._choices.below(2),))

    # ---- what holds others

    def _enum(self, symbols: list[str], path: str) -> bytes:
        choices = self._choices
        if self._hostile:
            if choices.chance(50):  # the symbol of what a newer version says; the others are malformed
                return varint(0)
            return varint(choices.pick((-1, len(symbols), *EXTREME)))
        if path == "PartyEvent.type":
            return varint(1 + BODIES.index(self._body))
        return varint(1 + choices.below(len(symbols) - 1))

    def _union(self, branches: list[Any], path: str) -> bytes:
        choices = self._choices
        if self._hostile:
            return varint(choices.pick((-1, len(branches), *EXTREME))) + choices.bytes(4)
        index = choices.below(len(branches))
        return varint(index) + self.write(branches[index], path)

    def _blocks(self, item: Callable[[], bytes], path: str) -> bytes:
        choices = self._choices
        if not self._hostile:
            count = choices.below(4)
            return (varint(count) + b"".join([item() for _ in range(count)]) if count else b"") + b"\0"
        one = item()
        match choices.below(6):
            case 0:  # more items than there are
                return varint(choices.pick(EXTREME)) + one + b"\0"
            case 1:  # a negative count, with its size in bytes
                return varint(-1) + varint(len(one)) + one + b"\0"
            case 2:  # the same with a wrong size
                return varint(-1) + varint(choices.pick(EXTREME)) + one + b"\0"
            case 3:  # many
                count = min(choices.pick(LENGTHS), 60_000 // max(len(one), 1) + 1)
                return varint(count) + one * count + b"\0"
            case 4:  # one block for each item
                return (varint(1) + one) * min(300, 60_000 // max(len(one), 1) + 1) + b"\0"
            case _:  # no end
                return varint(1) + one


def mutated(choices: Choices, value: bytes) -> bytes:
    """`value` with up to four mutations: flipped, cut, inserted, repeated, or an extreme number inserted."""
    raw = bytearray(value)
    for _ in range(1 + choices.below(4)):
        place = choices.below(len(raw) + 1)
        match choices.below(8):
            case 0 if place < len(raw):
                raw[place] ^= 1 << choices.below(8)
            case 1:
                del raw[place:]
            case 2:
                raw[place:place] = choices.bytes(choices.below(8))
            case 3:
                raw[place:place] = raw[place : place + 1 + choices.below(64)] * (1 + choices.below(200))
            case 4:
                raw[place:place] = varint(choices.pick(EXTREME))
            case 5:
                raw[place : place + 9] = varint(choices.pick(EXTREME))
            case 6:
                raw += choices.bytes(choices.below(8))
            case _:
                raw[:5] = choices.pick(tuple(HEADERS.values()))
    return bytes(raw[:100_000])
