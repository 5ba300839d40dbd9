"""The one place that calls the processor. No rule of the business lives here.

`take` never raises: the host would restart its agent and acknowledge the chunk on the way. A processor makes a dead
letter of a record it cannot process, so an exception out of it is not about one record: the process leaves with nothing
of the open checkpoint committed.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from garbo.errors import GarboError
from garbo.processors.ports import Processor, Work
from garbo.runtime.broadcast import BroadcastUpdate
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.chunk import Chunk
from garbo.runtime.crash_points import reach
from garbo.runtime.gate import Gate
from garbo.runtime.leave_policy import LeavePolicy
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.state_table import StateTable

log = logging.getLogger(__name__)


class TooLargeError(Exception):
    """The processor wrote a message no broker takes: a bug of its own."""


class Processing:
    """Gives the processor its partitions, chunks, timers and updates, and takes its work into the checkpoint."""

    def __init__(
        self,
        processor: Processor,
        settings: ProcessorSettings,
        *,
        gate: Gate,
        table: StateTable,
        checkpoint: Checkpoint,
        updates: Callable[[], list[BroadcastUpdate]],
        chunk_done: Callable[[], None],
        observer: ProcessorObserver,
        leave: LeavePolicy,
    ) -> None:
        self._processor, self._settings, self._gate, self._table = processor, settings, gate, table
        self._checkpoint, self._updates, self._chunk_done = checkpoint, updates, chunk_done
        self._observer, self._leave = observer, leave
        self._opened: list[int] = []  # partitions the processor has open

    # ---- partitions --------------------------------------------------------------------------------------------

    async def open(self, partitions: Sequence[int]) -> None:
        """Open these partitions, and no others. The caller holds the checkpoint's lock.

        Raises:
            Exception: whatever the processor raised, after the process was asked to leave.
        """
        self.close()
        self.apply_updates()
        for partition in partitions:
            self._opened.append(partition)
            try:
                await asyncio.to_thread(self._processor.open, partition, self._table.rows(partition))
            except GarboError:
                raise
            except Exception as problem:
                self._bug(problem)
                raise

    def close(self) -> None:
        """The processor forgets all partitions."""
        while self._opened:
            self._processor.close(self._opened.pop())

    # ---- records, timers, updates ------------------------------------------------------------------------------

    async def take(self, chunk: Chunk) -> None:
        """Process one chunk, unless it is of an earlier epoch."""
        async with self._checkpoint.lock:
            if self._gate.admits(chunk.epoch):  # 5
                self._take(chunk)

    def _take(self, chunk: Chunk) -> None:
        """One chunk, without an await: nothing can come between its records and their checkpoint."""
        started = time.perf_counter()
        try:
            reach("chunk.before_work")
            self.apply_updates()
            self._checkpoint.take(chunk, self._work(chunk))  # 6
            reach("chunk.after_work")
        except GarboError as problem:
            self._leave.give_up(problem)
            return
        except Exception as problem:  # noqa: BLE001  # a bug of any kind: the process leaves
            self._bug(problem)
            return
        self._chunk_done()
        self._observer.chunk(len(chunk), time.perf_counter() - started)

    def _work(self, chunk: Chunk) -> Work:
        partition, now_ms = chunk.tp.partition, time.time_ns() // 1_000_000
        work = self._processor.process(partition, chunk.records, self._table.rows(partition), now_ms)
        most = self._settings.max_message_bytes
        for value in work.rows.values():
            if value is not None and len(value) > most:
                raise TooLargeError(f"a row of {len(value)} bytes")
        for output in work.outputs:
            if output.value is not None and len(output.value) > most:
                raise TooLargeError(f"a message of {len(output.value)} bytes for {output.topic}")
        return work

    def ask_timers(self, partitions: Sequence[int]) -> None:
        """Take what time alone asks to be written. The caller holds the checkpoint's lock.

        Raises:
            Exception: whatever the processor raised, after the process was asked to leave.
        """
        now_ms = time.time_ns() // 1_000_000
        try:
            for partition in partitions:
                if outputs := self._processor.due(partition, now_ms):
                    self._checkpoint.take_timers(partition, outputs)
        except GarboError as problem:
            self._leave.give_up(problem)
            raise
        except Exception as problem:
            self._bug(problem)
            raise

    def apply_updates(self) -> None:
        """Hand new models and policies over, between two chunks, under the lock.

        One that the processor refuses, or that raises, changes nothing, and the one before it is offered.
        """
        for topic, key, values in self._updates():
            for value in values:
                try:
                    if self._processor.broadcast(topic, key, value):
                        break
                except Exception as problem:
                    log.exception("%s refused a new version of %s", self._settings.name, topic)
                    self._observer.failed(type(problem).__name__)

    def _bug(self, problem: Exception) -> None:
        self._checkpoint.poison()
        self._leave.bug(problem)
