"""Which partitions are ours, and when they may be processed.

Two rules carry this file.
 1. **What was fetched or begun under an epoch is void under any other.** The epoch grows at every revocation and at
    every rollback, at once, before anything else is waited for.
 2. **Only the poll thread speaks to librdkafka's consumer** (`GroupMember.call`). The client holds one lock through a
    whole `poll`, rebalance callbacks included, and a callback waits for the event loop: a call from the loop, or from
    anything the callback waits for, would never return. So nothing awaits the poll thread while it holds the
    checkpoint's lock, which a revocation needs.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from confluent_kafka import TopicPartition

from garbo.errors import GarboError
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.chunk_source import ChunkSource
from garbo.runtime.crash_points import reach
from garbo.runtime.gate import Gate
from garbo.runtime.group_member import GroupMember
from garbo.runtime.heartbeat import Heartbeat
from garbo.runtime.host_hooks import HostHooks
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.partition import TP
from garbo.runtime.processing import Processing
from garbo.runtime.state_table import StateTable
from garbo.runtime.table_loader import TableLoader

log = logging.getLogger(__name__)


class Assignment:
    """Assign, revoke, rewind.

    Attributes:
        tps: source partitions of this generation.
        metadata: of the group, captured at assignment.
        ready: set when the first assignment may be processed.
    """

    def __init__(
        self,
        *,
        gate: Gate,
        member: GroupMember,
        source: ChunkSource,
        table: StateTable,
        loader: TableLoader,
        checkpoint: Checkpoint,
        processing: Processing,
        host: HostHooks,
        heartbeat: Heartbeat,
        observer: ProcessorObserver,
        give_up: Callable[[GarboError], None],
    ) -> None:
        self._gate, self._member, self._source = gate, member, source
        self._table, self._loader = table, loader
        self._checkpoint, self._processing, self._host = checkpoint, processing, host
        self._heartbeat, self._observer, self._give_up = heartbeat, observer, give_up
        self.tps: frozenset[TP] = frozenset()
        self.metadata: Any = None
        self.ready = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._prepared = -1  # the epoch whose positions are sought

    @property
    def partitions(self) -> list[int]:
        """Partition numbers of this generation, ascending."""
        return sorted({tp.partition for tp in self.tps})

    def join(self, topics: Iterable[str]) -> None:
        """Join the group. Called on the event loop, which the callbacks below wait for."""
        self._loop = asyncio.get_running_loop()
        self._member.subscribe(topics, self.on_assign, self.on_revoke, self.on_lost)

    # ---- in the poll thread ------------------------------------------------------------------------------------

    def on_assign(self, client: Any, partitions: list[TopicPartition]) -> None:
        """librdkafka has new partitions for us: take them, with the gate closed."""
        client.assign(partitions)
        client.pause(partitions)
        self.metadata = client.consumer_group_metadata()  # 1
        self._on_loop(self._assigned(frozenset(TP(t.topic, t.partition) for t in partitions)))

    def on_revoke(self, client: Any, partitions: list[TopicPartition]) -> None:
        """They go to another worker; we still may commit."""
        self._on_loop(self._revoked(lost=False))
        self._member.commit_asked_offsets(wait=True)

    def on_lost(self, client: Any, partitions: list[TopicPartition]) -> None:
        """They belong to another worker already."""
        self._on_loop(self._revoked(lost=True))
        self._member.forget_asked_offsets()

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None, "the group calls back only after it was joined"
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # ---- on the event loop -------------------------------------------------------------------------------------

    async def _assigned(self, tps: frozenset[TP]) -> None:
        self.tps = tps
        self._heartbeat.assigned(bool(tps))
        await self._host.assigned(tps, self._gate.epoch)  # the host calls `prepare`

    async def _revoked(self, *, lost: bool) -> None:
        self.shut()  # 11
        self._heartbeat.revoked()
        async with self._checkpoint.lock:
            reach("revoke.before_finish")
            try:
                await self._checkpoint.finish(abort=lost)  # 12
            except GarboError as problem:
                log.error("what was open at the revocation is not committed: %s", problem)
            reach("revoke.before_close")
            self._processing.close()  # 13
            await asyncio.to_thread(self._table.close)
            self._checkpoint.positions.clear()
        gone, self.tps = self.tps, frozenset()
        self._observer.assigned(())
        await self._host.revoked(gone)

    def shut(self) -> None:
        """Nothing fetched until now may be processed any more."""
        self._gate.next_epoch()
        self._source.forget()

    async def prepare(self) -> None:
        """Offsets, table, processor, positions; `open_gate` is next. Ends silently when the epoch changes.

        Raises:
            GarboError: one of them failed, after the process was asked to leave.
        """
        epoch = self._gate.epoch
        tps = sorted(self.tps)

        def wanted() -> bool:
            return self._gate.epoch == epoch

        if not tps:
            self._prepared = epoch
            return
        try:
            self._heartbeat.restoring(True)
            reach("assign.before_stable_offsets")
            offsets = await self._member.stable_offsets(tps, wanted)  # 2
            reach("assign.before_restore")
            started = time.monotonic()
            rows = await asyncio.to_thread(self._loader.load, self.partitions, wanted)  # 3
            reach("assign.before_open")
            async with self._checkpoint.lock:
                if wanted():
                    await self._processing.open(self.partitions)  # 4
            await self._member.seek(offsets, wanted)
        except GarboError as problem:
            if wanted():
                self._give_up(problem)
                raise
            return
        finally:
            self._heartbeat.restoring(False)
        if wanted():
            self._checkpoint.positions.update({TP(t.topic, t.partition): t.offset for t in offsets})
            self._prepared = epoch
            took_s = time.monotonic() - started
            self._observer.restored(rows, took_s)
            log.info("%s: %d rows restored in %.2f s", self._heartbeat.name, rows, took_s)

    def open_gate(self) -> None:
        """Records may come, if `prepare` was done for this very epoch."""
        if self._prepared != self._gate.epoch:
            return
        self._heartbeat.ready()
        self.ready.set()
        self._observer.assigned(self.partitions)
        if self.tps:
            self._gate.open()
            self._member.resume(self.tps)

    async def rewind(self) -> None:
        """After a rollback without a rebalance: back to the committed offsets.

        The gate was shut with the rollback, under the checkpoint's lock; the lock is free now, so that a revocation
        can come between any two of these steps, and ends them.
        """
        epoch = self._gate.epoch
        self._host.suspend(epoch)
        await self._member.pause(self.tps)
        await self.prepare()
        if self._gate.epoch == epoch:
            self._host.resume()
