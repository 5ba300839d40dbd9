"""A record that cannot be processed becomes a dead letter with a reason. It is never dropped in silence.

Its Kafka headers repeat the reason and the record's place, so that any tool can filter dead letters without the schema.
"""

import logging
from traceback import walk_tb
from typing import Final

from garbo.core.vocabulary.ids import digest
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.meters import Meter
from garbo.processors.ports import Codec, ConsumerRecord, Headers, Output, Rejected

log = logging.getLogger(__name__)

# A touchpoint is a few hundred bytes. Anything beyond this is a mistake or an attack, and would slow its partition.
MAX_MESSAGE_BYTES = 128 * 1024
# 48 bits: enough to tell the bugs of one deployment apart, short enough to read out.
DIGEST_LENGTH = 12

# The headers of a dead letter; each value is text in UTF-8.
REASON: Final = "garbo-reason"
TOPIC: Final = "garbo-topic"  # where the record lay: its complete topic name, partition and offset
PARTITION: Final = "garbo-partition"
OFFSET: Final = "garbo-offset"
# The header of a message that `garbo dead-letters redrive` sent again: the place of the one that was put aside. It
# passes to the dead letter if the message cannot be used again.
REDRIVEN_FROM: Final = "garbo-redriven-from"


class DeadLetters:
    """Writes and counts the dead letters of one processor."""

    def __init__(self, codec: Codec, topic: str, processor: str, meter: Meter) -> None:
        self._codec, self._topic, self._processor, self._meter = codec, topic, processor, meter
        self._reported: set[str] = set()  # digests; bounded by the places in the code that can raise

    def rejected(self, record: ConsumerRecord, why: Rejected, now_ms: int) -> Output:
        """The letter for a message that cannot be used."""
        return self._output(record, why.reason, why.detail, now_ms)

    def bug(self, record: ConsumerRecord, problem: Exception, now_ms: int) -> Output:
        """The letter for a record that our own code failed on.

        Its detail is the exception's type and a digest of the traceback. The first time a digest is met, its frames
        are logged. Neither has the exception's message, which may quote personal data.
        """
        frames = _frames(problem)
        detail = f"{type(problem).__name__} {digest(*frames)[:DIGEST_LENGTH]}"
        if detail not in self._reported:
            self._reported.add(detail)
            log.error("%s: a bug in one record: %s at %s", self._processor, detail, " > ".join(frames))
        return self._output(record, DeadLetterReason.BUG, detail, now_ms)

    def _output(self, record: ConsumerRecord, reason: DeadLetterReason, detail: str, now_ms: int) -> Output:
        self._meter.dead_letter(self._processor, reason.value)
        value = self._codec.encode_dead_letter(record, self._processor, reason, detail, now_ms)
        return Output(self._topic, record.key, value, headers=headers_of(record, reason))


def headers_of(record: ConsumerRecord, reason: DeadLetterReason) -> Headers:
    """The headers of the dead letter of `record`."""
    place = ((TOPIC, record.topic), (PARTITION, str(record.partition)), (OFFSET, str(record.offset)))
    own = tuple([(name, text.encode()) for name, text in ((REASON, reason.value), *place)])
    return own + tuple([header for header in record.headers if header[0] == REDRIVEN_FROM])


def _frames(problem: Exception) -> list[str]:
    """module:function:line of each frame, outermost first: the same on every machine with this version."""
    return [
        f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}:{line}"
        for frame, line in walk_tb(problem.__traceback__)
    ]


def check_record(record: ConsumerRecord) -> bytes:
    """The record's value, once the checks that need no schema have passed.

    Raises:
        Rejected: the record has no key or no value, or its value is too large.
    """
    value = record.value
    if not value:
        raise Rejected(DeadLetterReason.EMPTY)
    if not record.key:
        raise Rejected(DeadLetterReason.NULL_KEY)
    if len(value) > MAX_MESSAGE_BYTES:
        raise Rejected(DeadLetterReason.TOO_LARGE, f"{len(value)} bytes, at most {MAX_MESSAGE_BYTES}")
    return value
