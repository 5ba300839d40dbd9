"""Which partitions are ours, and whether we may process them: the gate.

Two rules carry this file.
 1. **What was fetched or begun under an epoch is void under any other.** The epoch grows at every revocation and at
    every rollback, at once, before anything else is waited for.
 2. **Only the poll thread speaks to librdkafka's consumer** (`StageConsumer.in_poll_thread`). The client holds one
    lock through a whole `poll`, rebalance callbacks included, and a callback waits for the event loop: a call from
    the loop, or from anything the callback waits for, would never return. So nothing awaits the poll thread while it
    holds the unit's lock, which a revocation needs.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from garbo.adapters.kafka.retry import PATIENCE_S, error_of, is_transient
from garbo.errors import BrokerError, GarboError
from garbo.runtime.crash_points import reach
from garbo.runtime.partition import TP

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from garbo.faust_host.app import ProcessorApp

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_S: Final = 3.0  # of the coordinator; then the poll thread polls, and asks again
PAUSE_S: Final = 0.05
BROADCAST_S: Final = 60.0  # how long to wait for models and policies before it is called a failure


class Assignment:
    """Assign, revoke, rewind.

    Attributes:
        epoch: of what may be processed now.
        gate: open when the table is restored and the positions are sought.
        tps: source partitions of this generation.
        metadata: of the group, captured at assignment.
    """

    def __init__(self, app: "ProcessorApp") -> None:
        self._app = app
        self.epoch = 0
        self.gate = False
        self.tps: frozenset[TP] = frozenset()
        self.metadata: Any = None
        self._opened: list[int] = []  # partitions the processor has open
        self._prepared = -1  # the epoch whose positions are sought

    @property
    def partitions(self) -> list[int]:
        """Partition numbers of this generation, ascending."""
        return sorted({tp.partition for tp in self.tps})

    # ---- in the poll thread ------------------------------------------------------------------------------------

    def on_assign(self, client: Any, partitions: list[TopicPartition]) -> None:
        """librdkafka has new partitions for us: take them, closed."""
        client.assign(partitions)
        client.pause(partitions)
        self.metadata = client.consumer_group_metadata()  # 1
        self._on_loop(self._assigned(frozenset(TP(t.topic, t.partition) for t in partitions)))

    def on_revoke(self, client: Any, partitions: list[TopicPartition]) -> None:
        """They go to somebody else; we still may commit."""
        self._on_loop(self._revoked(lost=False))
        self._app.consumer.commit_asked_offsets(wait=True)

    def on_lost(self, client: Any, partitions: list[TopicPartition]) -> None:
        """They are somebody else's already."""
        self._on_loop(self._revoked(lost=True))
        self._app.consumer.forget_asked_offsets()

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._app.running_loop).result()

    # ---- on the event loop -------------------------------------------------------------------------------------

    async def _assigned(self, tps: frozenset[TP]) -> None:
        app = self._app
        self.tps = tps
        app.pulse.assigned(bool(tps))
        app.on_rebalance_start()
        app.consumer_generation_id = self.epoch
        await app.consumer.on_partitions_assigned(set(tps), self.epoch)  # Faust's recovery calls `prepare`

    async def _revoked(self, *, lost: bool) -> None:
        app = self._app
        self.shut()  # 11
        app.pulse.revoked()
        async with app.unit.lock:
            reach("revoke.before_finish")
            try:
                await app.unit.finish(abort=lost)  # 12
            except GarboError as problem:
                log.error("what was open at the revocation is not committed: %s", problem)
            reach("revoke.before_close")
            self._close_processor()  # 13
            await asyncio.to_thread(app.table.close)
            app.unit.positions.clear()
        gone, self.tps = self.tps, frozenset()
        app.observer.assigned(())
        await app.consumer.on_partitions_revoked(set(gone))

    def shut(self) -> None:
        """Nothing fetched until now may be processed any more."""
        self.gate = False
        self.epoch += 1
        self._app.consumer.forget_in_flight()

    async def prepare(self) -> None:
        """Offsets, table, processor, positions; `open_gate` is next. Gives up silently when the epoch changes."""
        epoch, app = self.epoch, self._app
        tps = sorted(self.tps)

        def wanted() -> bool:
            return self.epoch == epoch

        if not tps:
            self._prepared = epoch
            return
        try:
            app.pulse.restoring(True)
            reach("assign.before_stable_offsets")
            offsets = await self._stable_offsets(tps, wanted)  # 2
            reach("assign.before_restore")
            started = time.monotonic()
            rows = await asyncio.to_thread(self._restore, self.partitions, wanted)  # 3
            await asyncio.to_thread(self._await_broadcast)
            reach("assign.before_open")
            async with app.unit.lock:
                if wanted():
                    await self._open_processor()  # 4
            await self._seek(offsets, wanted)
        except GarboError as problem:
            if wanted():
                app.give_up(problem)
                raise
            return
        finally:
            app.pulse.restoring(False)
        if wanted():
            app.unit.positions.update({TP(t.topic, t.partition): t.offset for t in offsets})
            self._prepared = epoch
            app.observer.restored(rows, time.monotonic() - started)
            log.info("%s: %d rows restored in %.2f s", app.settings.name, rows, time.monotonic() - started)

    async def _stable_offsets(self, tps: Collection[TP], wanted: Callable[[], bool]) -> list[TopicPartition]:
        client = self._app.consumer.client

        def ask() -> list[TopicPartition]:
            offsets: list[TopicPartition] = client.committed(
                [TopicPartition(t.topic, t.partition) for t in tps], ANSWER_S
            )
            for offset in offsets:
                if offset.error:
                    raise KafkaException(offset.error)
                if offset.offset < 0:  # nothing committed yet: from the beginning of the log
                    offset.offset = client.get_watermark_offsets(offset, ANSWER_S)[0]
            return offsets

        return await self._ask("reading the committed offsets", ask, wanted) or []

    async def _ask(self, what: str, ask: Callable[[], T], wanted: Callable[[], bool]) -> T | None:
        """`patiently`, in the poll thread, which is let go between two attempts: it has a group to serve."""
        until = time.monotonic() + PATIENCE_S
        while wanted():
            try:
                answer: T = await self._app.consumer.in_poll_thread(ask)
                return answer
            except KafkaException as problem:
                error = error_of(problem)
                # _STATE: the fetcher of a partition just assigned has not begun yet.
                if wanted() and (
                    time.monotonic() > until or not (is_transient(error) or error.code() == KafkaError._STATE)
                ):
                    raise BrokerError(f"{what}: {error}") from problem
                await asyncio.sleep(PAUSE_S)
        return None

    def _restore(self, partitions: list[int], wanted: Callable[[], bool]) -> int:
        table, restorer = self._app.table, self._app.restorer
        with table.guard:
            if not wanted():
                return 0
            if restorer is not None:
                return restorer.restore(partitions, wanted)
            for partition in partitions:
                table.open(partition)
            return 0

    def _await_broadcast(self) -> None:
        broadcast = self._app.broadcast
        if not broadcast.caught_up.wait(BROADCAST_S):
            raise BrokerError(f"models and policies could not be read: {broadcast.failed or 'no end within 60 s'}.")

    async def _open_processor(self) -> None:
        app = self._app
        self._close_processor()
        app.tell_news()
        for partition in self.partitions:
            self._opened.append(partition)
            try:
                await asyncio.to_thread(app.processor.open, partition, app.table.rows(partition))
            except GarboError:
                raise
            except Exception as problem:
                app.bug(problem)
                raise

    async def _seek(self, offsets: list[TopicPartition], wanted: Callable[[], bool]) -> None:
        client = self._app.consumer.client
        for offset in offsets:
            await self._ask(f"seeking {offset.topic}[{offset.partition}]", partial(client.seek, offset), wanted)

    def _close_processor(self) -> None:
        while self._opened:
            self._app.processor.close(self._opened.pop())

    def open_gate(self) -> None:
        """Records may come, if `prepare` was done for this very epoch."""
        app = self._app
        if self._prepared != self.epoch:
            return
        app.pulse.ready()
        app.ready.set()
        app.observer.assigned(self.partitions)
        if self.tps:
            self.gate = True
            places = [TopicPartition(t.topic, t.partition) for t in self.tps]
            app.consumer.ask_poll_thread(lambda: app.consumer.client.resume(places))

    async def rewind(self) -> None:
        """After a rollback without a rebalance: back to the committed offsets.

        The gate was shut with the rollback, under the unit's lock; the lock is free now, so that a revocation can come
        between any two of these steps, and ends them.
        """
        app, epoch = self._app, self.epoch
        app.consumer_generation_id = epoch
        app.flow_control.suspend()
        app.flow_control.clear()
        places = [TopicPartition(t.topic, t.partition) for t in self.tps]
        try:
            await app.consumer.in_poll_thread(lambda: app.consumer.client.pause(places))
        except KafkaException as problem:  # a rebalance is under way: it prepares anew
            log.info("rewinding: %s", error_of(problem))
        await self.prepare()
        if self.epoch == epoch:
            app.consumer.forget_read_offsets()
            app.flow_control.resume()
            app.consumer.resume_flow()
