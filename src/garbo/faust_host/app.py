"""One processor as a Faust app: Faust's hooks, adapted to `garbo.runtime`.

`create_app(HostedProcessor)` in `garbo.faust_host.run` makes it; there is no app at module level.
"""

from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
from faust.tables.manager import TableManager

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host import agent
from garbo.faust_host.chunk_schema import ChunkSchema
from garbo.faust_host.transport import LibrdkafkaTransport
from garbo.processors.ports import Processor
from garbo.runtime.exit_codes import Leave
from garbo.runtime.host_hooks import HostHooks
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.partition import TP
from garbo.runtime.processor_runtime import ProcessorRuntime
from garbo.runtime.settings import ProcessorSettings


class NoTables(TableManager):
    """Faust's tables stay unused. Its manager sleeps for a second at the start, for agents that add some late."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class ProcessorApp(faust.App):
    """Carries the chunks of one processor.

    Attributes:
        runtime: everything that is not Faust's.
    """

    consumer: Any
    flow_control: Any
    consumer_generation_id: int

    def __init__(
        self,
        settings: ProcessorSettings,
        kafka: KafkaSettings,
        processor: Processor,
        observer: ProcessorObserver,
        leave: Leave,
    ) -> None:
        hooks = HostHooks(self._assigned, self._revoked, self._suspend, self._resume)
        self.runtime = ProcessorRuntime(settings, kafka, processor, observer, leave, hooks)
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
        chunks = self.topic(*settings.inputs, schema=ChunkSchema())
        self.agent(chunks, name=settings.name)(agent.body(self.runtime.take, self._forget_acknowledgements))

    def _forget_acknowledgements(self) -> None:
        self.consumer.forget_acknowledgements()  # looked up late: Faust makes the consumer after the agents

    # ---- Faust's hooks -----------------------------------------------------------------------------------------

    def _new_transport(self) -> Any:
        return LibrdkafkaTransport(self.conf.broker_consumer, self, self.runtime)

    def _new_producer_transport(self) -> Any:
        return LibrdkafkaTransport(self.conf.broker_producer, self, self.runtime)

    def _create_directories(self) -> None:
        """Faust's own folders: nothing of ours lies in them."""

    async def on_stop(self) -> None:
        await super().on_stop()
        await self.runtime.stop()

    async def on_shutdown(self) -> None:
        """After all services."""
        self.runtime.close()

    # ---- the runtime's hooks: see `HostHooks` ------------------------------------------------------------------

    async def _assigned(self, tps: frozenset[TP], epoch: int) -> None:
        self.on_rebalance_start()
        self.consumer_generation_id = epoch
        await self.consumer.on_partitions_assigned(set(tps), epoch)  # Faust's recovery calls `perform_seek`

    async def _revoked(self, tps: frozenset[TP]) -> None:
        await self.consumer.on_partitions_revoked(set(tps))

    def _suspend(self, epoch: int) -> None:
        self.consumer_generation_id = epoch
        self.flow_control.suspend()
        self.flow_control.clear()

    def _resume(self) -> None:
        self.consumer.forget_read_offsets()
        self.flow_control.resume()
        self.consumer.resume_flow()
