"""Reads topics outside any group: for a person's question, a replay's report, a dispatcher in the demo.

Rules
 1. It reads committed records only, unless the caller asks otherwise: an aborted decision never happened.
 2. It commits nothing and joins no group, so it does not disturb any worker.
 3. The end is the last stable offset when the reader was made. Later records are not read.
 4. A missing topic is an error. It must not be created by a request for it, as the embedded broker would do.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from garbo.adapters.kafka.headers import headers_of
from garbo.adapters.kafka.retry import is_transient, retry_until
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError, TopicError
from garbo.processors.ports import ConsumerRecord

Isolation: TypeAlias = Literal["read_committed", "read_uncommitted"]
Place: TypeAlias = tuple[str, int]

ANSWER_S: Final = 5.0  # a person waits for this; a running broker answers in milliseconds
STALL_S: Final = 30.0  # once reading has begun, it must survive a broker's restart
BATCH: Final = 1000
POLL_S: Final = 0.1

# librdkafka would print between our lines on a person's terminal. What matters comes back as an error.
_quiet = logging.getLogger("garbo.librdkafka")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


def read_all(
    settings: KafkaSettings,
    topics: Sequence[str],
    *,
    isolation: Isolation = "read_committed",
    partitions: Mapping[str, Sequence[int]] | None = None,
    since_ms: int | None = None,
    answer_s: float = ANSWER_S,
) -> Iterator[ConsumerRecord]:
    """Every record of `topics` (complete names), from the beginning to the end known now, in order by partition.

    Args:
        partitions: for the topics named here, only these partitions are read.
        since_ms: only records appended at this instant or later (milliseconds since the epoch).

    Raises:
        TopicError: a topic does not exist.
        BrokerError: the broker does not answer within `answer_s`, refuses, or falls silent for `STALL_S`.
    """
    consumer = _consumer(settings, isolation)
    with _closed_on_error(consumer, settings):
        places = _places(consumer, topics, partitions, answer_s)
        ends = _marks(consumer, places, settings, answer_s)
        starts = _since(consumer, places, since_ms, answer_s) if since_ms is not None else {}
        spans = {p: (max(starts.get(p, low), low), high) for p, (low, high) in ends.items()}
        spans = {p: (start, end) for p, (start, end) in spans.items() if start < end}
        consumer.assign([TopicPartition(t, p, start) for (t, p), (start, _) in spans.items()])
    return _until(consumer, {place: end for place, (_, end) in spans.items()}, settings)


def read_one(
    settings: KafkaSettings, topic: str, partition: int, offset: int, *, answer_s: float = ANSWER_S
) -> ConsumerRecord | None:
    """The committed record at one place; None if there is none, or retention has deleted it.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: the broker does not answer, or refuses.
    """
    consumer = _consumer(settings, "read_committed")
    with _closed_on_error(consumer, settings):
        places = _places(consumer, [topic], {topic: [partition]}, answer_s)
        marks = _marks(consumer, places, settings, answer_s)
        low, high = marks.get((topic, partition), (0, 0))
        ends = {(topic, partition): offset + 1} if low <= offset < high else {}
        consumer.assign([TopicPartition(*place, offset) for place in ends])
    return next(_until(consumer, ends, settings), None)


def tail(
    settings: KafkaSettings,
    topics: Sequence[str],
    *,
    until: Callable[[], bool],
    from_beginning: bool = False,
    isolation: Isolation = "read_committed",
    answer_s: float = ANSWER_S,
) -> Iterator[ConsumerRecord]:
    """Records of `topics` as they arrive, from now (this call, not the first `next`) or from the beginning.

    It ends once `until()` is true. `until` is called between two polls of `POLL_S` seconds, so records that arrive
    after that are not read.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: the broker does not answer, or refuses.
    """
    consumer = _consumer(settings, isolation)
    with _closed_on_error(consumer, settings):
        places = _places(consumer, topics, None, answer_s)
        marks = _marks(consumer, places, settings, answer_s)
        consumer.assign([TopicPartition(t, p, marks[t, p][not from_beginning]) for t, p in places])
    return _endless(consumer, until, settings)


@contextmanager
def _closed_on_error(consumer: Consumer, settings: KafkaSettings) -> Iterator[None]:
    try:
        yield
    except BaseException as problem:
        consumer.close()
        if isinstance(problem, KafkaException):
            raise _unanswered(problem, settings) from problem
        raise


def _until(consumer: Consumer, ends: dict[Place, int], settings: KafkaSettings) -> Iterator[ConsumerRecord]:
    try:
        last_read = time.monotonic()
        while ends:
            for message in consumer.consume(BATCH, POLL_S):
                last_read = time.monotonic()
                if (place := (str(message.topic()), _number(message.partition()))) not in ends:
                    continue  # beyond the end, or its end is already known
                if (error := message.error()) is not None:
                    if error.code() == KafkaError._PARTITION_EOF:  # control records may stand before the end
                        del ends[place]
                    else:
                        _bearable(error, settings)
                    continue
                offset = _number(message.offset())
                if offset >= ends[place]:
                    del ends[place]
                    continue
                if offset == ends[place] - 1:
                    del ends[place]
                yield _record(message)
                last_read = time.monotonic()  # the caller may have been slow
            if time.monotonic() - last_read > STALL_S:
                raise BrokerError(f"The broker at {settings.bootstrap} fell silent for {STALL_S:.0f} s; see its log.")
    finally:
        consumer.close()


def _endless(consumer: Consumer, until: Callable[[], bool], settings: KafkaSettings) -> Iterator[ConsumerRecord]:
    try:
        while True:
            for message in consumer.consume(BATCH, POLL_S):
                if (error := message.error()) is None:
                    yield _record(message)
                elif error.code() != KafkaError._PARTITION_EOF:
                    _bearable(error, settings)
            if until():
                return
    finally:
        consumer.close()


def _consumer(settings: KafkaSettings, isolation: Isolation) -> Consumer:
    config: dict[str, Any] = {
        **settings.base(),
        "group.id": "garbo-reader",  # never joined; librdkafka requires a name
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": isolation,
        "auto.offset.reset": "earliest",  # retention may delete records while we read
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 50,  # the embedded broker always waits this long at the end
        "logger": _quiet,
    }
    try:
        return Consumer(config)
    except KafkaException as problem:
        raise BrokerError(f"Kafka's client refuses its settings: {problem.args[0].str()}.") from problem


def present(settings: KafkaSettings, *, answer_s: float = ANSWER_S) -> dict[str, int]:
    """The cluster's topics and how many partitions each has.

    Raises:
        BrokerError: the broker does not answer.
    """
    consumer = _consumer(settings, "read_committed")
    try:
        return {name: len(ids) for name, ids in _listed(consumer, answer_s).items()}
    except KafkaException as problem:
        raise _unanswered(problem, settings) from problem
    finally:
        consumer.close()


def partition_count(settings: KafkaSettings, topic: str, *, answer_s: float = ANSWER_S) -> int:
    """How many partitions `topic` has.

    Raises:
        TopicError: it does not exist.
        BrokerError: the broker does not answer.
    """
    found = present(settings, answer_s=answer_s)
    if topic not in found:
        raise _missing(topic)
    return found[topic]


def _listed(consumer: Consumer, answer_s: float) -> dict[str, list[int]]:
    topics = consumer.list_topics(timeout=answer_s).topics  # rule 4: all topics, as a request for one creates it
    return {name: sorted(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _places(
    consumer: Consumer, topics: Sequence[str], only: Mapping[str, Sequence[int]] | None, answer_s: float
) -> list[Place]:
    listed = _listed(consumer, answer_s)
    places: list[Place] = []
    for topic in topics:
        if topic not in listed:
            raise _missing(topic)
        wanted = (only or {}).get(topic)
        places += [(topic, p) for p in listed[topic] if wanted is None or p in wanted]
    return places


def _marks(
    consumer: Consumer, places: Sequence[Place], settings: KafkaSettings, answer_s: float
) -> dict[Place, tuple[int, int]]:
    """Where each place begins and ends. A new topic may have no leader yet, so the question is repeated."""

    def ask() -> dict[Place, tuple[int, int]]:
        return {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=answer_s) for place in places}

    what = f"The broker at {settings.bootstrap} does not say where its topics end; see its log"
    return retry_until(what, ask, timeout_s=answer_s) or {}


def _missing(topic: str) -> TopicError:
    return TopicError(f"Topic {topic} does not exist; run `garbo topics --create`, or check the prefix.")


def _since(consumer: Consumer, places: Sequence[Place], since_ms: int, answer_s: float) -> dict[Place, int]:
    found = consumer.offsets_for_times([TopicPartition(t, p, since_ms) for t, p in places], timeout=answer_s)
    # -1: no record is that young.
    return {(tp.topic, tp.partition): tp.offset if tp.offset >= 0 else 2**62 for tp in found}


def _record(message: Message) -> ConsumerRecord:
    _, timestamp = message.timestamp()
    key, value = message.key(), message.value()
    return ConsumerRecord(
        str(message.topic()), _number(message.partition()), _number(message.offset()), _bytes(key), _bytes(value),
        timestamp, headers_of(message),
    )  # fmt: skip


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _bearable(error: KafkaError, settings: KafkaSettings) -> None:
    if not is_transient(error) and error.code() != KafkaError._RESOLVE:  # librdkafka reports it, and recovers by itself
        raise BrokerError(f"Reading from {settings.bootstrap} failed: {error.str()}.")


def _unanswered(problem: KafkaException, settings: KafkaSettings) -> BrokerError:
    return BrokerError(
        f"The broker at {settings.bootstrap} does not answer ({problem.args[0].str()}); check the address "
        "(--bootstrap, GARBO_BOOTSTRAP) and its log."
    )
