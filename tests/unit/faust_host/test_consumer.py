"""Fetching, with librdkafka's client replaced by a script: what is handed on, what is dropped."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from faust.types import TP

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host.app import ProcessorApp
from garbo.faust_host.run import HostedProcessor, create_app
from garbo.runtime.chunk import Chunk
from garbo.runtime.settings import ProcessorSettings


class Message:
    def __init__(self, offset: int, topic: str = "in", partition: int = 0) -> None:
        self.key = self.value = lambda: b"x"
        self.topic, self.partition, self.offset = lambda: topic, lambda: partition, lambda: offset
        self.error, self.timestamp = lambda: None, lambda: (1, 1_000)


class Client:
    """Gives what was put into it, and does something while it is polled."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.messages: list[Message] = []
        self.meanwhile = meanwhile

    def poll(self, timeout: float) -> Message | None:
        self.meanwhile()
        return self.messages.pop(0) if self.messages else None

    def consume(self, most: int, timeout: float) -> list[Message]:
        taken, self.messages = self.messages[:most], self.messages[most:]
        return taken


class NoProcessor:
    """Never called here."""


def stage(**more: Any) -> ProcessorApp:
    settings = ProcessorSettings("count", "garbo-count", ("in",), **more)
    return create_app(HostedProcessor(settings, NoProcessor(), KafkaSettings(bootstrap="127.0.0.1:1")))  # type: ignore[arg-type]


async def fetched(app: ProcessorApp, client: Client) -> list[Chunk]:
    app.running_loop = asyncio.get_running_loop()
    app.consumer.client = client
    return [message.value async for _, message in app.consumer.getmany(1.0)]


def opened(app: ProcessorApp) -> None:
    app.assignment.tps = frozenset({TP("in", 0)})
    app.assignment.gate = True


def offsets(chunks: list[Chunk]) -> list[list[int]]:
    return [[record.offset for record in chunk.records] for chunk in chunks]


def test_records_come_as_chunks_of_one_partition_in_order() -> None:
    async def work() -> list[Chunk]:
        app, client = stage(max_chunk=2), Client()
        opened(app)
        client.messages = [Message(0), Message(5, partition=1), Message(1), Message(2), Message(6, partition=1)]
        return await fetched(app, client)

    chunks = asyncio.run(work())
    assert offsets(chunks) == [[0, 1], [2], [5, 6]]
    assert [chunk.next for chunk in chunks] == [2, 3, 7]


def test_records_of_the_poll_in_which_the_gate_opened_are_not_lost() -> None:
    """The poll began with the gate shut; its records come after the seek all the same."""

    async def work() -> list[Chunk]:
        app = stage()
        client = Client(meanwhile=lambda: opened(app))
        client.messages = [Message(7), Message(8)]
        return await fetched(app, client)

    assert offsets(asyncio.run(work())) == [[7, 8]]


@pytest.mark.parametrize("change", ["revoked", "rewound"])
def test_records_fetched_under_another_epoch_are_dropped(change: str) -> None:
    async def work() -> list[Chunk]:
        app = stage()
        opened(app)

        def meanwhile() -> None:
            app.assignment.epoch += 1
            app.assignment.gate = change == "rewound"

        client = Client(meanwhile)
        client.messages = [Message(7)]
        return await fetched(app, client)

    assert asyncio.run(work()) == []


def test_fetching_waits_while_enough_is_in_flight() -> None:
    async def work() -> tuple[int, int]:
        app, client = stage(max_chunk=1, max_in_flight=2), Client()
        opened(app)
        client.messages = [Message(n) for n in range(3)]
        chunks: list[Chunk] = []

        async def take() -> None:
            app.running_loop = asyncio.get_running_loop()
            app.consumer.client = client
            async for _, message in app.consumer.getmany(1.0):
                chunks.append(message.value)

        taking = asyncio.create_task(take())
        while len(chunks) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        before = len(chunks)
        app.consumer.chunk_done()
        await taking
        return before, len(chunks)

    assert asyncio.run(work()) == (2, 3)
