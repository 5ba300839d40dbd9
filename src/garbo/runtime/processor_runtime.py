"""One processor on Kafka: its parts, wired. A host (`garbo.faust_host`) carries its chunks and calls its steps.

The calls of a host, in order:

    start                       the producer is connected, its predecessor is fenced
    connect, join               the group is joined
    prepare, open_gate          after each `HostHooks.assigned`
    chunks, take                again and again: fetch, process
    tick                        every `commit_pause_s`: due timers, then the commit
    leave_group, stop, close    commit, leave, free what is left
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import MemoryStores, RocksStores, Stores
from garbo.processors.ports import Output, Processor
from garbo.runtime.assignment import Assignment
from garbo.runtime.at_least_once import AtLeastOnce
from garbo.runtime.broadcast import Broadcast
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.chunk import Chunk
from garbo.runtime.chunk_source import ChunkSource
from garbo.runtime.commit_strategy import CommitStrategy
from garbo.runtime.exactly_once import ExactlyOnce
from garbo.runtime.exit_codes import Leave
from garbo.runtime.gate import Gate
from garbo.runtime.group_member import GroupMember
from garbo.runtime.heartbeat import Heartbeat
from garbo.runtime.host_hooks import HostHooks
from garbo.runtime.lag import LagSource, Progress
from garbo.runtime.leave_policy import LeavePolicy
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.partition import TP
from garbo.runtime.processing import Processing
from garbo.runtime.producer import RecordProducer
from garbo.runtime.restore import Restorer
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.state_table import StateTable
from garbo.runtime.table_loader import TableLoader


class ProcessorRuntime:
    """The parts of one processor. Each part gets what it needs; none knows this object."""

    def __init__(
        self,
        settings: ProcessorSettings,
        kafka: KafkaSettings,
        processor: Processor,
        observer: ProcessorObserver,
        leave: Leave,
        host: HostHooks,
    ) -> None:
        self.settings, self._kafka, self._observer = settings, kafka, observer
        self.heartbeat = Heartbeat(settings.name)
        self.gate = Gate()
        self.member = GroupMember(kafka, settings)
        self.source = ChunkSource(self.member.poll, self.gate, settings)
        leaving = LeavePolicy(settings.name, self.gate, observer, leave)
        table = self._table = StateTable(_stores(settings))
        self._broadcast = Broadcast(kafka, settings.broadcast)
        restorer = (
            Restorer(kafka, settings.changelog, table, settings.local_rows_max_age_s) if settings.changelog else None
        )

        exactly_once = settings.exactly_once and kafka.transactional
        self._producer = RecordProducer(kafka, settings, transactional=exactly_once)
        self.strategy: CommitStrategy = (
            ExactlyOnce(self._producer, settings.changelog)
            if exactly_once
            else AtLeastOnce(self._producer, settings.changelog, self.member.commit_offsets)
        )
        self.checkpoint = Checkpoint(
            self.strategy,
            table,
            observer,
            group=self._group,
            shut=self._shut,
            rewind=self._rewind,
            give_up=leaving.give_up,
            limit_s=settings.commit_limit_s(exactly_once=exactly_once),
        )
        self._processing = Processing(
            processor,
            settings,
            gate=self.gate,
            table=table,
            checkpoint=self.checkpoint,
            updates=self._broadcast.take,
            chunk_done=self.source.done,
            observer=observer,
            leave=leaving,
        )
        self.assignment = Assignment(
            gate=self.gate,
            member=self.member,
            source=self.source,
            table=table,
            loader=TableLoader(table, restorer, self._broadcast),
            checkpoint=self.checkpoint,
            processing=self._processing,
            host=host,
            heartbeat=self.heartbeat,
            observer=observer,
            give_up=leaving.give_up,
        )

    # The assignment ends checkpoints, and a checkpoint rewinds the assignment. One of the two is made first, so its way
    # to the other is here.

    def _group(self) -> Any:
        return self.assignment.metadata

    def _shut(self) -> None:
        self.assignment.shut()

    async def _rewind(self) -> None:
        await self.assignment.rewind()

    # ---- the life of a worker ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Before the group is joined.

        Raises:
            BrokerError: the broker does not start transactions.
        """
        self._producer.connect()
        await asyncio.to_thread(self.strategy.start)
        self._broadcast.start()

    def connect(self) -> None:
        """Make the consumer."""
        self.member.connect()

    def join(self, topics: Iterable[str]) -> None:
        """Join the group. Poll from now on: rebalances are served only inside `poll`."""
        self.assignment.join(topics)

    async def leave_group(self) -> None:
        """Commit, and leave the group: a successor begins at once."""
        await self.checkpoint.commit()
        self.gate.close()
        await self.member.close()

    async def stop(self) -> None:
        """End the thread that follows the broadcast topics."""
        await asyncio.to_thread(self._broadcast.stop)

    def close(self) -> None:
        """At the very end: whatever a missing revocation left open."""
        self._table.close()
        self.checkpoint.close()

    # ---- an assignment -----------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Steps 2 to 4; see `Assignment.prepare`."""
        await self.assignment.prepare()

    def open_gate(self) -> None:
        """Records may come, if the present assignment is prepared."""
        self.assignment.open_gate()

    # ---- records -----------------------------------------------------------------------------------------------

    def chunks(self) -> AsyncIterator[Chunk]:
        """Poll once; the chunks that came."""
        return self.source.chunks()

    async def take(self, chunk: Chunk) -> None:
        """Process one chunk; never raises."""
        await self._processing.take(chunk)

    def send(self, output: Output) -> None:
        """A message of the host's own joins the open checkpoint."""
        self.checkpoint.take_timers(-1, [output])

    async def tick(self) -> None:
        """The committer's beat: timers that are due, then the commit.

        A timer's event becomes visible by a commit, so asking just before one costs it nothing; a task of its own
        would only take the lock more often.
        """
        if self.gate.is_open:
            async with self.checkpoint.lock:
                if self.gate.is_open:
                    self._processing.apply_updates()
                    self._processing.ask_timers(self.assignment.partitions)
        if self.checkpoint.is_open:
            await self.checkpoint.commit()

    async def commit(self) -> None:
        """Commit what is open."""
        await self.checkpoint.commit()

    def commit_pause_s(self) -> float:
        """Seconds until the next `tick`."""
        pause = self.settings.commit_interval_s
        if self.source.in_flight > 1:  # chunks queue up: grouping pays, and nobody notices a few milliseconds more
            pause = max(pause, min(3 * self.checkpoint.last_commit_s, self.settings.max_commit_interval_s))
        return pause

    # ---- lag ---------------------------------------------------------------------------------------------------

    def lag_source(self) -> LagSource:
        """What the lag meter asks, and where it reports."""
        return LagSource(self.settings.name, self._kafka, self._processed_partitions, self._progress, self._lag)

    def _processed_partitions(self) -> Collection[TP]:
        return self.assignment.tps if self.gate.is_open else ()

    def _progress(self, tp: TP) -> Progress | None:
        position = self.checkpoint.positions.get(tp)
        if position is None:
            return None
        return Progress(position, self.source.fetched.get(tp, position), self.source.ends.get(tp, position))

    def _lag(self, records: Mapping[TP, int], complete: bool) -> None:
        for tp, count in records.items():
            self._observer.lag(tp.topic, tp.partition, count)
        if not complete:
            return
        self.heartbeat.last_commit = self.checkpoint.last_commit
        self.heartbeat.lag(sum(records.values()))


def _stores(settings: ProcessorSettings) -> Stores:
    if settings.data_dir is None:
        return MemoryStores()
    return RocksStores(settings.data_dir, f"{settings.name}-{settings.changelog or 'none'}")
