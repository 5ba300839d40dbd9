"""Messages of any schema, written off a tape: mostly what a producer would write, with hostile leaves here and there.

Bytes are written by hand, not by fastavro: a writer that keeps to the schema cannot lie about a length.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from garbo.adapters.avro.framing import header
from garbo.adapters.avro.schemas import current
from tests.fuzz.rows import row
from tests.fuzz.tape import Tape
from tests.fuzz.words import DOUBLES, EXTREME, INSTANTS, LENGTHS, PLAUSIBLE, UGLY

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
# Envelopes in envelopes end here.
DEPTH: Final = 4


def varint(n: int) -> bytes:
    """A zigzag varint of any length: what is beyond 64 bits is written all the same."""
    z = n << 1 if n >= 0 else (-n << 1) - 1
    out = bytearray()
    while z >= 0x80:
        out.append(z & 0x7F | 0x80)
        z >>= 7
    out.append(z)
    return bytes(out)


def framed(tape: Tape, name: str, rate: int, depth: int = 0) -> bytes:
    """A message of schema `name` with about `rate` % of its leaves hostile."""
    return HEADERS[name] + Writer(tape, rate, depth).write(SCHEMAS[name], name)


class Writer:
    """Writes one message. `rate`: hostile leaves in 100."""

    def __init__(self, tape: Tape, rate: int, depth: int) -> None:
        self._tape, self._rate, self._depth = tape, rate, depth
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
        """`path` names the field as words.py does."""
        if isinstance(schema, list):
            return self._union(schema, path)
        if isinstance(schema, str):
            leaf = self._leaves.get(schema)
            return leaf(path) if leaf is not None else self.write(NAMED[schema], path)
        kind = schema["type"]
        if kind == "record":
            short = schema["name"].rpartition(".")[2]
            if short == "PartyEvent":
                self._body = self._tape.pick(BODIES)
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
        return self._tape.chance(self._rate)

    def _string(self, path: str) -> bytes:
        tape = self._tape
        if self._hostile:
            match tape.below(4):
                case 0:
                    raw = (tape.bytes(1) or b"x") * tape.pick(LENGTHS)
                case 1:
                    return varint(tape.pick(EXTREME)) + b"cut"
                case 2:
                    raw = tape.bytes(tape.below(24))
                case _:
                    raw = tape.pick(UGLY)
            return varint(len(raw)) + raw
        known = PLAUSIBLE.get(path) or PLAUSIBLE.get(path.rpartition(".")[2]) or ("", "x")
        raw = tape.pick(known).encode()
        return varint(len(raw)) + raw

    def _bytes(self, path: str) -> bytes:
        tape = self._tape
        if path == "PartyEvent.body":
            name = tape.pick(tuple(SCHEMAS)) if self._hostile else self._body
            raw = framed(tape, name, self._rate, self._depth + 1) if self._depth < DEPTH else b""
        elif path == "RowMoved.row":
            raw = row(tape)
        else:
            raw = tape.bytes(tape.below(64))
        if self._hostile:
            raw = mutated(tape, raw)
        return varint(len(raw)) + raw

    def _long(self, path: str) -> bytes:
        tape = self._tape
        name = path.rpartition(".")[2]
        if self._hostile:
            return b"\xff" * 11 if tape.chance(10) else varint(tape.pick(EXTREME))
        if name in ("occurred_at", "at", "due", "expires_at", "appended_at"):
            return varint(tape.pick(INSTANTS))
        return varint(tape.below(2 if name == "label" else 4))

    def _double(self, path: str) -> bytes:
        if self._hostile:
            return self._tape.bytes(8).ljust(8, b"\xff")
        return struct.pack("<d", self._tape.pick(DOUBLES if self._rate > 5 else DOUBLES[:4]))

    def _boolean(self, path: str) -> bytes:
        return bytes((self._tape.below(256) if self._hostile else self._tape.below(2),))

    # ---- what holds others

    def _enum(self, symbols: list[str], path: str) -> bytes:
        tape = self._tape
        if self._hostile:
            return varint(tape.pick((0, -1, len(symbols), *EXTREME)))
        if path == "PartyEvent.type":
            return varint(1 + BODIES.index(self._body))
        return varint(1 + tape.below(len(symbols) - 1))

    def _union(self, branches: list[Any], path: str) -> bytes:
        tape = self._tape
        if self._hostile:
            return varint(tape.pick((-1, len(branches), *EXTREME))) + tape.bytes(4)
        index = tape.below(len(branches))
        return varint(index) + self.write(branches[index], path)

    def _blocks(self, item: Callable[[], bytes], path: str) -> bytes:
        tape = self._tape
        if not self._hostile:
            count = tape.below(4)
            return (varint(count) + b"".join([item() for _ in range(count)]) if count else b"") + b"\0"
        one = item()
        match tape.below(6):
            case 0:  # more than there are
                return varint(tape.pick(EXTREME)) + one + b"\0"
            case 1:  # a negative count, with its size in bytes
                return varint(-1) + varint(len(one)) + one + b"\0"
            case 2:  # the same, and the size lies
                return varint(-1) + varint(tape.pick(EXTREME)) + one + b"\0"
            case 3:  # many
                count = min(tape.pick(LENGTHS), 60_000 // max(len(one), 1) + 1)
                return varint(count) + one * count + b"\0"
            case 4:  # a block each
                return (varint(1) + one) * min(300, 60_000 // max(len(one), 1) + 1) + b"\0"
            case _:  # no end
                return varint(1) + one


def mutated(tape: Tape, value: bytes) -> bytes:
    """`value` with up to four mutations: flipped, cut, inserted, doubled, an edge of a number put in."""
    raw = bytearray(value)
    for _ in range(1 + tape.below(4)):
        place = tape.below(len(raw) + 1)
        match tape.below(8):
            case 0 if place < len(raw):
                raw[place] ^= 1 << tape.below(8)
            case 1:
                del raw[place:]
            case 2:
                raw[place:place] = tape.bytes(tape.below(8))
            case 3:
                raw[place:place] = raw[place : place + 1 + tape.below(64)] * (1 + tape.below(200))
            case 4:
                raw[place:place] = varint(tape.pick(EXTREME))
            case 5:
                raw[place : place + 9] = varint(tape.pick(EXTREME))
            case 6:
                raw += tape.bytes(tape.below(8))
            case _:
                raw[:5] = tape.pick(tuple(HEADERS.values()))
    return bytes(raw[:100_000])
