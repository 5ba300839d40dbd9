"""From polled messages to chunks, with back-pressure: what is fetched and not yet done is counted here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError

from garbo.adapters.kafka.headers import headers_of
from garbo.processors.ports import ConsumerRecord
from garbo.runtime.chunk import Chunk
from garbo.runtime.gate import Gate
from garbo.runtime.partition import TP
from garbo.runtime.settings import ProcessorSettings

if TYPE_CHECKING:
    from confluent_kafka import Message

log = logging.getLogger(__name__)

Poll = Callable[[int, bool], Awaitable[list["Message"]]]


class ChunkSource:
    """Polls, and hands on chunks as room allows.

    Attributes:
        in_flight: chunks of the present epoch that are not yet in a checkpoint.
        ends: offsets at which the end of a partition was met, control records included.
        fetched: one past the last record handed on.
    """

    def __init__(self, poll: Poll, gate: Gate, settings: ProcessorSettings) -> None:
        self._poll, self._gate, self._settings = poll, gate, settings
        self.in_flight = 0
        self.ends: dict[TP, int] = {}
        self.fetched: dict[TP, int] = {}
        self._room = asyncio.Event()
        self._room.set()

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Poll once; yield what came, partition by partition, in offset order."""
        await self._room.wait()
        gate, settings = self._gate, self._settings
        epoch = gate.epoch
        messages = await self._poll(settings.max_poll, gate.is_open)
        # A poll that began before the gate opened may return the first records after it: they count. Those of before
        # the seek cannot be among them: partitions are paused in the same breath in which the epoch changes, and
        # resumed after the seek.
        if not gate.admits(epoch):
            return
        for tp, records in self._by_partition(messages).items():
            for start in range(0, len(records), settings.max_chunk):
                while self.in_flight >= settings.max_in_flight and epoch == gate.epoch:
                    self._room.clear()
                    await self._room.wait()
                if epoch != gate.epoch:
                    return
                chunk = Chunk(tp, records[start : start + settings.max_chunk], epoch)
                self.in_flight += 1
                self.fetched[tp] = chunk.next
                yield chunk

    def _by_partition(self, messages: list["Message"]) -> dict[TP, list[ConsumerRecord]]:
        found: dict[tuple[str, int], list[ConsumerRecord]] = {}
        for message in messages:
            # A message the consumer hands out always has these; librdkafka's types allow for those that do not.
            topic: str = message.topic()  # type: ignore[assignment]
            partition: int = message.partition()  # type: ignore[assignment]
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    self.ends[TP(topic, partition)] = message.offset()  # type: ignore[assignment]
                else:
                    log.warning("fetching %s[%s]: %s", topic, partition, error)
                continue
            record = ConsumerRecord(
                topic,
                partition,
                message.offset(),  # type: ignore[arg-type]
                message.key(),
                message.value(),
                message.timestamp()[1],
                headers_of(message),
            )
            place = (topic, partition)
            if place in found:
                found[place].append(record)
            else:
                found[place] = [record]
        return {TP(*place): records for place, records in found.items()}

    def done(self) -> None:
        """One chunk of the present epoch is in the checkpoint."""
        self.in_flight -= 1
        self._room.set()

    def forget(self) -> None:
        """The epoch changed: what is in flight will be refused."""
        self.in_flight = 0
        self._room.set()
        self.ends.clear()
        self.fetched.clear()
