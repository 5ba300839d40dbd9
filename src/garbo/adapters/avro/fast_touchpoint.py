"""The shortest way from bytes to a touchpoint: the message read most, twice an event (resolve, decide).

Rules
 1. Only what is usual is read here: today's schema, lengths of one byte, one block an array. Whatever else it meets,
    a bad byte included, it gives None, and fastavro reads, and judges, from the start.
 2. So a message read here is read exactly as fastavro would; tests hold the two together over goldens and mutations.
"""

import struct
from math import isfinite
from sys import intern
from typing import Any, Final

from garbo.adapters.avro.facts import CHANNELS, DIRECTIONS, LAST_INSTANT
from garbo.core.vocabulary.events import Identifier, Touchpoint, Value
from garbo.processors.ports import InboundMessage

_DOUBLE: Final = struct.Struct("<d")

# The fields as they are read below. A schema with others is fastavro's until somebody teaches this file.
_LAYOUT: Final = (
    *("event_id", "channel", "kind", "direction", "occurred_at", "identifiers", "attributes", "topic", "text"),
    "source_system",
)


class _UnusualError(Exception):
    pass


class TouchpointReader:
    """Reads framed touchpoints of one schema. `header_bytes` are skipped, not looked at."""

    def __init__(self, schema: Any, header_bytes: int) -> None:
        enums = {f["name"]: f["type"]["symbols"] for f in schema["fields"] if "symbols" in f["type"]}
        self._channels = {index << 1: CHANNELS.get(symbol) for index, symbol in enumerate(enums["channel"])}
        self._directions = {index << 1: DIRECTIONS.get(symbol) for index, symbol in enumerate(enums["direction"])}
        self._start = header_bytes
        self._understood = tuple(f["name"] for f in schema["fields"]) == _LAYOUT

    def __call__(self, raw: bytes) -> InboundMessage | None:
        """The touchpoint, or None when fastavro had better look."""
        if not self._understood:
            return None
        try:
            return self._read(raw)
        except (_UnusualError, IndexError, UnicodeDecodeError, struct.error):
            return None

    def _read(self, raw: bytes) -> InboundMessage | None:
        event_id, at = _string(raw, self._start)
        channel = self._channels.get(raw[at])
        kind, at = _string(raw, at + 1)
        direction = self._directions.get(raw[at])
        occurred_at, at = _long(raw, at + 1)
        identifiers, at = _identifiers(raw, at)
        attributes, at = _attributes(raw, at)
        theme, at = _string(raw, at)
        text = ""
        branch = raw[at]
        at += 1
        if branch == 2:
            text, at = _string(raw, at)
        elif branch:
            return None
        source_system, at = _string(raw, at)
        if at != len(raw) or channel is None or direction is None or not event_id or not kind:
            return None
        if not 0 <= occurred_at <= LAST_INSTANT:
            return None
        return InboundMessage(
            event_id,
            occurred_at,
            Touchpoint(channel, intern(kind), direction, identifiers, attributes, theme, text, source_system),
        )


def _string(raw: bytes, at: int) -> tuple[str, int]:
    """A string and where it ends. One cut short ends beyond the message, where the next look raises."""
    n = raw[at]
    if n & 0x81:  # negative, or of two bytes and more
        raise _UnusualError
    end = at + 1 + (n >> 1)
    return raw[at + 1 : end].decode(), end


def _long(raw: bytes, at: int) -> tuple[int, int]:
    n = raw[at]
    at += 1
    if n < 0x80:
        return n >> 1 ^ -(n & 1), at
    z, shift = n & 0x7F, 7
    while True:
        n = raw[at]
        at += 1
        z |= (n & 0x7F) << shift
        if n < 0x80:
            break
        shift += 7
    if shift > 56:  # ten bytes: at the edge of 64 bits, where fastavro wraps
        raise _UnusualError
    return z >> 1 ^ -(z & 1), at


def _identifiers(raw: bytes, at: int) -> tuple[tuple[Identifier, ...], int]:
    n = raw[at]
    at += 1
    if n == 0:
        return (), at
    if n & 0x81:
        raise _UnusualError
    found = []
    for _ in range(n >> 1):
        kind, at = _string(raw, at)
        value, at = _string(raw, at)
        found.append(Identifier(kind, value))
    if raw[at]:  # a second block
        raise _UnusualError
    return tuple(found), at + 1


def _attributes(raw: bytes, at: int) -> tuple[dict[str, Value], int]:
    n = raw[at]
    at += 1
    found: dict[str, Value] = {}
    if n == 0:
        return found, at
    if n & 0x81:
        raise _UnusualError
    for _ in range(n >> 1):
        key, at = _string(raw, at)
        branch = raw[at]
        at += 1
        if branch == 0:
            found[key], at = _string(raw, at)
        elif branch == 2:
            found[key], at = _long(raw, at)
        elif branch == 4:
            (number,) = _DOUBLE.unpack_from(raw, at)
            if not isfinite(number):
                raise _UnusualError
            found[key] = number
            at += 8
        elif branch == 6 and raw[at] < 2:
            found[key] = raw[at] == 1
            at += 1
        else:
            raise _UnusualError
    if raw[at]:
        raise _UnusualError
    return found, at + 1
