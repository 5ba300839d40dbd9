"""One transaction for a checkpoint: rows, outputs and source offsets become visible together, or never.

 begin    the transaction opens with the checkpoint's first record
 commit   8  offsets into the transaction, with the group's metadata captured at assignment: a zombie that
             wakes after its partitions went to another worker is refused here
          9  commit: librdkafka flushes what is still queued, then asks the coordinator

An answer that may come later is asked for again. An abortable error rolls back. Any other error means that another
producer holds our transactional id, or that the transaction timed out on the broker: the process leaves and restarts.
A producer that was cut off from a broker meanwhile commits nothing any more. A new producer takes its place, and its
start rolls back what was open (producer.py says why).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition

from garbo.adapters.kafka.retry import error_of
from garbo.errors import BrokerError, FencedError
from garbo.processors.ports import Output
from garbo.runtime.commit_strategy import Acknowledge, RolledBackError
from garbo.runtime.crash_points import reach
from garbo.runtime.producer import RecordProducer

ANSWER_S: Final = 30.0  # how long librdkafka waits for the coordinator before it says "again"
ATTEMPTS: Final = 4  # of errors that say "again"; the checkpoint has a limit for the whole commit
LOOP_S: Final = 5.0  # how long the event loop may wait for a new producer


class ExactlyOnce:
    """The strategy for a broker with transactions."""

    def __init__(self, producer: RecordProducer, changelog: str | None) -> None:
        self._producer, self._changelog = producer, changelog

    def start(self) -> None:
        """Fence the worker that used this slot before, and wait until its last transaction is decided."""
        self._started(_asked)

    def _started(self, asked: Callable[[str, Callable[[float], Any]], None]) -> None:
        try:
            asked("starting transactions", self._producer.client.init_transactions)
        except RolledBackError as problem:
            raise BrokerError(f"the broker does not start transactions: {problem}") from problem

    def begin(self) -> None:
        self._producer.serve()
        if self._producer.cut_off:
            self._producer.renew()
            self._started(partial(_asked, attempts=1, answer_s=LOOP_S))
        try:
            self._producer.client.begin_transaction()
        except KafkaException as problem:
            raise FencedError(f"no transaction can be opened: {error_of(problem)}") from problem

    def rows(self, partition: int, rows: Mapping[bytes, bytes | None], acknowledge: Acknowledge) -> None:
        send, topic = self._producer.send, self._changelog
        assert topic is not None, "a processor that writes rows has a changelog"
        # Delivery reports come in order within a partition: the last one stands for all.
        left = len(rows)
        for key, value in rows.items():
            left -= 1
            if left:
                send(topic, key, value, partition)
            else:
                send(topic, key, value, partition, _last(acknowledge, self._producer))
        self._producer.serve()

    def outputs(self, outputs: Sequence[Output]) -> None:
        send = self._producer.send
        for topic, key, value, partition, headers in outputs:
            send(topic, key, value, partition, None, headers)
        self._producer.serve()

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        client = self._producer.client
        self._producer.serve()
        if self._producer.cut_off:
            raise RolledBackError("the broker was gone for a moment")
        error = self._producer.error
        if error is not None:
            if error.fatal():
                raise FencedError(f"the producer was refused: {error}")
            raise RolledBackError(str(error))
        reach("commit.before_offsets")
        _asked(
            "sending offsets", lambda patience: client.send_offsets_to_transaction(list(offsets), group, patience)
        )  # 8
        reach("commit.before_commit")
        _asked("committing", client.commit_transaction)  # 9
        self._producer.serve()  # the delivery reports of the last rows: where the changelog stands

    def abort(self) -> None:
        if self._producer.cut_off:
            self._producer.renew()
            self.start()
            return
        try:
            _asked("aborting", self._producer.client.abort_transaction)
        except RolledBackError as problem:
            raise FencedError(f"the transaction cannot even be aborted: {problem}") from problem
        self._producer.forget()


def _last(acknowledge: Acknowledge, producer: RecordProducer) -> Callable[[Any, Any], None]:
    def delivered(error: Any, message: Any) -> None:
        if error is None:
            acknowledge(message.partition(), message.offset())
        else:
            producer.watch(error, message)

    return delivered


def _asked(what: str, ask: Callable[[float], Any], attempts: int = ATTEMPTS, answer_s: float = ANSWER_S) -> None:
    """Ask the coordinator. A loop of its own: each error has its own fate, and nothing waits between two attempts."""
    for attempt in range(1, attempts + 1):
        try:
            ask(answer_s)
            return
        except KafkaException as problem:
            error = error_of(problem)
            if error.txn_requires_abort():
                raise RolledBackError(f"{what}: {error}") from problem
            if error.fatal() or not error.retriable() or attempt == attempts:
                raise FencedError(f"{what}: {error}") from problem
