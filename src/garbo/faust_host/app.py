"""One stage as a Faust app: everything of one consumer group in one place.

`create_app(Stage)` in `garbo.faust_host.run` makes it; there is no app at module level.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
from confluent_kafka import TopicPartition
from faust.tables.manager import TableManager

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import MemoryStores, RocksStores, Stores
from garbo.errors import GarboError
from garbo.faust_host.chunk_schema import ChunkSchema
from garbo.faust_host.transport import LibrdkafkaTransport
from garbo.processors.ports import Processor
from garbo.runtime.assignment import Assignment
from garbo.runtime.at_least_once import AtLeastOnce
from garbo.runtime.broadcast import Broadcast
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.commit_strategy import CommitStrategy
from garbo.runtime.exactly_once import ExactlyOnce
from garbo.runtime.exit_codes import ExitCode, Failures, Leave
from garbo.runtime.heartbeat import Heartbeat
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.producer import RecordProducer
from garbo.runtime.restore import Restorer
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.state_table import StateTable

log = logging.getLogger(__name__)


class NoTables(TableManager):
    """Faust's tables stay unused. Its manager sleeps for a second at the start, for agents that add some late."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class ProcessorApp(faust.App):
    """The parts of a stage, wired."""

    consumer: Any
    flow_control: Any
    consumer_generation_id: int

    def __init__(
        self,
        settings: ProcessorSettings,
        kafka: KafkaSettings,
        processor: Processor,
        observer: ProcessorObserver,
        failures: Failures,
        leave: Leave,
    ) -> None:
        self.settings, self.kafka, self.processor, self.observer = settings, kafka, processor, observer
        self.failures, self._leave = failures, leave
        self.running_loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # set when it starts
        self.ready = asyncio.Event()
        self.pulse = Heartbeat(settings.name)
        self.exactly_once = settings.exactly_once and kafka.transactional
        self.table = StateTable(_stores(settings))
        self.restorer = (
            Restorer(kafka, settings.changelog, self.table, settings.local_rows_max_age_s)
            if settings.changelog
            else None
        )
        self.broadcast = Broadcast(kafka, settings.broadcast)
        self.assignment = Assignment(self)
        self.unit: Checkpoint = None  # type: ignore[assignment]  # made with the producer, when it starts
        super().__init__(
            settings.group,
            broker="kafka://" + kafka.bootstrap.split(",")[0],  # a name for Faust's logs: it never connects
            datadir=str(settings.data_dir or Path(gettempdir()) / "garbo-faust"),
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            cython_optimizations=False,
            TableManager=NoTables,
            stream_recovery_delay=0.0,
            broker_request_timeout=settings.restore_limit_s,  # Faust's limit for `prepare`
            broker_session_timeout=settings.session_timeout_ms / 1000,
            broker_heartbeat_interval=settings.heartbeat_ms / 1000,
            broker_commit_interval=settings.commit_interval_s,
        )

    # ---- Faust's hooks -----------------------------------------------------------------------------------------

    def _new_transport(self) -> Any:
        return LibrdkafkaTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return LibrdkafkaTransport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """Faust's own folders: nothing of ours lies in them."""

    def chunks(self) -> Any:
        """The channel on which all inputs of the stage arrive."""
        return self.topic(*self.settings.inputs, schema=ChunkSchema())

    async def start_producing(self) -> None:
        """Faust starts its producer first of all; with ours comes the unit of work."""
        self.running_loop = asyncio.get_running_loop()
        producer = RecordProducer(self.kafka, self.settings, transactional=self.exactly_once)
        way: CommitStrategy
        if self.exactly_once:
            way = ExactlyOnce(producer, self.settings.changelog)
        else:
            way = AtLeastOnce(producer, self.settings.changelog, self._commit_offsets)
        self.unit = Checkpoint(
            way,
            self.table,
            self.observer,
            group=lambda: self.assignment.metadata,
            shut=self.assignment.shut,
            rewind=self.assignment.rewind,
            give_up=self.give_up,
            limit_s=self.settings.commit_limit_s(exactly_once=self.exactly_once),
        )
        await asyncio.to_thread(way.start)
        self.broadcast.start()

    def _commit_offsets(self, offsets: Sequence[TopicPartition]) -> None:
        self.consumer.commit_offsets(offsets)  # looked up late: the consumer is made after the producer

    async def on_stop(self) -> None:
        await super().on_stop()
        await asyncio.to_thread(self.broadcast.stop)

    async def on_shutdown(self) -> None:
        """After all services: whatever a missing revocation left open."""
        self.table.close()
        if self.unit is not None:
            self.unit.worker.shutdown(wait=False)

    # ---- what the parts call -----------------------------------------------------------------------------------

    async def tick(self) -> None:
        """The committer's beat: timers that are due, then the commit.

        A timer's event becomes visible by a commit, so asking just before one costs it nothing; a task of its own
        would only take the lock more often.
        """
        unit, ours = self.unit, self.assignment
        if ours.gate:
            async with unit.lock:
                if ours.gate:
                    self.tell_news()
                    self._ask_timers()
        if unit.is_open:
            await unit.commit()

    def _ask_timers(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        try:
            for partition in self.assignment.partitions:
                if outputs := self.processor.due(partition, now_ms):
                    self.unit.take_timers(partition, outputs)
        except GarboError as problem:
            self.give_up(problem)
            raise
        except Exception as problem:
            self.bug(problem)
            raise

    def tell_news(self) -> None:
        """Hand models and policies over: between two chunks, under the lock. One that raises changes nothing else."""
        for news in self.broadcast.take():
            try:
                self.processor.broadcast(*news)
            except Exception as problem:
                log.exception("%s refused a new version of %s", self.settings.name, news.topic)
                self.observer.failed(type(problem).__name__)

    def give_up(self, problem: GarboError) -> None:
        """Something an operator, or a restart, must mend."""
        self.assignment.gate = False
        self._leave(ExitCode.RESTART, f"{self.settings.name}: {problem}")

    def bug(self, problem: Exception) -> None:
        """The processor raised: nothing of the open unit is committed."""
        self.assignment.gate = False
        if self.unit is not None:
            self.unit.doom()
        log.error("%s: a bug", self.settings.name, exc_info=problem)
        self.observer.failed(type(problem).__name__)
        self._leave(ExitCode.BUG, f"{self.settings.name}: {type(problem).__name__} out of the processor")


def _stores(settings: ProcessorSettings) -> Stores:
    if settings.data_dir is None:
        return MemoryStores()
    return RocksStores(settings.data_dir, f"{settings.name}-{settings.changelog or 'none'}")
