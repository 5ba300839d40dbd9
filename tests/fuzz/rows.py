"""Rows for `RowMoved`: a valid one, one with a replaced value, one that is not a row."""

from typing import Any, Final

from msgspec import msgpack

from tests.fuzz.choices import Choices
from tests.fuzz.initial_state import initial_state
from tests.fuzz.values import EXTREME, UGLY

_LEAVES: Final[tuple[Any, ...]] = (
    None, "", "x" * 300, "x" * 30_000, "\0", "king", True, 2**64 - 1, *EXTREME, float("nan"), float("inf"), 1e308,
    [], {}, [[]], [[[[[]]]]], {"": {}}, b"\xff", ["x"] * 2_000, {f"k{n}": n for n in range(2_000)},
)  # fmt: skip


def row(choices: Choices) -> bytes:
    """A row; most of them are hostile."""
    valid = choices.pick([initial_state().decide[key] for key in sorted(initial_state().decide)])
    match choices.below(6):
        case 0:
            return valid
        case 1:
            return choices.bytes(choices.below(40))
        case 2:
            return valid[: choices.below(len(valid))]
        case 3:
            return b"\x91" * (1 + choices.below(60_000))  # nested lists
        case 4:
            raw = bytearray(valid)
            raw[choices.below(len(raw))] = choices.below(256)
            return bytes(raw)
        case _:
            fields = msgpack.decode(valid)
            for _ in range(1 + choices.below(3)):
                _replace(choices, fields)
            return msgpack.encode(fields)


def _replace(choices: Choices, value: Any) -> None:
    """Replace a value somewhere inside `value` by a hostile one."""
    while True:
        if isinstance(value, dict):
            if choices.chance(30) or not value:
                value[choices.pick(UGLY).decode("utf-8", "replace")] = choices.pick(_LEAVES)
                return
            key: Any = choices.pick(sorted(value))
        elif value:
            key = choices.below(len(value))
        else:
            value.append(choices.pick(_LEAVES))
            return
        if not isinstance(value[key], list | dict) or choices.chance(30):
            value[key] = choices.pick(_LEAVES)
            return
        value = value[key]
