"""What Garbo says of its own work: learning examples, journey flows, dead letters."""

from typing import Final, NamedTuple

from garbo.adapters.avro.facts import Datum, attributes, instant, invalid
from garbo.core.vocabulary.effects import Flow, Learn
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord

EXAMPLE: Final = "garbo.LearningExample"
FLOW: Final = "garbo.JourneyFlow"
DEAD_LETTER: Final = "garbo.DeadLetter"

# Enough to see what a message was; 16 of the largest allowed would otherwise fill a fetch.
KEPT_BYTES: Final = 64 * 1024


class DeadLetter(NamedTuple):
    """A message put aside. `value` and `key` are cut at 64 KiB; `size` is the whole value's."""

    topic: str
    partition: int
    offset: int
    appended_at: int
    key: bytes | None
    value: bytes | None
    size: int
    reason: DeadLetterReason
    detail: str
    stage: str
    at: int


def example(datum: Datum) -> Learn:
    """An example whose numbers are finite and whose label is 0 or 1: one NaN ruins a model for good."""
    instant(datum["at"], "at")
    attributes(datum["features"], "features")
    attributes({"probability": datum["probability"], "propensity": datum["propensity"]}, "probability")
    if datum["label"] not in (0, 1):
        raise invalid("label", "is neither 0 nor 1")
    return Learn(**datum)


def flow(datum: Datum) -> Flow:
    if datum["axis"] == "UNKNOWN":
        raise invalid("axis", "is of a newer version")
    return Flow(**datum)


def dead_letter(datum: Datum) -> DeadLetter:
    reason = datum["reason"]
    if reason == "UNKNOWN":
        raise invalid("reason", "is of a newer version")
    return DeadLetter(**{**datum, "reason": DeadLetterReason(reason)})


def struct_datum(effect: Learn | Flow) -> Datum:
    return {field: getattr(effect, field) for field in effect.__struct_fields__}


def dead_letter_datum(record: ConsumerRecord, stage: str, reason: DeadLetterReason, detail: str, at: int) -> Datum:
    """What is kept of a bad message. Never fails, or a bad message would stop the log it was to be taken from."""
    key, value = record.key, record.value
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "appended_at": record.timestamp_ms,
        "key": None if key is None else key[:KEPT_BYTES],
        "value": None if value is None else value[:KEPT_BYTES],
        "size": 0 if value is None else len(value),
        "reason": reason.value,
        "detail": detail.encode("utf-8", "replace").decode(),
        "stage": stage,
        "at": at,
    }
