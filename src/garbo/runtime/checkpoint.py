"""The checkpoint of one worker: what was written since the last commit, committed as one.

 6   `take`: rows into the overlay, rows and outputs to the broker, the chunk's end remembered
 7   `commit`: under the lock, nobody processes meanwhile
 8 9 the strategy's part: `exactly_once` or `at_least_once`
 10  overlay into the local stores

Every checkpoint carries offsets, also one of timers alone: only the group metadata sent with offsets fences a zombie.
librdkafka does not always honour its own timeouts, so the commit has one of ours: `send_offsets_to_transaction` was
seen to wait for ever for an answer that was lost with a broker's restart.
There is one committer, on a timer. (Committing from the agent as well, as soon as it idles, made the tail worse:
p99 of 130 ms at 1,000 events/s.)
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from confluent_kafka import TopicPartition

from garbo.errors import FencedError, GarboError
from garbo.processors.ports import Output, Work
from garbo.runtime.chunk import Chunk
from garbo.runtime.commit_strategy import CommitStrategy, RolledBackError
from garbo.runtime.crash_points import reach
from garbo.runtime.observer import ProcessorObserver
from garbo.runtime.partition import TP
from garbo.runtime.state_table import StateTable

log = logging.getLogger(__name__)


class Checkpoint:
    """Collects, commits, rolls back.

    Attributes:
        lock: held while a chunk is processed, and while a checkpoint is committed.
        positions: where each source partition continues, as far as it is in a checkpoint; an assignment sets them.
        last_commit: monotonic seconds.
        last_commit_s: how long it took, in seconds.
    """

    def __init__(
        self,
        strategy: CommitStrategy,
        table: StateTable,
        observer: ProcessorObserver,
        group: Callable[[], Any],
        shut: Callable[[], None],
        rewind: Callable[[], Awaitable[None]],
        give_up: Callable[[GarboError], None],
        limit_s: float,
    ) -> None:
        self.lock = asyncio.Lock()
        self.positions: dict[TP, int] = {}
        self.last_commit = time.monotonic()
        self.last_commit_s = 0.0
        self._worker = ThreadPoolExecutor(1, "checkpoint")  # one thread: its jobs never overlap
        self._strategy, self._table, self._observer = strategy, table, observer
        self._group, self._shut, self._rewind, self._give_up = group, shut, rewind, give_up
        self._limit_s = limit_s
        self._offsets: dict[TP, int] = {}
        self._records = 0
        self._open = False
        self._poisoned = False

    @property
    def is_open(self) -> bool:
        """Something waits for the next commit."""
        return self._open

    def take(self, chunk: Chunk, work: Work) -> None:
        """What processing a chunk asked to be written. Synchronous: no await between a record and its checkpoint."""
        self._begin()
        partition = chunk.tp.partition
        if work.rows:
            self._table.write(partition, work.rows)  # 6
            self._strategy.rows(partition, work.rows, self._table.acknowledge)
        if work.outputs:
            self._strategy.outputs(work.outputs)
        self._offsets[chunk.tp] = self.positions[chunk.tp] = chunk.next
        self._records += len(chunk)

    def take_timers(self, partition: int, outputs: Sequence[Output]) -> None:
        """What time alone asked to be written; carries the positions of the partition, which fence it."""
        self._begin()
        self._strategy.outputs(outputs)
        for tp, position in self.positions.items():
            if tp.partition == partition:
                self._offsets.setdefault(tp, position)

    def _begin(self) -> None:
        if not self._open:
            self._strategy.begin()
            self._open = True

    def poison(self) -> None:
        """Nothing is committed any more.

        The open transaction is aborted by the broker; without transactions the records are read again.
        """
        self._poisoned = True

    async def commit(self) -> None:
        """Commit what is open, if anything is; after a rollback, go back to the last commit.

        Raises:
            GarboError: the commit failed for good, after the process was asked to leave.
        """
        async with self.lock:  # 7
            committed = await self.finish()
            if not committed:
                self._shut()  # under the lock: no chunk of before slips in
        if not committed:
            await self._rewind()

    async def finish(self, *, abort: bool = False) -> bool:
        """End the open checkpoint. The caller holds the lock. False: it was rolled back."""
        if not self._open or self._poisoned:
            return True
        started = time.monotonic()
        offsets = [TopicPartition(tp.topic, tp.partition, position) for tp, position in self._offsets.items()]
        # Shielded: a commit that a stopping task lets go of would run on beside the next one.
        ending = asyncio.shield(asyncio.get_running_loop().run_in_executor(self._worker, self._end, offsets, abort))
        try:
            committed = await asyncio.wait_for(ending, self._limit_s)
        except TimeoutError:
            raise self._unanswered() from None
        records, self._records = self._records, 0
        self._offsets.clear()
        self._open = False
        if committed:
            self.last_commit = time.monotonic()
            self.last_commit_s = self.last_commit - started
            self._observer.committed(self.last_commit_s, records)
        return committed

    def _unanswered(self) -> GarboError:
        """librdkafka's call does not return. While it is waited for, the lock is held and no revocation can end."""
        problem = FencedError(f"no answer to a commit for {self._limit_s:.0f} s; the restart rolls it back")
        self.poison()
        self._give_up(problem)
        return problem

    def _end(self, offsets: Sequence[TopicPartition], abort: bool) -> bool:
        """In the worker thread."""
        try:
            if abort:
                self._roll_back("the assignment was lost")
                return False
            try:
                self._strategy.commit(offsets, self._group())  # 8 9
            except RolledBackError as problem:
                self._roll_back(str(problem))
                return False
            reach("commit.before_store")
            self._table.flush()  # 10
            reach("commit.after_store")
            return True
        except GarboError as problem:
            self.poison()
            self._give_up(problem)
            raise

    def _roll_back(self, reason: str) -> None:
        log.warning("checkpoint rolled back: %s", reason)
        self._strategy.abort()
        self._table.discard()
        self._observer.rolled_back(reason)

    def close(self) -> None:
        """No more commits; one under way is not waited for."""
        self._worker.shutdown(wait=False)
