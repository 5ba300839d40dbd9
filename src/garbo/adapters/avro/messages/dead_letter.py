"""A dead letter: a message that could not be used, with its coordinates and the reason."""

from typing import Final

from msgspec import Struct

from garbo.adapters.avro.messages.fields import Datum, datum_of, known, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import DEAD_LETTERS

# Enough to see what a message was; 16 of the largest allowed would otherwise fill a fetch.
KEPT_BYTES: Final = 64 * 1024


# The published schema calls the processor "stage": it keeps that name for ever.
class DeadLetter(Struct, frozen=True, rename={"processor": "stage"}):
    """A message put aside by `processor`. `value` and `key` are cut at 64 KiB; `size` is the whole value's.

    appended_at: the message's own timestamp (ms). at: when it was put aside (ms).
    """

    topic: str
    partition: int
    offset: int
    appended_at: int
    key: bytes | None
    value: bytes | None
    size: int
    reason: DeadLetterReason
    detail: str
    processor: str
    at: int


_letter = value_of(DeadLetter)


def read(datum: Datum) -> DeadLetter:
    datum["reason"] = known(DeadLetterReason, datum["reason"], "reason")
    return _letter(datum)


def put_aside(record: ConsumerRecord, processor: str, reason: DeadLetterReason, detail: str, at: int) -> DeadLetter:
    """What is kept of a bad message. It never fails: a bad message must not stop the log it is taken from."""
    key, value = record.key, record.value
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        appended_at=record.timestamp_ms,
        key=None if key is None else key[:KEPT_BYTES],
        value=None if value is None else value[:KEPT_BYTES],
        size=0 if value is None else len(value),
        reason=reason,
        detail=detail.encode("utf-8", "replace").decode(),
        processor=processor,
        at=at,
    )


MESSAGE: Final = MessageType(
    name="garbo.DeadLetter",
    value=DeadLetter,
    topics=(DEAD_LETTERS,),
    key="the bad message's own",
    written_by="every processor",
    read_by="operators",
    read=read,
    writer=by_fastavro(datum_of(DeadLetter)),
)
