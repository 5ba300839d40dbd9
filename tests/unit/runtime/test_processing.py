"""Chunks, timers and updates through a processor: what reaches the checkpoint, and what ends the process."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from confluent_kafka import TopicPartition

from garbo.adapters.state import MemoryStores
from garbo.errors import GarboError, StoreError
from garbo.processors.ports import ConsumerRecord, Output, Rows, Work
from garbo.runtime.broadcast import BroadcastUpdate
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.chunk import Chunk
from garbo.runtime.commit_strategy import CommitStrategy
from garbo.runtime.exit_codes import ExitCode
from garbo.runtime.gate import Gate
from garbo.runtime.leave_policy import LeavePolicy
from garbo.runtime.observer import Silent
from garbo.runtime.partition import TP
from garbo.runtime.processing import Processing
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.state_table import StateTable


class Echo:
    """Writes each record as a row and as an output; raises `problem` instead, if there is one."""

    def __init__(self) -> None:
        self.problem: Exception | None = None
        self.versions: list[bytes | None] = []
        self.opened: list[int] = []
        self.timers: list[Output] = []

    def open(self, partition: int, rows: Rows) -> None:
        self._raise()
        self.opened.append(partition)

    def close(self, partition: int) -> None:
        self.opened.remove(partition)

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        self._raise()
        return Work({r.key or b"": r.value for r in records}, [Output("out", r.key, r.value) for r in records])

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        self._raise()
        return self.timers

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        if value == b"broken":
            raise ValueError
        self.versions.append(value)
        return value != b"refused"

    def _raise(self) -> None:
        if self.problem is not None:
            raise self.problem


class Strategy:
    """Notes what was committed."""

    def __init__(self) -> None:
        self.sent: list[Output] = []
        self.commits: list[list[int]] = []

    def start(self) -> None: ...
    def begin(self) -> None: ...
    def rows(self, partition: int, rows: Any, acknowledge: Any) -> None: ...

    def outputs(self, outputs: Sequence[Output]) -> None:
        self.sent += outputs

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        self.commits.append([place.offset for place in offsets])

    def abort(self) -> None: ...


class Reports(Silent):
    def __init__(self) -> None:
        self.failures: list[str] = []
        self.records = 0

    def failed(self, reason: str) -> None:
        self.failures.append(reason)

    def chunk(self, records: int, seconds: float) -> None:
        self.records += records


class Bench:
    """The real parts around a processor, and a strategy in place of a broker."""

    def __init__(self) -> None:
        self.processor, self.strategy, self.reports, self.gate = Echo(), Strategy(), Reports(), Gate()
        self.exits: list[ExitCode] = []
        self.updates: list[BroadcastUpdate] = []
        self.done = 0
        leave = LeavePolicy("echo", self.gate, self.reports, lambda code, why: self.exits.append(code))
        self.table = StateTable(MemoryStores())
        self.table.open(0)
        self.checkpoint = Checkpoint(
            cast(CommitStrategy, self.strategy), self.table, self.reports, lambda: None, self.gate.next_epoch,
            self._rewind, leave.give_up, limit_s=60.0,
        )  # fmt: skip
        self.processing = Processing(
            self.processor, ProcessorSettings("echo", "garbo-echo", ("in",), max_message_bytes=1_000), gate=self.gate,
            table=self.table, checkpoint=self.checkpoint, updates=self._take, chunk_done=self._done,
            observer=self.reports, leave=leave,
        )  # fmt: skip
        self.gate.open()

    def _take(self) -> list[BroadcastUpdate]:
        taken, self.updates = self.updates, []
        return taken

    def _done(self) -> None:
        self.done += 1

    async def _rewind(self) -> None:
        raise AssertionError("nothing is rolled back here")

    def take(self, *values: bytes, epoch: int = 0) -> None:
        records = [ConsumerRecord("in", 0, n, b"k", value, 0) for n, value in enumerate(values)]
        asyncio.run(self.processing.take(Chunk(TP("in", 0), records, epoch)))

    def commit(self) -> None:
        asyncio.run(self.checkpoint.commit())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_chunks_work_is_committed_with_its_position(bench: Bench) -> None:
    bench.take(b"1", b"2")
    bench.commit()
    assert bench.strategy.commits == [[2]]
    assert [output.value for output in bench.strategy.sent] == [b"1", b"2"]
    assert bench.table.rows(0).store.get(b"k") == b"2"
    assert (bench.done, bench.reports.records) == (1, 2)


@pytest.mark.parametrize("change", [lambda gate: gate.next_epoch(), lambda gate: gate.close()])
def test_a_chunk_of_another_epoch_or_behind_a_closed_gate_is_refused(
    bench: Bench, change: Callable[[Gate], None]
) -> None:
    change(bench.gate)
    bench.take(b"1")
    assert (bench.strategy.sent, bench.done, bench.checkpoint.is_open) == ([], 0, False)


def test_a_chunk_of_an_old_epoch_is_refused_after_the_gate_opened_again(bench: Bench) -> None:
    bench.gate.next_epoch()
    bench.gate.open()
    bench.take(b"1", epoch=0)
    bench.take(b"2", epoch=1)
    assert [output.value for output in bench.strategy.sent] == [b"2"]


@pytest.mark.parametrize(
    ("problem", "code", "failures"),
    [(ZeroDivisionError(), ExitCode.BUG, ["ZeroDivisionError"]), (StoreError("gone"), ExitCode.RESTART, [])],
)
def test_what_comes_out_of_the_processor_closes_the_gate_and_ends_the_process(
    bench: Bench, problem: Exception, code: ExitCode, failures: list[str]
) -> None:
    bench.processor.problem = problem
    bench.take(b"1")
    assert (bench.exits, bench.gate.is_open, bench.reports.failures, bench.done) == ([code], False, failures, 0)


def test_a_bug_ends_the_process_and_nothing_is_committed(bench: Bench) -> None:
    """Also what was processed before it: an orderly stop commits, and must not commit this."""
    bench.take(b"1")
    bench.processor.problem = ZeroDivisionError()
    bench.take(b"2")
    bench.commit()
    assert (bench.exits, bench.strategy.commits) == ([ExitCode.BUG], [])


@pytest.mark.parametrize("call", ["ask_timers", "open"])
def test_a_bug_in_a_timer_or_at_the_opening_is_none_of_a_record_either(bench: Bench, call: str) -> None:
    bench.take(b"1")
    bench.processor.problem = ZeroDivisionError()

    async def work() -> None:
        if call == "open":
            await bench.processing.open([0])
        else:
            bench.processing.ask_timers([0])

    with pytest.raises(ZeroDivisionError):
        asyncio.run(work())
    bench.commit()
    assert (bench.exits, bench.gate.is_open, bench.strategy.commits) == ([ExitCode.BUG], False, [])


def test_a_message_no_broker_takes_is_a_bug_and_is_not_sent(bench: Bench) -> None:
    bench.take(b"x" * 1_001)
    assert (bench.exits, bench.strategy.sent) == ([ExitCode.BUG], [])


def test_timers_carry_the_position_of_their_partition(bench: Bench) -> None:
    bench.checkpoint.positions[TP("in", 0)] = 7
    bench.processor.timers = [Output("out", b"k", b"due")]
    bench.processing.ask_timers([0])
    bench.commit()
    assert (bench.strategy.commits, [o.value for o in bench.strategy.sent]) == ([[7]], [b"due"])


def test_a_version_the_processor_fails_on_does_not_hold_up_the_next(bench: Bench) -> None:
    bench.updates = [BroadcastUpdate("policies", b"p", (value,)) for value in (b"1", b"broken", b"3")]
    bench.take(b"1")
    assert (bench.processor.versions, bench.reports.failures, bench.exits) == ([b"1", b"3"], ["ValueError"], [])
    assert bench.done == 1


def test_the_version_before_those_that_are_refused_is_used(bench: Bench) -> None:
    """A worker that starts behind a broken policy: the others still use the one before it."""
    bench.updates = [BroadcastUpdate("policies", b"p", (b"refused", b"broken", b"good", b"old"))]
    bench.take(b"1")
    assert [b"refused", b"good"] == bench.processor.versions


def test_opening_closes_what_was_open(bench: Bench) -> None:
    bench.table.open(1)
    asyncio.run(bench.processing.open([0, 1]))
    asyncio.run(bench.processing.open([1]))
    assert bench.processor.opened == [1]
    bench.processing.close()
    assert bench.processor.opened == []


def test_an_unreadable_store_at_the_opening_is_left_to_the_assignment(bench: Bench) -> None:
    """It may be that the partition was revoked meanwhile; then it is no problem at all."""
    bench.processor.problem = StoreError("gone")
    with pytest.raises(GarboError):
        asyncio.run(bench.processing.open([0]))
    assert bench.exits == []
