"""Faust's documented extension point: a `Transport` with its `Consumer` and `Producer`."""

import asyncio
from typing import TYPE_CHECKING, Any

from faust.transport import base
from faust.transport import producer as faust_producer
from faust.types import TP, RecordMetadata

from garbo.faust_host.consumer import LibrdkafkaConsumer
from garbo.processors.ports import Output

if TYPE_CHECKING:
    pass


if TYPE_CHECKING:
    from garbo.faust_host.app import ProcessorApp


class LibrdkafkaProducer(faust_producer.Producer):
    """Faust's producer: whatever the app itself sends joins the open unit of work."""

    app: "ProcessorApp"

    async def on_start(self) -> None:
        await super().on_start()
        await self.app.start_producing()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Any:
        place = -1 if partition is None else partition
        self.app.unit.take_timers(-1, [Output(topic, key, value, place)])
        done = asyncio.get_running_loop().create_future()
        done.set_result(RecordMetadata(topic, place, TP(topic, place), -1))
        return done

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> Any:
        return await (await self.send(*args, **kwargs))

    async def flush(self) -> None:
        """The commit flushes."""

    async def create_topic(self, *_: Any, **__: Any) -> None:
        """Topics are made by `garbo topics`."""

    def key_partition(self, topic: str, key: bytes | None) -> Any:
        return None

    def supports_headers(self) -> bool:
        return True


class LibrdkafkaTransport(base.Transport):
    """librdkafka under Faust."""

    Consumer = LibrdkafkaConsumer
    Producer = LibrdkafkaProducer
    driver_version = "librdkafka"
    default_port = 9092
