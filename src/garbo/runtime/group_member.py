"""The worker's member of the consumer group: librdkafka's consumer, and the one thread that calls it.

- Rebalance callbacks are served only inside `poll`, so polling starts on subscribe, before any assignment.
- `poll(timeout)`, then `consume(n, 0)`: `consume(n, timeout)` waits its timeout out and adds it to every event.
- One thread polls, and makes every other call on the client too: see rule 2 of `assignment.py`.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from garbo.adapters.kafka.retry import error_of, retry_until_async
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime.partition import TP
from garbo.runtime.settings import ProcessorSettings

log = logging.getLogger(__name__)

T = TypeVar("T")
OnRebalance = Callable[[Any, list[TopicPartition]], None]

ANSWER_S: Final = 3.0  # how long to wait for the coordinator; then the poll thread polls, and asks again
PAUSE_S: Final = 0.05
POLL_S: Final = 0.1  # how long a call on the client waits when nothing arrives
SHUT_POLL_S: Final = 0.01  # the same while the gate is closed: nothing can arrive, and calls are all there is to do


class GroupMember:
    """One member of the processor's group.

    Attributes:
        config: librdkafka's settings of the consumer.
        client: librdkafka's consumer; None before `connect`.
    """

    def __init__(self, kafka: KafkaSettings, settings: ProcessorSettings) -> None:
        self.config = client_settings(kafka, settings)
        self.client: Any = None
        self._poller = ThreadPoolExecutor(1, "kafka-poll")
        self._asked_offsets: dict[TP, int] = {}
        self._asking = threading.Lock()

    def connect(self) -> None:
        """Make the client."""
        self.client = Consumer(self.config)

    def subscribe(
        self, topics: Iterable[str], on_assign: OnRebalance, on_revoke: OnRebalance, on_lost: OnRebalance
    ) -> None:
        """Join the group; the callbacks come in the poll thread."""
        self.client.subscribe(sorted(topics), on_assign=on_assign, on_revoke=on_revoke, on_lost=on_lost)

    # ---- calls in the poll thread ------------------------------------------------------------------------------

    async def call(self, call: Callable[[], T]) -> T:
        """Make a call on the client between two polls. Never awaited under the checkpoint's lock."""
        return await asyncio.get_running_loop().run_in_executor(self._poller, call)

    def submit(self, call: Callable[[], Any]) -> None:
        """The same, not waited for."""

        def log_failure(done: Future[Any]) -> None:
            if not done.cancelled() and (problem := done.exception()) is not None:
                log.info("a call on the consumer: %s", problem)  # a rebalance came first and prepares again

        self._poller.submit(call).add_done_callback(log_failure)

    async def poll(self, most: int, is_open: bool) -> list[Message]:
        """Poll once: at most `most` messages. `is_open` says whether records can arrive at all."""
        return await asyncio.get_running_loop().run_in_executor(self._poller, self._poll, most, is_open)

    def _poll(self, most: int, is_open: bool) -> list[Message]:
        self.commit_asked_offsets(wait=False)
        first = self.client.poll(POLL_S if is_open else SHUT_POLL_S)
        return [] if first is None else [first, *self.client.consume(most - 1, 0)]

    # ---- positions ---------------------------------------------------------------------------------------------

    async def stable_offsets(self, tps: Collection[TP], wanted: Callable[[], bool]) -> list[TopicPartition]:
        """The committed offsets. The broker answers when the transactions that will move them are decided.

        Returns:
            One offset for each partition; the beginning of the log where none was committed. Empty when no longer
            `wanted`.

        Raises:
            BrokerError: the broker refuses, or gives no answer in time.
        """

        def ask() -> list[TopicPartition]:
            offsets: list[TopicPartition] = self.client.committed(
                [TopicPartition(t.topic, t.partition) for t in tps], ANSWER_S
            )
            for offset in offsets:
                if offset.error:
                    raise KafkaException(offset.error)
                if offset.offset < 0:
                    offset.offset = self.client.get_watermark_offsets(offset, ANSWER_S)[0]
            return offsets

        return await self._ask("reading the committed offsets", ask, wanted) or []

    async def seek(self, offsets: Iterable[TopicPartition], wanted: Callable[[], bool]) -> None:
        """Continue at these offsets.

        Raises:
            BrokerError: a partition cannot be sought in time.
        """
        for offset in offsets:
            await self._ask(f"seeking {offset.topic}[{offset.partition}]", partial(self.client.seek, offset), wanted)

    async def pause(self, tps: Collection[TP]) -> None:
        """Fetch nothing of these partitions."""
        places = [TopicPartition(t.topic, t.partition) for t in tps]
        try:
            await self.call(lambda: self.client.pause(places))
        except KafkaException as problem:  # a rebalance is under way and prepares again
            log.info("rewinding: %s", error_of(problem))

    def resume(self, tps: Collection[TP]) -> None:
        """Fetch these partitions; the call is not waited for."""
        places = [TopicPartition(t.topic, t.partition) for t in tps]
        self.submit(lambda: self.client.resume(places))

    async def _ask(self, what: str, ask: Callable[[], T], wanted: Callable[[], bool]) -> T | None:
        """`retry_until`, in the poll thread, which is free between two attempts: it must serve the group."""
        # _STATE: the fetcher of a partition just assigned has not begun yet.
        return await retry_until_async(what, lambda: self.call(ask), wanted, pause_s=PAUSE_S, also=(KafkaError._STATE,))

    # ---- offsets without transactions --------------------------------------------------------------------------

    def commit_offsets(self, offsets: Iterable[TopicPartition]) -> None:
        """Ask for offsets to be kept, from any thread: the poll thread does it before its next poll."""
        with self._asking:
            self._asked_offsets.update({TP(t.topic, t.partition): t.offset for t in offsets})

    def commit_asked_offsets(self, *, wait: bool) -> None:
        """In the poll thread. An offset that is not kept only means that its records come again."""
        with self._asking:
            asked, self._asked_offsets = self._asked_offsets, {}
        if not asked:
            return
        offsets = [TopicPartition(tp.topic, tp.partition, offset) for tp, offset in asked.items()]
        try:
            self.client.commit(offsets=offsets, asynchronous=not wait)
        except KafkaException as problem:
            log.info("offsets not committed, their records come again: %s", problem)

    def forget_asked_offsets(self) -> None:
        """The partitions belong to another worker, which commits their offsets."""
        with self._asking:
            self._asked_offsets = {}

    async def close(self) -> None:
        """Leave the group: a successor begins at once."""
        if self.client is not None:
            await self.call(self._close)
        self._poller.shutdown(wait=False)

    def _close(self) -> None:
        self.commit_asked_offsets(wait=True)
        self.client.close()


def client_settings(kafka: KafkaSettings, settings: ProcessorSettings) -> dict[str, Any]:
    """librdkafka's settings of a processor's consumer."""
    static = {"group.instance.id": f"{settings.group}-{settings.slot}"} if settings.static_membership else {}
    return {
        **kafka.base(),
        **static,
        "group.id": settings.group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "partition.assignment.strategy": "range",  # equal partitions of co-partitioned topics land together
        "session.timeout.ms": settings.session_timeout_ms,
        "heartbeat.interval.ms": settings.heartbeat_ms,
        "fetch.wait.max.ms": settings.fetch_wait_ms,
        "fetch.min.bytes": settings.fetch_min_bytes,
        "fetch.queue.backoff.ms": 5,  # librdkafka's 1 s stalls a queue that was full for a moment
        "queued.min.messages": 20_000,
        "enable.partition.eof": True,  # for the lag: an end behind control records is an end
    }
