"""A unit of work without transactions: nothing is lost, something may be done twice.

 commit   8  rows to the changelog, acknowledged
          9  outputs, acknowledged
             offsets, asked for and not waited for: the poll thread commits them before its next poll. A call on the
             consumer from here, be it "asynchronous", deadlocks with a rebalance callback that waits for this very
             unit; and an offset that is not kept only means "again"

Outputs therefore wait in memory until the rows are safe: whoever sees an output may rely on the state behind it.
With `eager` they do not wait: for a stage whose rows are claims that only grow (resolve), an output is a function of
the input and is made again the same after a crash, rows or no rows; waiting would only cost latency.
A record the producer gave up on ends the process, before anything after it is committed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import TopicPartition

from garbo.engine.ports import Output
from garbo.errors import FencedError
from garbo.topology.transport.commit_way import Acknowledge
from garbo.topology.transport.crash_points import reach
from garbo.topology.transport.producer import RecordProducer

CommitOffsets = Callable[[Sequence[TopicPartition]], None]


class AtLeastOnce:
    """The way of a broker that keeps no transactions, and of a stage whose rows only grow."""

    def __init__(
        self, producer: RecordProducer, changelog: str | None, commit_offsets: CommitOffsets, *, eager: bool = False
    ) -> None:  # fmt: skip
        self._producer, self._changelog, self._commit_offsets = producer, changelog, commit_offsets
        self._eager = eager
        self._waiting: list[Output] = []

    def start(self) -> None:
        """Nothing to agree on."""

    def begin(self) -> None:
        """A unit is only what has been collected since the last one."""

    def rows(self, partition: int, rows: Mapping[bytes, bytes | None], acknowledge: Acknowledge) -> None:
        send, topic = self._producer.send, self._changelog
        assert topic is not None, "a stage that writes rows has a changelog"
        watch = self._producer.watch

        def delivered(error: Any, message: Any) -> None:
            if error is None:
                acknowledge(message.partition(), message.offset())
            else:
                watch(error, message)

        for key, value in rows.items():  # every report is looked at: each may be the one that failed
            send(topic, key, value, partition, delivered)
        self._producer.serve()

    def outputs(self, outputs: Sequence[Output]) -> None:
        if not self._eager:
            self._waiting.extend(outputs)
            return
        self._send(outputs)
        self._producer.serve()

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        reach("commit.before_offsets")
        self._producer.flush()  # 8
        reach("commit.before_commit")
        self._send(self._waiting)
        self._waiting.clear()
        self._producer.flush()  # 9
        if self._producer.error is not None:
            raise FencedError(f"a record was not acknowledged: {self._producer.error}")
        self._commit_offsets(offsets)

    def _send(self, outputs: Sequence[Output]) -> None:
        send, watch = self._producer.send, self._producer.watch
        for topic, key, value, partition in outputs:
            send(topic, key, value, partition, watch)

    def abort(self) -> None:
        """Rows that left stay; the records come again and write them again."""
        self._waiting.clear()
        self._producer.flush()
