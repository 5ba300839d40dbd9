"""Rows as `RowMoved` may bring them: an honest one, one with a leaf replaced, one that is no row."""

from typing import Any, Final

from msgspec import msgpack

from tests.fuzz.ground import ground
from tests.fuzz.tape import Tape
from tests.fuzz.words import EXTREME, UGLY

_LEAVES: Final[tuple[Any, ...]] = (
    None, "", "x" * 300, "x" * 30_000, "\0", "king", True, 2**64 - 1, *EXTREME, float("nan"), float("inf"), 1e308,
    [], {}, [[]], [[[[[]]]]], {"": {}}, b"\xff", ["x"] * 2_000, {f"k{n}": n for n in range(2_000)},
)  # fmt: skip


def row(tape: Tape) -> bytes:
    """A row, hostile in most cases."""
    honest = tape.pick([ground().decide[key] for key in sorted(ground().decide)])
    match tape.below(6):
        case 0:
            return honest
        case 1:
            return tape.bytes(tape.below(40))
        case 2:
            return honest[: tape.below(len(honest))]
        case 3:
            return b"\x91" * (1 + tape.below(60_000))  # lists in lists in lists
        case 4:
            raw = bytearray(honest)
            raw[tape.below(len(raw))] = tape.below(256)
            return bytes(raw)
        case _:
            fields = msgpack.decode(honest)
            for _ in range(1 + tape.below(3)):
                _replace(tape, fields)
            return msgpack.encode(fields)


def _replace(tape: Tape, value: Any) -> None:
    """Put a hostile leaf somewhere in `value`."""
    while True:
        if isinstance(value, dict):
            if tape.chance(30) or not value:
                value[tape.pick(UGLY).decode("utf-8", "replace")] = tape.pick(_LEAVES)
                return
            key: Any = tape.pick(sorted(value))
        elif value:
            key = tape.below(len(value))
        else:
            value.append(tape.pick(_LEAVES))
            return
        if not isinstance(value[key], list | dict) or tape.chance(30):
            value[key] = tape.pick(_LEAVES)
            return
        value = value[key]
