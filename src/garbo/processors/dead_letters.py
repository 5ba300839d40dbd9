"""A message that cannot be used becomes a dead letter, and is never dropped in silence."""

from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected

# A touchpoint is a few hundred bytes. Anything beyond this is a mistake or an attack, and would slow its partition.
MAX_MESSAGE_BYTES = 128 * 1024


class DeadLetters:
    """Turns one processor's unusable records into messages for the dead-letter topic."""

    def __init__(self, codec: Codec, topic: str, processor: str) -> None:
        self._codec, self._topic, self._processor = codec, topic, processor

    def output(self, record: ConsumerRecord, reason: DeadLetterReason, detail: str, now_ms: int) -> Output:
        value = self._codec.encode_dead_letter(record, self._processor, reason, detail, now_ms)
        return Output(self._topic, record.key, value)


def check_record(record: ConsumerRecord) -> bytes:
    """The record's value, after the checks that need no schema.

    Raises:
        Rejected: EMPTY, NULL_KEY or TOO_LARGE.
    """
    value = record.value
    if not value:
        raise Rejected(DeadLetterReason.EMPTY)
    if not record.key:
        raise Rejected(DeadLetterReason.NULL_KEY)
    if len(value) > MAX_MESSAGE_BYTES:
        raise Rejected(DeadLetterReason.TOO_LARGE, f"{len(value)} bytes, at most {MAX_MESSAGE_BYTES}")
    return value
