"""Avro's primitives as bytes, for the three messages written most: envelope, command, decision record.

fastavro takes 29 us for a record of 12 candidates; joining these takes 8 us (`python -m benchmarks.codec`).
Tests compare every byte with fastavro's (tests/unit/adapters/avro/test_every_field.py).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

# The policy's words (actions, reasons, themes, versions) come again and again; people's words do not, and are not kept.
_WORDS: Final[dict[str, bytes]] = {}
_WORDS_KEPT: Final = 4_096
_WORD_CHARACTERS: Final = 64  # longer is a sentence

_ONE_BYTE: Final = tuple(bytes((n,)) for n in range(128))

NULL: Final = b"\x00"  # the first branch of a union
SOME: Final = b"\x02"  # the second
END: Final = b"\x00"  # of an array or a map
TRUE: Final = b"\x01"
FALSE: Final = b"\x00"


def long(n: int) -> bytes:
    """A zigzag varint. Raises OverflowError beyond 64 bits."""
    z = n << 1 if n >= 0 else (-n << 1) - 1
    if z < 0x80:
        return _ONE_BYTE[z]
    if 0x800000000 <= z < 0x40000000000:  # the instants from 1970-07 to 2039: six bytes, without the loop
        return bytes(
            (
                z & 127 | 128,
                z >> 7 & 127 | 128,
                z >> 14 & 127 | 128,
                z >> 21 & 127 | 128,
                z >> 28 & 127 | 128,
                z >> 35,
            )
        )
    if z >> 64:
        raise OverflowError(f"{n.bit_length()} bits do not fit a long")
    out = bytearray()
    while z >= 0x80:
        out.append(z & 127 | 128)
        z >>= 7
    out.append(z)
    return bytes(out)


def string(text: str) -> bytes:
    """A string that belongs to a person or an event. Its bytes are not kept."""
    raw = text.encode()
    n = len(raw)
    return (_ONE_BYTE[n << 1] if n < 64 else long(n)) + raw


def word(text: str) -> bytes:
    """A string of the policy. Its bytes are kept while there is room."""
    found = _WORDS.get(text)
    if found is None:
        found = string(text)
        if len(text) <= _WORD_CHARACTERS:
            if len(_WORDS) >= _WORDS_KEPT:
                _WORDS.clear()
            _WORDS[text] = found
    return found


def blob(raw: bytes) -> bytes:
    return long(len(raw)) + raw


def words(items: Iterable[str]) -> bytes:
    """An array of words: one block."""
    return array([word(item) for item in items])


def doubles(numbers: Sequence[float]) -> bytes:
    """An array of doubles."""
    if not numbers:
        return END
    return long(len(numbers)) + struct.pack(f"<{len(numbers)}d", *numbers) + END


def array(items: list[bytes]) -> bytes:
    """An array of written items: one block, then the end."""
    return long(len(items)) + b"".join(items) + END if items else END


def strings(mapping: Mapping[str, str]) -> bytes:
    """A map of strings; the keys are words."""
    return array([word(key) + string(value) for key, value in mapping.items()])


def symbols(schema: Mapping[str, object]) -> dict[str, bytes]:
    """An enum's symbols as they are written."""
    names = schema["symbols"]
    assert isinstance(names, list)
    return {name: long(index) for index, name in enumerate(names)}
