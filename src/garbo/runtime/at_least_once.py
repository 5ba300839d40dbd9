"""A checkpoint without transactions: nothing is lost, something may be done twice.

 chunk    6  outputs leave at once; rows wait in the overlay
 commit   8  outputs acknowledged
          9  rows to the changelog, acknowledged
             offsets, asked for and not waited for: a call on the consumer waits for the poll thread, and an offset
             that is not kept only means that its records come again

Outputs come before rows, because rows carry the applied markers: a row that is safe says "this event is done", so an
output that failed after it would be lost for ever. With outputs first, the event comes again, meets the row as it was,
and makes the same output again under the same id; a dispatcher keeps the first copy.
A record the producer gave up on ends the process, before anything after it is committed.

Nothing fences a predecessor: what it had sent when it was stopped may reach the changelog after the restore. Without
transactions, a changelog's offsets have no gaps. So a gap in our changelog offsets means another worker wrote there.
Then the table is restored again and the checkpoint is done again: the store must not jump over rows it has not seen.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import TopicPartition

from garbo.errors import FencedError
from garbo.processors.ports import Output
from garbo.runtime.commit_strategy import Acknowledge, RolledBackError
from garbo.runtime.crash_points import reach
from garbo.runtime.producer import RecordProducer

CommitOffsets = Callable[[Sequence[TopicPartition]], None]


class AtLeastOnce:
    """The strategy for a broker that keeps no transactions, and for a processor whose rows are only ever added."""

    def __init__(self, producer: RecordProducer, changelog: str | None, commit_offsets: CommitOffsets) -> None:
        self._producer, self._changelog, self._commit_offsets = producer, changelog, commit_offsets
        self._waiting: list[tuple[int, bytes, bytes | None, Acknowledge]] = []
        self._overtaken: set[int] = set()  # partitions in whose changelog another worker wrote

    def start(self) -> None:
        """Nothing to agree on."""

    def begin(self) -> None:
        """A checkpoint is only what was collected since the last one."""

    def rows(self, partition: int, rows: Mapping[bytes, bytes | None], acknowledge: Acknowledge) -> None:
        assert self._changelog is not None, "a processor that writes rows has a changelog"
        self._waiting.extend((partition, key, value, acknowledge) for key, value in rows.items())

    def outputs(self, outputs: Sequence[Output]) -> None:
        send, watch = self._producer.send, self._producer.watch
        for topic, key, value, partition, headers in outputs:
            # Every report is looked at: each may be the one that failed.
            send(topic, key, value, partition, watch, headers)
        self._producer.serve()

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        reach("commit.before_offsets")
        self._producer.flush()  # 8
        self._refuse_gaps()
        reach("commit.before_commit")
        for partition, key, value, acknowledge in self._waiting:
            self._producer.send(self._changelog or "", key, value, partition, self._delivered(acknowledge))
        self._waiting.clear()
        self._producer.flush()  # 9
        self._refuse_gaps()
        if self._overtaken:
            raise RolledBackError(f"rows of another worker in {self._changelog}{sorted(self._overtaken)}")
        self._commit_offsets(offsets)

    def abort(self) -> None:
        """Outputs that left stay; the records come again and send them again."""
        self._waiting.clear()
        self._overtaken.clear()
        self._producer.flush()

    def _delivered(self, acknowledge: Acknowledge) -> Callable[[Any, Any], None]:
        watch = self._producer.watch

        def delivered(error: Any, message: Any) -> None:
            if error is not None:
                watch(error, message)
            elif not acknowledge(message.partition(), message.offset()):
                self._overtaken.add(message.partition())

        return delivered

    def _refuse_gaps(self) -> None:
        if self._producer.error is not None:
            raise FencedError(f"a record was not acknowledged: {self._producer.error}")
