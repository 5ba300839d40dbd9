"""Topics every worker reads whole, from the beginning: models and policies.

A plain consumer in a thread of its own, in no group. It keeps the latest values of each key until the processor takes
them, between two chunks, so that one chunk sees one version. The processor begins when the thread has passed the high
watermark it found at its start: no decision is made by an older policy than the log's.

The newest value may be one that the processor refuses, a broken policy or a poisoned model. Workers that run keep the
value before it, so a worker that starts now must find that one: the processor is offered the values from the newest to
the oldest until it accepts one.
"""

import logging
import threading
from collections import deque
from typing import Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from garbo.adapters.kafka.retry import retry_until
from garbo.adapters.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

POLL_S: Final = 0.2  # how stale a model may be, in seconds; a policy is published a few times a day
# Of the values of one key that wait to be taken: hundreds of snapshots of a linear model, dozens of policies. Whatever
# their size, the newest and the one before it are kept.
KEPT_BYTES: Final = 2 * 1024 * 1024
_LEAST: Final = 2


class BroadcastUpdate(NamedTuple):
    """The latest values of one key, the newest first. None is a tombstone."""

    topic: str
    key: bytes
    values: tuple[bytes | None, ...]


class Broadcast:
    """Follows compacted topics. `start`, `caught_up.wait`, `take` again and again, `stop`."""

    def __init__(self, kafka: KafkaSettings, topics: tuple[str, ...]) -> None:
        self._kafka, self._topics = kafka, topics
        self._latest: dict[tuple[str, bytes], deque[bytes | None]] = {}
        self._sizes: dict[tuple[str, bytes], int] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.caught_up = threading.Event()
        self.failed: Exception | None = None
        if not topics:
            self.caught_up.set()

    def start(self) -> None:
        """Begin to read; nothing to do without topics."""
        if self._topics and self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="broadcast", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when its consumer is closed."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10.0)

    def take(self) -> list[BroadcastUpdate]:
        """What is new since the last call, each key once; the key with the newest value goes last."""
        if not self._latest:
            return []
        with self._lock:
            updates = [BroadcastUpdate(*place, tuple(values)) for place, values in self._latest.items()]
            self._latest.clear()
            self._sizes.clear()
        return updates

    def keep(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """A message has arrived."""
        place = (topic, key or b"")
        with self._lock:
            values = self._latest.pop(place, None) or deque()
            values.appendleft(value)
            size = self._sizes.get(place, 0) + len(value or b"")
            while size > KEPT_BYTES and len(values) > _LEAST:
                size -= len(values.pop() or b"")
            self._latest[place], self._sizes[place] = values, size

    def _follow(self) -> None:
        reader: Any = Consumer(
            {
                **self._kafka.base(),
                "group.id": "garbo-broadcast",  # never joined: librdkafka wants a name
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
            }
        )
        try:
            pending = self._assign(reader)
            while not self._stopping.is_set():
                if not pending:
                    self.caught_up.set()
                for message in reader.consume(500, POLL_S):
                    place = (message.topic(), message.partition())
                    if (error := message.error()) is not None:
                        if error.code() == KafkaError._PARTITION_EOF:
                            pending.discard(place)
                        else:
                            log.warning("reading %s: %s", place[0], error)
                        continue
                    self.keep(message.topic(), message.key(), message.value())
        except Exception as problem:
            self.failed = problem
            log.exception("the broadcast topics cannot be followed")
        finally:
            reader.close()

    def _assign(self, reader: Any) -> set[tuple[str, int]]:
        """All partitions from the beginning. Returns those whose end has not been seen yet."""
        found = retry_until(
            "listing topics", lambda: reader.list_topics(timeout=10.0), lambda: not self._stopping.is_set()
        )
        places = {(t, p) for t in self._topics for p in (found.topics[t].partitions if found else ())}
        reader.assign([TopicPartition(topic, partition, 0) for topic, partition in places])
        return places
