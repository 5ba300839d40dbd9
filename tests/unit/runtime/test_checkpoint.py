"""The checkpoint over a log in memory, with both strategies of committing."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from garbo.adapters.state import MemoryStores
from garbo.errors import FencedError, GarboError
from garbo.processors.ports import ConsumerRecord, Output, Work
from garbo.runtime.at_least_once import AtLeastOnce
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.chunk import Chunk
from garbo.runtime.commit_strategy import CommitStrategy
from garbo.runtime.exactly_once import ExactlyOnce
from garbo.runtime.observer import SILENT
from garbo.runtime.partition import TP
from garbo.runtime.state_table import StateTable


@dataclass
class Log:
    """A broker as the producer sees it: what was asked of it, in order. Fails on request."""

    calls: list[Any] = field(default_factory=list)
    fail: dict[str, KafkaError] = field(default_factory=dict)
    error: KafkaError | None = None
    ends: Counter[str] = field(default_factory=Counter)
    cut_off: bool = False

    @property
    def client(self) -> "Log":
        return self

    def _do(self, name: str, *values: Any) -> None:
        if name in self.fail:
            raise KafkaException(self.fail.pop(name))
        self.calls.append((name, *values))

    def send(
        self, topic: str, key: Any, value: Any, partition: int = -1, delivered: Any = None, headers: Any = ()
    ) -> None:
        self.calls.append(("send", topic, key, value, *headers))
        offset = self.ends[topic]
        self.ends[topic] += 1
        if delivered is not None:
            delivered(None, _At(partition, offset))

    def watch(self, error: Any, message: Any) -> None:
        self.error = self.error or error

    def serve(self) -> None: ...
    def poll(self, timeout: float) -> None: ...

    def flush(self) -> None:
        if self.error is not None:
            raise FencedError("a record was not acknowledged")
        self.calls.append(("flush",))

    def forget(self) -> None:
        self.error = None

    def renew(self) -> None:
        self.calls.append(("renew",))
        self.cut_off = False

    def init_transactions(self, timeout: float) -> None:
        self._do("init")

    def begin_transaction(self) -> None:
        self._do("begin")

    def send_offsets_to_transaction(self, offsets: Sequence[TopicPartition], group: Any, timeout: float) -> None:
        self._do("offsets", {(o.topic, o.partition): o.offset for o in offsets}, group)

    def commit_transaction(self, timeout: float) -> None:
        self._do("commit")

    def abort_transaction(self, timeout: float) -> None:
        self._do("abort")

    def commit_offsets(self, offsets: Sequence[TopicPartition]) -> None:
        self._do("offsets", {(o.topic, o.partition): o.offset for o in offsets}, None)


class _At:
    def __init__(self, partition: int, offset: int) -> None:
        self.partition, self.offset = lambda: partition, lambda: offset


class Bench:
    """A checkpoint with everything around it."""

    def __init__(self, exactly_once: bool) -> None:
        self.log = cast(Any, Log())
        strategy: CommitStrategy = (
            ExactlyOnce(self.log, "changelog")
            if exactly_once
            else AtLeastOnce(self.log, "changelog", self.log.commit_offsets)
        )
        self.table = StateTable(MemoryStores())
        self.table.open(0)
        self.rewound = 0
        self.given_up: list[GarboError] = []
        self.shut = 0
        self.checkpoint = Checkpoint(
            strategy, self.table, SILENT, lambda: "generation", self._shut, self._rewind, self.given_up.append,
            limit_s=60.0,
        )  # fmt: skip

    def _shut(self) -> None:
        self.shut += 1

    async def _rewind(self) -> None:
        self.rewound += 1

    def names(self) -> list[str]:
        return [call[0] if call[0] != "send" else f"send {call[1]}" for call in self.log.calls]

    def offsets(self) -> list[dict[tuple[str, int], int]]:
        return [call[1] for call in self.log.calls if call[0] == "offsets"]


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


@pytest.fixture(params=["exactly once", "at least once"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(request.param == "exactly once")


def chunk(offset: int, topic: str = "in", partition: int = 0) -> Chunk:
    return Chunk(TP(topic, partition), [ConsumerRecord(topic, partition, offset, b"k", b"v", 0)], epoch=0)


WORK = Work(rows={b"k": b"row"}, outputs=[Output("out", b"k", b"v")])


# ---- both strategies -----------------------------------------------------------------------------------------------


def test_nothing_open_commits_nothing(bench: Bench) -> None:
    run(bench.checkpoint.commit)
    assert bench.log.calls == []


def test_a_commit_carries_the_position_behind_the_chunk(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.checkpoint.take(chunk(9), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert bench.offsets() == [{("in", 0): 10}]


def test_an_output_leaves_with_its_headers(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), Work(outputs=[Output("out", b"k", b"v", headers=(("why", b"1"),))]))
        await bench.checkpoint.commit()

    run(work)
    assert ("send", "out", b"k", b"v", ("why", b"1")) in bench.log.calls


def test_rows_reach_the_store_only_by_the_commit(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        assert (bench.table.rows(0).get(b"k"), bench.table.rows(0).store.get(b"k")) == (b"row", None)
        await bench.checkpoint.commit()

    run(work)
    assert bench.table.rows(0).store.get(b"k") == b"row"


def test_the_local_store_remembers_where_its_changelog_stands(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), Work(rows={b"a": b"1", b"b": b"2"}))
        await bench.checkpoint.commit()

    run(work)
    position = bench.table.rows(0).store.position()
    assert position is not None
    assert position.offset == 1


def test_timers_alone_carry_the_positions_of_their_partition(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.positions.update({TP("in", 0): 7, TP("other", 0): 3, TP("in", 1): 5})
        bench.checkpoint.take_timers(0, [Output("out", b"k", b"due")])
        await bench.checkpoint.commit()

    run(work)
    assert bench.offsets() == [{("in", 0): 7, ("other", 0): 3}]


def test_timers_never_take_a_position_back(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.positions[TP("in", 0)] = 7
        bench.checkpoint.take(chunk(9), WORK)
        bench.checkpoint.take_timers(0, [Output("out", b"k", b"due")])
        await bench.checkpoint.commit()

    run(work)
    assert bench.offsets() == [{("in", 0): 10}]


def test_a_commit_nobody_answers_is_given_up_and_the_lock_is_free(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen after a broker's restart: librdkafka waited 60 s and more, and the revocation behind it with it."""
    answer = threading.Event()
    monkeypatch.setattr(bench.checkpoint._strategy, "commit", lambda offsets, group: answer.wait(60))
    monkeypatch.setattr(bench.checkpoint, "_limit_s", 0.2)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        with pytest.raises(FencedError, match="no answer to a commit"):
            await bench.checkpoint.commit()
        assert not bench.checkpoint.lock.locked()
        answer.set()
        await bench.checkpoint.commit()  # poisoned: nothing more is tried

    run(work)
    assert [type(problem) for problem in bench.given_up] == [FencedError]


