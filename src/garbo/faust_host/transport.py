"""Faust's documented extension point: a `Transport` with its `Consumer` and `Producer`.

Faust makes a consumer and a producer with their transport, and gives them its app by it. The transport carries the
runtime for them as well, so that neither of ours asks the app for it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from faust.transport import base
from faust.transport import producer as faust_producer
from faust.types import TP, RecordMetadata

from garbo.faust_host.consumer import LibrdkafkaConsumer
from garbo.processors.ports import Headers, Output
from garbo.runtime.processor_runtime import ProcessorRuntime


class LibrdkafkaProducer(faust_producer.Producer):
    """Faust's producer: a message of Faust's own joins the open checkpoint."""

    def __init__(self, transport: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(transport, *args, **kwargs)
        self._runtime: ProcessorRuntime = transport.runtime

    async def on_start(self) -> None:
        """Faust starts its producer first of all, and with it the runtime."""
        await super().on_start()
        await self._runtime.start()

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
        self._runtime.send(Output(topic, key, value, place, _headers(headers)))
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


def _headers(given: Any) -> Headers:
    """Faust gives a list of pairs, a mapping, or None."""
    return tuple((given.items() if isinstance(given, Mapping) else given) or ())


class LibrdkafkaTransport(base.Transport):
    """librdkafka under Faust."""

    Consumer = LibrdkafkaConsumer
    Producer = LibrdkafkaProducer
    driver_version = "librdkafka"
    default_port = 9092

    def __init__(self, url: Any, app: Any, runtime: ProcessorRuntime) -> None:
        super().__init__(url, app)
        self.runtime = runtime
