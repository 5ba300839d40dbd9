"""The shortest way from bytes to a touchpoint: the message read most, twice an event (resolve, decide).

Rules
 1. It reads only what is usual: today's schema, lengths of one byte, one block an array, neither lists nor maps. For
    anything else, a bad byte included, it returns None; fastavro then reads the message from the start, and judges it.
 2. So a message read here has exactly the value that fastavro reads. Tests compare the two for every field of the
    schema, over golden messages and over mutations.
"""

import struct
from math import isfinite
from sys import intern
from typing import Any, Final

from garbo.adapters.avro.layout import layout
from garbo.adapters.avro.messages.fields import CHANNELS, LAST_INSTANT
from garbo.adapters.avro.messages.touchpoint import DIRECTIONS
from garbo.core.vocabulary.events import Identifier, Touchpoint, Value
from garbo.processors.ports import InboundMessage

_DOUBLE: Final = struct.Struct("<d")
_NEITHER: Final = b"\x00\x00"  # no lists, no maps

# What is read below, byte after byte. Touchpoints of a schema with another layout go to fastavro, all of them.
LAYOUT: Final = (
    "record",
    ("event_id", "string"),
    ("channel", "enum"),
    ("kind", "string"),
    ("direction", "enum"),
    ("occurred_at", "long"),
    ("identifiers", ("array", ("record", ("kind", "string"), ("value", "string")))),
    ("attributes", ("map", ("union", "string", "long", "double", "boolean"))),
    ("topic", "string"),
    ("text", ("union", "null", "string")),
    ("source_system", "string"),
    ("channel_name", "string"),
    ("lists", ("map", ("array", "string"))),
    ("maps", ("map", ("map", "double"))),
)


class _UnusualError(Exception):
    pass


class TouchpointReader:
    """Reads framed touchpoints of one schema. The first `header_bytes` are skipped, not checked."""

    def __init__(self, schema: Any, header_bytes: int) -> None:
        self._start = header_bytes
        self._understood = layout(schema) == LAYOUT
        if self._understood:
            types = {f["name"]: f["type"] for f in schema["fields"]}
            symbols = enumerate(types["channel"]["symbols"])
            self._channels = {n << 1: s if s in CHANNELS else "" for n, s in symbols}
            self._directions = {n << 1: DIRECTIONS.get(s) for n, s in enumerate(types["direction"]["symbols"])}

    def __call__(self, raw: bytes) -> InboundMessage | None:
        """The touchpoint; None if the message is unusual, and the caller falls back to fastavro."""
        if not self._understood:
            return None
        try:
            return self._read(raw)
        except (_UnusualError, IndexError, UnicodeDecodeError, struct.error):
            return None

    def _read(self, raw: bytes) -> InboundMessage | None:
        event_id, position = _string(raw, self._start)
        channel = self._channels.get(raw[position])
        kind, position = _string(raw, position + 1)
        direction = self._directions.get(raw[position])
        occurred_at, position = _long(raw, position + 1)
        identifiers, position = _identifiers(raw, position)
        attributes, position = _attributes(raw, position)
        theme, position = _string(raw, position)
        text = ""
        branch = raw[position]
        position += 1
        if branch == 2:
            text, position = _string(raw, position)
        elif branch:
            return None
        source_system, position = _string(raw, position)
        name, position = _string(raw, position)
        channel = name or channel
        if raw[position : position + 2] != _NEITHER or position + 2 != len(raw):
            return None
        if not channel or direction is None or not event_id or not kind:
            return None
        if not 0 <= occurred_at <= LAST_INSTANT:
            return None
        return InboundMessage(
            event_id,
            occurred_at,
            Touchpoint(channel, intern(kind), direction, identifiers, attributes, theme, text, source_system),
        )


def _string(raw: bytes, position: int) -> tuple[str, int]:
    """A string and the position after it. A string cut short ends beyond the message, where the next read raises."""
    n = raw[position]
    if n & 0x81:  # negative, or of two bytes and more
        raise _UnusualError
    end = position + 1 + (n >> 1)
    return raw[position + 1 : end].decode(), end


def _long(raw: bytes, position: int) -> tuple[int, int]:
    n = raw[position]
    position += 1
    if n < 0x80:
        return n >> 1 ^ -(n & 1), position
    z, shift = n & 0x7F, 7
    while True:
        n = raw[position]
        position += 1
        z |= (n & 0x7F) << shift
        if n < 0x80:
            break
        shift += 7
    if shift > 56:  # ten bytes: at the edge of 64 bits, where fastavro wraps
        raise _UnusualError
    return z >> 1 ^ -(z & 1), position


def _identifiers(raw: bytes, position: int) -> tuple[tuple[Identifier, ...], int]:
    n = raw[position]
    position += 1
    if n == 0:
        return (), position
    if n & 0x81:
        raise _UnusualError
    found = []
    for _ in range(n >> 1):
        kind, position = _string(raw, position)
        value, position = _string(raw, position)
        found.append(Identifier(kind, value))
    if raw[position]:  # a second block
        raise _UnusualError
    return tuple(found), position + 1


def _attributes(raw: bytes, position: int) -> tuple[dict[str, Value], int]:
    n = raw[position]
    position += 1
    found: dict[str, Value] = {}
    if n == 0:
        return found, position
    if n & 0x81:
        raise _UnusualError
    for _ in range(n >> 1):
        key, position = _string(raw, position)
        branch = raw[position]
        position += 1
        if branch == 0:
            found[key], position = _string(raw, position)
        elif branch == 2:
            found[key], position = _long(raw, position)
        elif branch == 4:
            (number,) = _DOUBLE.unpack_from(raw, position)
            if not isfinite(number):
                raise _UnusualError
            found[key] = number
            position += 8
        elif branch == 6 and raw[position] < 2:
            found[key] = raw[position] == 1
            position += 1
        else:
            raise _UnusualError
    if raw[position]:
        raise _UnusualError
    return found, position + 1
