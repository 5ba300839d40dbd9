"""Faust's consumer: it starts, polls, commits and stops the runtime when Faust says so.

- The fetcher starts on subscribe, before any assignment: rebalance callbacks are served only inside `poll`.
- Faust's own acknowledgements (written into private dicts by its Cython stream, past `Consumer.ack`) are cleared;
  what is in flight is counted by `garbo.runtime.chunk_source`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar

from faust.transport import consumer as faust_consumer
from faust.types import TP as FaustTP  # noqa: N811  # a class, whatever its letters
from faust.types import ConsumerMessage
from mode import Service

from garbo.runtime.chunk import Chunk
from garbo.runtime.processor_runtime import ProcessorRuntime


class LibrdkafkaConsumer(faust_consumer.Consumer):
    """Drives one runtime."""

    consumer_stopped_errors: ClassVar[tuple[type[BaseException], ...]] = ()

    def __init__(self, transport: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(transport, *args, **kwargs)
        self._runtime: ProcessorRuntime = transport.runtime

    # ---- the group ---------------------------------------------------------------------------------------------

    async def on_start(self) -> None:
        self._runtime.connect()

    async def subscribe(self, topics: Iterable[str]) -> None:
        self._runtime.join(topics)
        await self._faust_app()._fetcher.maybe_start()

    def _faust_app(self) -> Any:
        """The app, for what is Faust's own: its fetcher, and the generation each message must carry.

        The one access to it. Faust's base class holds the app anyway, and offers the two by no other way.
        """
        return self.app

    def assignment(self) -> set[FaustTP]:
        return {FaustTP(tp.topic, tp.partition) for tp in self._runtime.assignment.tps}

    async def perform_seek(self) -> None:
        """Faust's recovery calls this when the agents are ready for the new assignment."""
        await self._runtime.prepare()
        self.forget_read_offsets()

    def resume_flow(self) -> None:
        """Faust's recovery calls this last; it also calls it when a newer assignment has begun: then nothing opens."""
        super().resume_flow()
        self._runtime.open_gate()

    async def on_stop(self) -> None:
        """Commit, leave the group: a successor begins at once."""
        await self._runtime.leave_group()

    # ---- fetching ----------------------------------------------------------------------------------------------

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[FaustTP, Any]]:  # noqa: ASYNC109  # Faust's signature
        """Poll once, and hand on what came."""
        async for chunk in self._runtime.chunks():
            yield FaustTP(*chunk.tp), self._message(chunk)

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
            generation_id=self._faust_app().consumer_generation_id,
        )

    def forget_acknowledgements(self) -> None:
        """Faust would keep them for a committer of its own."""
        self._acked.clear()
        self._acked_index.clear()

    def forget_read_offsets(self) -> None:
        """Records may come a second time: Faust would drop those below the last one it has seen."""
        self._read_offset.clear()

    # ---- committing: one committer, on a timer -----------------------------------------------------------------

    @Service.task
    async def _commit_handler(self) -> None:
        """Replaces Faust's committer."""
        while not self.should_stop:
            await asyncio.sleep(self._runtime.commit_pause_s())
            await self._runtime.tick()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's looks at its own acknowledgements; ours is the watchdog."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        await self._runtime.commit()
        return True

    async def wait_empty(self) -> None:
        await self._runtime.commit()

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
