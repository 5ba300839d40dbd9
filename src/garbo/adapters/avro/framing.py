"""Confluent's wire format: a zero byte, the writer's schema id (four bytes, big-endian), the Avro body."""

import struct
from typing import Final

from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import Rejected

MAGIC: Final = 0
HEADER_BYTES: Final = 5

_HEADER: Final = struct.Struct(">BI")


def header(schema_id: int) -> bytes:
    """The five bytes before a body written with schema `schema_id`."""
    return _HEADER.pack(MAGIC, schema_id)


def schema_id(message: bytes) -> int:
    """The id of the schema `message` was written with.

    Raises:
        Rejected: EMPTY, NOT_AVRO (no zero byte first), or MALFORMED (cut within the header).
    """
    if not message:
        raise Rejected(DeadLetterReason.EMPTY)
    if message[0] != MAGIC:
        raise Rejected(DeadLetterReason.NOT_AVRO, f"the first byte is {message[0]:#04x}, not 0x00")
    if len(message) < HEADER_BYTES:
        raise Rejected(DeadLetterReason.MALFORMED, f"{len(message)} bytes hold no schema id")
    found: int = _HEADER.unpack_from(message)[1]
    return found
