"""Bring the local stores up to the changelog: step 3 of an assignment.

 3.1 where each store stands. It is thrown away when it is ahead of the changelog (the topic was deleted and
     created again) or too old to have seen every tombstone.
 3.2 the high watermark *including undecided records*: a row of the transaction that was being committed while its
     worker died may lie above the last stable offset.
 3.3 read from there, committed rows only, until that mark is passed: the broker holds the reader back until each
     transaction below it is decided, so what is passed is complete.

The mark is read after the stable source offsets (step 2): every row that belongs to them lies below it.
"""

import logging
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from garbo.adapters.kafka.retry import is_transient, retry_until
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import ChangelogPosition
from garbo.errors import BrokerError
from garbo.runtime.state_table import StateTable

log = logging.getLogger(__name__)

BATCH: Final = 5000
POLL_S: Final = 0.05


class Restorer:
    """Reads one changelog into one table."""

    def __init__(self, kafka: KafkaSettings, changelog: str, table: StateTable, max_age_s: float) -> None:
        self._kafka, self._topic, self._table, self._max_age_s = kafka, changelog, table, max_age_s
        self._admin: AdminClient | None = None

    def restore(self, partitions: Collection[int], wanted: Callable[[], bool]) -> int:
        """Open the partitions and read what they lack. Blocks; ends early when it is not wanted any more.

        Returns:
            The rows read.
        """
        starts = self._starts(partitions)  # 3.1
        marks = retry_until(f"reading the end of {self._topic}", lambda: self._marks(partitions), wanted)  # 3.2
        if marks is None:
            return 0
        for partition, start in starts.items():
            if start > marks[partition]:
                log.warning("%s[%d] is shorter than the local store, which starts empty", self._topic, partition)
                self._table.rows(partition).store.clear()
                starts[partition] = 0
            self._table.restored(partition, marks[partition])
        behind = {p: start for p, start in starts.items() if start < marks[p]}
        return self._read(behind, marks, wanted) if behind else 0  # 3.3

    def _starts(self, partitions: Collection[int]) -> dict[int, int]:
        starts = {}
        for partition in partitions:
            store = self._table.open(partition).store
            position = store.position()
            if position is not None and time.time() - position.written_ms / 1000 > self._max_age_s:
                log.warning("the local store of %s[%d] is too old and starts empty", self._topic, partition)
                store.clear()
                position = None
            starts[partition] = 0 if position is None else position.offset + 1
        return starts

    def _marks(self, partitions: Collection[int]) -> dict[int, int]:
        # A client that failed is not asked again: one that learnt the leader's epoch while a broker was starting gets
        # FENCED_LEADER_EPOCH for every later question, until its metadata are refreshed minutes later [seen]. One that
        # answered is kept: a new one takes a second. (A client thrown away takes its unanswered questions with it.)
        admin, self._admin = self._admin or AdminClient(self._kafka.base()), None
        asked = admin.list_offsets(
            {TopicPartition(self._topic, p): OffsetSpec.latest() for p in partitions},  # type: ignore[no-untyped-call]
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=10.0,
        )
        try:
            marks = {tp.partition: future.result(15).offset for tp, future in asked.items()}
        except TimeoutError as silence:  # no answer at all: like librdkafka's own words for it, asked again
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from silence
        if min(marks.values(), default=0) < 0:  # no offset is no answer: an empty table would be taken for the truth
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        self._admin = admin
        return marks

    def _read(self, starts: dict[int, int], marks: dict[int, int], wanted: Callable[[], bool]) -> int:
        reader = _reader(self._kafka)
        try:
            reader.assign([TopicPartition(self._topic, p, start) for p, start in starts.items()])
            reached, total = dict(starts), 0
            while wanted() and any(reached[p] < marks[p] for p in reached):
                fresh: dict[int, dict[bytes, bytes | None]] = {}
                last: dict[int, int] = {}
                for message in reader.consume(BATCH, POLL_S):
                    partition = message.partition()
                    if (error := message.error()) is not None:
                        if error.code() == KafkaError._PARTITION_EOF:
                            reached[partition] = max(reached[partition], message.offset())
                        elif not is_transient(error):
                            raise KafkaException(error)
                        continue
                    fresh.setdefault(partition, {})[message.key()] = message.value()
                    last[partition] = message.offset()
                    total += 1
                now_ms = time.time_ns() // 1_000_000
                for partition, rows in fresh.items():
                    reached[partition] = max(reached[partition], last[partition] + 1)
                    store = self._table.rows(partition).store
                    store.write(rows.items(), ChangelogPosition(last[partition], now_ms))
            for partition, end in reached.items():
                self._table.restored(partition, end)
            return total
        except KafkaException as problem:
            raise BrokerError(f"restoring from {self._topic}: {problem}") from problem
        finally:
            reader.close()


def _reader(kafka: KafkaSettings) -> Any:
    return Consumer(
        {
            **kafka.base(),
            "group.id": "garbo-restore",  # never joined: librdkafka wants a name
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
            "queued.min.messages": 100_000,
        }
    )
