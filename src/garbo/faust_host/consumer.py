"""Faust's consumer on librdkafka: fetching and back-pressure. What is ours to process is `assignment.py`'s business.

- Rebalance callbacks are served only inside `poll`, so the fetcher starts on subscribe, before any assignment.
- `poll(timeout)`, then `consume(n, 0)`: `consume(n, timeout)` waits its timeout out and adds it to every event.
- One thread polls, and makes every other call on the client too: see rule 2 of `assignment.py`.
- Faust's own acknowledgements (written into private dicts by its Cython stream, past `Consumer.ack`) are cleared;
  what is in flight is counted here.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar, Final

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from faust.transport import consumer as faust_consumer
from faust.types import TP as FaustTP  # noqa: N811  # a class, whatever its letters
from faust.types import ConsumerMessage
from mode import Service

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.processors.ports import ConsumerRecord
from garbo.runtime.chunk import Chunk
from garbo.runtime.partition import TP
from garbo.runtime.settings import ProcessorSettings

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from garbo.faust_host.app import ProcessorApp

log = logging.getLogger(__name__)

POLL_S: Final = 0.1  # how long a call on the client waits when nothing arrives
SHUT_POLL_S: Final = 0.01  # the same while nothing can arrive, and calls are all there is to do


class LibrdkafkaConsumer(faust_consumer.Consumer):
    """One member of the stage's group."""

    app: "ProcessorApp"
    client: Any
    consumer_stopped_errors: ClassVar[tuple[type[BaseException], ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = None
        self.ends: dict[TP, int] = {}  # offsets at which the end of a partition was met: control records included
        self.fetched: dict[TP, int] = {}  # one past the last record handed on
        self._poller = ThreadPoolExecutor(1, "kafka-poll")
        self._asked_offsets: dict[TP, int] = {}
        self._asking = threading.Lock()
        self._in_flight = 0
        self._room = asyncio.Event()
        self._room.set()

    # ---- the group ---------------------------------------------------------------------------------------------

    async def on_start(self) -> None:
        self.client = KafkaConsumer(client_settings(self.app.kafka, self.app.settings))

    async def subscribe(self, topics: Iterable[str]) -> None:
        ours = self.app.assignment
        self.client.subscribe(sorted(topics), on_assign=ours.on_assign, on_revoke=ours.on_revoke, on_lost=ours.on_lost)
        await self.app._fetcher.maybe_start()

    async def in_poll_thread(self, call: Callable[[], Any]) -> Any:
        """Make a call on the client between two polls. Never awaited under the unit's lock."""
        return await self.app.running_loop.run_in_executor(self._poller, call)

    def ask_poll_thread(self, call: Callable[[], Any]) -> None:
        """The same, not waited for."""

        def log_failure(done: Future[Any]) -> None:
            if not done.cancelled() and (problem := done.exception()) is not None:
                log.info("a call on the consumer: %s", problem)  # a rebalance came first, and begins anew

        self._poller.submit(call).add_done_callback(log_failure)

    def assignment(self) -> set[FaustTP]:
        return {FaustTP(tp.topic, tp.partition) for tp in self.app.assignment.tps}

    async def perform_seek(self) -> None:
        """Faust's recovery calls this when the agents are ready for the new assignment."""
        await self.app.assignment.prepare()
        self.forget_read_offsets()

    def resume_flow(self) -> None:
        """Faust's recovery calls this last; it also calls it when a newer assignment has begun: then nothing opens."""
        super().resume_flow()
        self.app.assignment.open_gate()

    # ---- fetching ----------------------------------------------------------------------------------------------

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[FaustTP, Any]]:  # noqa: ASYNC109  # Faust's signature
        """Poll once, and hand on what came as chunks, as room allows."""
        await self._room.wait()
        ours, settings = self.app.assignment, self.app.settings
        epoch = ours.epoch
        messages = await self.app.running_loop.run_in_executor(self._poller, self._poll, settings.max_poll, ours.gate)
        # A poll that began before the gate opened may return the first records after it: they count. Those of before
        # the seek cannot be among them: partitions are paused in the same breath in which the epoch changes, and
        # resumed after the seek.
        if epoch != ours.epoch or not ours.gate:
            return
        for tp, records in self._by_partition(messages).items():
            for start in range(0, len(records), settings.max_chunk):
                while self._in_flight >= settings.max_in_flight and epoch == ours.epoch:
                    self._room.clear()
                    await self._room.wait()
                if epoch != ours.epoch:
                    return
                chunk = Chunk(tp, records[start : start + settings.max_chunk], epoch)
                self._in_flight += 1
                self.fetched[tp] = chunk.next
                yield FaustTP(*tp), self._message(chunk)

    def _poll(self, most: int, gate: bool) -> list[Message]:
        self.commit_asked_offsets(wait=False)
        first = self.client.poll(POLL_S if gate else SHUT_POLL_S)
        return [] if first is None else [first, *self.client.consume(most - 1, 0)]

    def _by_partition(self, messages: list[Message]) -> dict[TP, list[ConsumerRecord]]:
        found: dict[tuple[str, int], list[ConsumerRecord]] = {}
        for message in messages:
            # A message the consumer hands out always has these; librdkafka's types allow for those that do not.
            topic: str = message.topic()  # type: ignore[assignment]
            partition: int = message.partition()  # type: ignore[assignment]
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    self.ends[TP(topic, partition)] = message.offset()  # type: ignore[assignment]
                else:
                    log.warning("fetching %s[%s]: %s", topic, partition, error)
                continue
            record = ConsumerRecord(
                topic,
                partition,
                message.offset(),  # type: ignore[arg-type]
                message.key(),
                message.value(),
                message.timestamp()[1],
            )
            place = (topic, partition)
            if place in found:
                found[place].append(record)
            else:
                found[place] = [record]
        return {TP(*place): records for place, records in found.items()}

    def _message(self, chunk: Chunk) -> Any:
        tp, last = chunk.tp, chunk.records[-1]
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=last.offset,
            timestamp=last.timestamp_ms / 1000,
            timestamp_type=0,
            headers=[],
            key=None,
            value=chunk,  # type: ignore[arg-type]  # bytes, says Faust: our schema hands it on as it is
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=len(chunk),
            tp=FaustTP(*tp),
            generation_id=self.app.consumer_generation_id,
        )

    # ---- back-pressure -----------------------------------------------------------------------------------------

    def chunk_done(self) -> None:
        """One chunk of the current epoch is in the unit of work."""
        self._in_flight -= 1
        self._room.set()
        self._acked.clear()
        self._acked_index.clear()

    def forget_in_flight(self) -> None:
        """The epoch changed: what is in flight will be refused."""
        self._in_flight = 0
        self._room.set()
        self.ends.clear()
        self.fetched.clear()

    def forget_read_offsets(self) -> None:
        """Records may come a second time: Faust would drop what lies below the last one it has seen."""
        self._read_offset.clear()

    # ---- committing: one committer, on a timer -----------------------------------------------------------------

    @Service.task
    async def _commit_handler(self) -> None:
        """Replaces Faust's committer."""
        settings, unit = self.app.settings, self.app.unit
        while not self.should_stop:
            interval = settings.commit_interval_s
            if self._in_flight > 1:  # chunks queue up: grouping pays, and nobody notices a few milliseconds more
                interval = max(interval, min(3 * unit.last_commit_s, settings.max_commit_interval_s))
            await asyncio.sleep(interval)
            await self.app.tick()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's looks at its own acknowledgements; ours is the watchdog."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        await self.app.unit.commit()
        return True

    async def wait_empty(self) -> None:
        await self.app.unit.commit()

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
        """They are somebody else's to commit."""
        with self._asking:
            self._asked_offsets = {}

    async def on_stop(self) -> None:
        """Commit, leave the group: a successor begins at once."""
        ours = self.app.assignment
        await self.app.unit.commit()
        ours.gate = False
        if self.client is not None:
            await self.in_poll_thread(self._close)
        self._poller.shutdown(wait=False)

    def _close(self) -> None:
        self.commit_asked_offsets(wait=True)
        self.client.close()

    # ---- what Faust's base class asks for and nothing here calls --------------------------------------------------

    async def create_topic(self, *_: Any, **__: Any) -> None:
        """Topics are made by `garbo topics`."""

    async def _add_gap(self, *_: Any) -> None:
        """Offsets have gaps wherever there are transactions: of no interest."""

    async def _getmany(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def _commit(self, offsets: Any) -> bool:
        raise NotImplementedError

    async def _seek(self, tp: FaustTP, offset: int) -> None:
        raise NotImplementedError

    async def seek_to_committed(self) -> Any:
        raise NotImplementedError

    async def seek_wait(self, partitions: Any) -> None:
        raise NotImplementedError

    async def seek_to_beginning(self, *partitions: FaustTP) -> None:
        raise NotImplementedError

    async def position(self, tp: FaustTP) -> int | None:
        return None

    async def highwaters(self, *partitions: FaustTP) -> dict[FaustTP, int]:
        return {}

    async def earliest_offsets(self, *partitions: FaustTP) -> dict[FaustTP, int]:
        return {}

    def highwater(self, tp: FaustTP) -> int:
        return 0

    def topic_partitions(self, topic: str) -> int | None:
        return None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        return None

    def _new_topicpartition(self, topic: str, partition: int) -> FaustTP:
        return FaustTP(topic, partition)

    def _to_message(self, tp: FaustTP, record: Any) -> Any:
        raise NotImplementedError


def client_settings(kafka: KafkaSettings, settings: ProcessorSettings) -> dict[str, Any]:
    """librdkafka's settings of a stage's consumer."""
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
        "fetch.queue.backoff.ms": 5,  # librdkafka's 1 s stalls a queue that was full for a moment
        "queued.min.messages": 20_000,
        "enable.partition.eof": True,  # for the lag: an end behind control records is an end
    }