def test_a_lost_assignment_leaves_nothing(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        async with bench.checkpoint.lock:
            assert not await bench.checkpoint.finish(abort=True)
        await bench.checkpoint.commit()

    run(work)
    assert (bench.offsets(), bench.table.rows(0).get(b"k")) == ([], None)


def test_a_poisoned_checkpoint_is_never_committed(bench: Bench) -> None:
    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.checkpoint.poison()
        await bench.checkpoint.commit()

    run(work)
    assert bench.offsets() == []


# ---- exactly once --------------------------------------------------------------------------------------------


def test_one_transaction_holds_rows_outputs_and_offsets() -> None:
    bench = Bench(exactly_once=True)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert bench.names() == ["begin", "send changelog", "send out", "offsets", "commit"]


def test_offsets_go_with_the_generation_captured_at_assignment() -> None:
    bench = Bench(exactly_once=True)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert [call[2] for call in bench.log.calls if call[0] == "offsets"] == ["generation"]


def test_a_producer_that_was_cut_off_begins_nothing() -> None:
    bench = Bench(exactly_once=True)

    async def work() -> None:
        bench.log.cut_off = True
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert bench.names() == ["renew", "init", "begin", "send changelog", "send out", "offsets", "commit"]


def test_a_producer_that_was_cut_off_commits_nothing_and_what_was_open_comes_again() -> None:
    bench = Bench(exactly_once=True)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.log.cut_off = True
        await bench.checkpoint.commit()

    run(work)
    assert bench.names() == ["begin", "send changelog", "send out", "renew", "init"]
    assert (bench.rewound, bench.table.rows(0).get(b"k")) == (1, None)


@pytest.mark.parametrize("step", ["offsets", "commit"])
def test_an_abortable_error_rolls_back_and_rewinds(step: str) -> None:
    bench = Bench(exactly_once=True)
    bench.log.fail[step] = KafkaError(KafkaError.ILLEGAL_GENERATION, "zombie", False, False, True)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert (bench.names()[-1], bench.shut, bench.rewound, bench.table.rows(0).get(b"k")) == ("abort", 1, 1, None)


def test_an_answer_that_is_late_is_asked_for_again() -> None:
    bench = Bench(exactly_once=True)
    bench.log.fail["commit"] = KafkaError(KafkaError._TIMED_OUT, "late", False, True, False)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()

    run(work)
    assert (bench.names()[-1], bench.given_up) == ("commit", [])


def test_a_fenced_producer_gives_up_and_keeps_nothing() -> None:
    bench = Bench(exactly_once=True)
    bench.log.fail["commit"] = KafkaError(KafkaError._FENCED, "fenced", True, False, False)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        with pytest.raises(FencedError):
            await bench.checkpoint.commit()
        await bench.checkpoint.commit()  # dead: nothing more happens

    run(work)
    assert (len(bench.given_up), bench.table.rows(0).store.get(b"k")) == (1, None)


def test_a_record_refused_by_the_producer_rolls_the_checkpoint_back() -> None:
    bench = Bench(exactly_once=True)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.log.error = KafkaError(KafkaError._STATE, "no more", False, False, True)
        await bench.checkpoint.commit()

    run(work)
    assert (bench.names()[-1], bench.rewound) == ("abort", 1)


# ---- at least once -------------------------------------------------------------------------------------------


def test_outputs_are_acknowledged_before_rows_and_those_before_offsets() -> None:
    """A row says "this event is done": were it safe before its outputs, a crash in between would lose them."""
    bench = Bench(exactly_once=False)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.checkpoint.take(chunk(5), WORK)
        await bench.checkpoint.commit()

    run(work)
    expected = ["send out", "send out", "flush", "send changelog", "send changelog", "flush", "offsets"]
    assert bench.names() == expected


def test_after_a_delivery_error_nothing_is_committed() -> None:
    bench = Bench(exactly_once=False)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        bench.log.error = KafkaError(KafkaError._MSG_TIMED_OUT)
        with pytest.raises(FencedError):
            await bench.checkpoint.commit()

    run(work)
    assert (bench.offsets(), len(bench.given_up), bench.table.rows(0).store.get(b"k")) == ([], 1, None)


def test_rows_of_another_worker_in_the_changelog_are_not_jumped_over() -> None:
    """A predecessor's that arrived after our restore: a position behind them would hide them for good."""
    bench = Bench(exactly_once=False)
    bench.table.restored(0, 0)

    async def work() -> None:
        bench.checkpoint.take(chunk(4), WORK)
        await bench.checkpoint.commit()
        bench.log.ends["changelog"] += 14
        bench.checkpoint.take(chunk(5), Work(rows={b"k": b"later"}))
        await bench.checkpoint.commit()

    run(work)
    store = bench.table.rows(0).store
    assert (bench.offsets(), bench.rewound, bench.table.rows(0).get(b"k")) == ([{("in", 0): 5}], 1, b"row")
    assert store.position() is not None
    assert store.position().offset == 0  # type: ignore[union-attr]

    async def again() -> None:
        bench.table.restored(0, bench.log.ends["changelog"])
        bench.checkpoint.take(chunk(5), Work(rows={b"k": b"later"}))
        await bench.checkpoint.commit()

    run(again)
    assert (bench.offsets()[-1], bench.rewound, store.get(b"k")) == ({("in", 0): 6}, 1, b"later")
