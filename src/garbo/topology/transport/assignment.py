"""Which partitions are ours, and whether we may process them: the gate.

One rule carries this file: **what was fetched or begun under an epoch is void under any other.** The epoch grows at
every revocation and at every rewind, at once, before anything else is waited for.

librdkafka calls back in the poll thread, inside `poll`; the poll thread then waits for the event loop. Whatever runs
on the loop here must therefore never wait for the poll thread.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException, TopicPartition
from faust.types import TP

from garbo.errors import BrokerError, GarboError
from garbo.topology.transport.crash_points import reach
from garbo.topology.transport.retry import error_of, patiently

if TYPE_CHECKING:
    from garbo.topology.transport.app import StageApp

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
SEEK_S: Final = 15.0
BROADCAST_S: Final = 60.0  # how long to wait for models and policies before it is called a failure


class Assignment:
    """Assign, revoke, rewind.

    Attributes:
        epoch: of what may be processed now.
        gate: open when the table is restored and the positions are sought.
        tps: source partitions of this generation.
        metadata: of the group, captured at assignment.
    """

    def __init__(self, app: "StageApp") -> None:
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

    def on_lost(self, client: Any, partitions: list[TopicPartition]) -> None:
        """They are somebody else's already."""
        self._on_loop(self._revoked(lost=True))

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

    async def prepare(self, *, locked: bool = False) -> None:
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
            offsets = await asyncio.to_thread(self._stable_offsets, tps, wanted)  # 2
            reach("assign.before_restore")
            started = time.monotonic()
            rows = await asyncio.to_thread(self._restore, self.partitions, wanted)  # 3
            await asyncio.to_thread(self._await_broadcast)
            reach("assign.before_open")
            if locked:
                await self._open_and_seek(offsets, wanted)  # 4
            else:
                async with app.unit.lock:
                    await self._open_and_seek(offsets, wanted)  # 4
        except GarboError as problem:
            if wanted():
                app.give_up(problem)
                raise
            return
        finally:
            app.pulse.restoring(False)
        if wanted():
            self._prepared = epoch
            app.observer.restored(rows, time.monotonic() - started)
            log.info("%s: %d rows restored in %.2f s", app.settings.name, rows, time.monotonic() - started)

    def _stable_offsets(self, tps: Collection[TP], wanted: Any) -> list[TopicPartition]:
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

        return patiently("reading the committed offsets", ask, wanted) or []

    def _restore(self, partitions: list[int], wanted: Any) -> int:
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

    async def _open_and_seek(self, offsets: list[TopicPartition], wanted: Any) -> None:
        app = self._app
        if not wanted():
            return
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
        if wanted():
            await asyncio.to_thread(self._seek, offsets, wanted)
            app.unit.positions.update({TP(t.topic, t.partition): t.offset for t in offsets})

    def _seek(self, offsets: list[TopicPartition], wanted: Any) -> None:
        client = self._app.consumer.client

        until = time.monotonic() + SEEK_S
        for offset in offsets:
            while wanted():
                try:
                    client.seek(offset)
                    break
                except KafkaException as problem:
                    # The fetcher of a partition just assigned may not have begun: the same call succeeds soon.
                    if time.monotonic() > until:
                        raise BrokerError(
                            f"seeking {offset.topic}[{offset.partition}]: {error_of(problem)}"
                        ) from problem
                    time.sleep(0.02)

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
            app.consumer.client.resume([TopicPartition(t.topic, t.partition) for t in self.tps])

    async def rewind(self) -> None:
        """After a rollback without a rebalance: back to the committed offsets. The caller holds the unit's lock."""
        app = self._app
        self.shut()
        app.consumer_generation_id = self.epoch
        app.flow_control.suspend()
        app.flow_control.clear()
        try:
            app.consumer.client.pause([TopicPartition(t.topic, t.partition) for t in self.tps])
            await self.prepare(locked=True)
        except KafkaException as problem:  # a rebalance is under way: it prepares anew
            log.info("rewinding: %s", error_of(problem))
        app.consumer.forget_read_offsets()
        app.flow_control.resume()
        app.consumer.resume_flow()
