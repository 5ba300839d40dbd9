"""An assignment from its offsets to the open gate, and back: the real parts, with scripted clients and no broker."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError
from garbo.processors.ports import ConsumerRecord, Output, Rows, Work
from garbo.runtime.exit_codes import ExitCode
from garbo.runtime.host_hooks import HostHooks
from garbo.runtime.lag import Progress, behind
from garbo.runtime.observer import SILENT
from garbo.runtime.partition import TP
from garbo.runtime.processor_runtime import ProcessorRuntime
from garbo.runtime.settings import ProcessorSettings
from tests.unit.runtime.scripted import Client, Message

HERE = TP("in", 0)
COMMITTED = 5


class Group(Client):
    """A consumer whose group has committed up to 5; does something when it is asked for offsets."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.then: Callable[[], None] = lambda: None

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        self.asked.append("committed")
        self.then()
        return [TopicPartition(place.topic, place.partition, COMMITTED) for place in places]

    def seek(self, place: TopicPartition) -> None:
        self.asked.append(f"seek {place.offset}")

    def pause(self, places: list[TopicPartition]) -> None:
        self.asked.append("pause")

    def resume(self, places: list[TopicPartition]) -> None:
        self.asked.append("resume")


class Sender:
    """A producer that is connected to nothing and has sent everything."""

    def __init__(self) -> None:
        self.sent: list[bytes | None] = []

    def produce(self, topic: str, value: bytes | None, *_: Any) -> None:
        self.sent.append(value)

    def poll(self, timeout: float) -> None: ...

    def __len__(self) -> int:
        return 0


class Timed:
    """Nothing but one timer that is always due."""

    def __init__(self) -> None:
        self.opened: list[int] = []

    def open(self, partition: int, rows: Rows) -> None:
        self.opened.append(partition)

    def close(self, partition: int) -> None:
        self.opened.remove(partition)

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        return Work()

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        return [Output("out", b"k", b"due")]

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        return True


class Bench:
    """A runtime; `told` is what its host was asked to do."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.exits: list[ExitCode] = []
        self.processor, self.group, self.sender = Timed(), Group(), Sender()
        hooks = HostHooks(self._assigned, self._revoked, self._suspend, self._resume)
        settings = ProcessorSettings("timed", "garbo-timed", ("in",), max_chunk=1)
        self.runtime = ProcessorRuntime(
            settings, KafkaSettings("127.0.0.1:1", transactional=False), self.processor, SILENT,
            lambda code, why: self.exits.append(code), hooks,
        )  # fmt: skip
        self.runtime.member.client = self.group
        self.runtime._producer.client = self.sender

    async def _assigned(self, tps: frozenset[TP], epoch: int) -> None:
        self.told.append(("assigned", sorted(tps), epoch))

    async def _revoked(self, tps: frozenset[TP]) -> None:
        self.told.append(("revoked", sorted(tps)))

    def _suspend(self, epoch: int) -> None:
        self.told.append(("suspend", epoch))

    def _resume(self) -> None:
        self.told.append("resume")
        self.runtime.open_gate()

    async def ready(self) -> None:
        await self.runtime.assignment._assigned(frozenset({HERE}))
        await self.runtime.prepare()
        self.runtime.open_gate()

    async def settled(self) -> list[str]:
        """What the consumer was asked for, once all that waits for the poll thread was done."""
        await self.runtime.member.call(lambda: None)
        return self.group.asked


@pytest.fixture
def bench() -> Bench:
    return Bench()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_the_gate_opens_when_offsets_rows_processor_and_positions_are_there(bench: Bench) -> None:
    async def work() -> list[str]:
        await bench.ready()
        return await bench.settled()

    assert run(work()) == ["committed", "seek 5", "resume"]
    assert (bench.told, bench.processor.opened) == ([("assigned", [HERE], 0)], [0])
    assert (bench.runtime.gate.is_open, bench.runtime.checkpoint.positions) == (True, {HERE: COMMITTED})
    assert bench.runtime.assignment.ready.is_set()


def test_an_assignment_that_ends_while_it_is_prepared_opens_nothing(bench: Bench) -> None:
    bench.group.then = bench.runtime.assignment.shut
    run(bench.ready())
    assert (bench.runtime.gate.is_open, bench.processor.opened, bench.exits) == (False, [], [])
    assert bench.runtime.checkpoint.positions == {}


def test_a_gate_is_not_opened_for_an_epoch_that_was_not_prepared(bench: Bench) -> None:
    async def work() -> None:
        await bench.ready()
        bench.runtime.assignment.shut()
        bench.runtime.open_gate()

    run(work())
    assert (bench.runtime.gate.is_open, bench.runtime.gate.epoch) == (False, 1)


def test_offsets_the_broker_refuses_end_the_process(bench: Bench) -> None:
    def refuse() -> None:
        raise KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))

    bench.group.then = refuse
    with pytest.raises(BrokerError, match="committed offsets"):
        run(bench.ready())
    assert (bench.exits, bench.runtime.gate.is_open) == ([ExitCode.RESTART], False)


def test_a_revocation_closes_all_and_voids_what_was_fetched(bench: Bench) -> None:
    async def work() -> None:
        await bench.ready()
        bench.runtime.source.in_flight = 3
        await bench.runtime.assignment._revoked(lost=False)

    run(work())
    assert bench.told[-1] == ("revoked", [HERE])
    assert (bench.runtime.gate.is_open, bench.runtime.gate.epoch, bench.runtime.source.in_flight) == (False, 1, 0)
    assert (bench.processor.opened, bench.runtime.checkpoint.positions) == ([], {})


def test_a_rewind_suspends_the_host_prepares_again_and_resumes_it(bench: Bench) -> None:
    async def work() -> list[str]:
        await bench.ready()
        bench.runtime.assignment.shut()
        await bench.runtime.assignment.rewind()
        return await bench.settled()

    assert run(work())[3:] == ["pause", "committed", "seek 5", "resume"]
    assert (bench.told[1:], bench.runtime.gate.is_open) == ([("suspend", 1), "resume"], True)


def test_a_rewind_that_a_revocation_overtakes_resumes_nothing(bench: Bench) -> None:
    async def work() -> None:
        await bench.ready()
        bench.runtime.assignment.shut()
        bench.group.then = bench.runtime.assignment.shut
        await bench.runtime.assignment.rewind()

    run(work())
    assert (bench.told[1:], bench.runtime.gate.is_open) == ([("suspend", 1)], False)


def test_a_tick_asks_for_timers_and_commits_them_with_their_position(bench: Bench) -> None:
    async def work() -> None:
        await bench.ready()
        await bench.runtime.tick()

    run(work())
    assert bench.sender.sent == [b"due"]
    assert bench.runtime.member._asked_offsets == {HERE: COMMITTED}
    assert not bench.runtime.checkpoint.is_open


def test_a_tick_asks_nobody_while_the_gate_is_closed(bench: Bench) -> None:
    run(bench.runtime.tick())
    assert bench.sender.sent == []


def test_commits_come_less_often_while_chunks_queue_up(bench: Bench) -> None:
    bench.runtime.checkpoint.last_commit_s = 0.02
    idle = bench.runtime.commit_pause_s()
    bench.runtime.source.in_flight = 2
    assert (idle, bench.runtime.commit_pause_s()) == (0.02, 0.06)
    bench.runtime.checkpoint.last_commit_s = 9.0
    assert bench.runtime.commit_pause_s() == bench.runtime.settings.max_commit_interval_s


def test_lag_is_asked_of_partitions_that_may_be_processed_from_what_was_fetched(bench: Bench) -> None:
    source = bench.runtime.lag_source()
    assert (list(source.partitions()), source.progress(HERE)) == ([], None)

    async def work() -> None:
        await bench.ready()
        bench.group.messages = [Message(5), Message(6)]
        assert len([chunk async for chunk in bench.runtime.chunks()]) == 2

    run(work())
    assert (list(source.partitions()), source.progress(HERE)) == ([HERE], Progress(5, fetched=7, end_met=5))
    source.report({HERE: 2}, False)
    assert bench.runtime.heartbeat.lagging_since is None  # one partition had no answer: no total
    source.report({HERE: 2}, True)
    assert bench.runtime.heartbeat.lagging_since is not None


def test_a_restart_at_the_end_of_a_log_has_no_lag(bench: Bench) -> None:
    """Behind the position lie control records only, and nothing was fetched: the end that was met counts."""
    run(bench.ready())
    bench.runtime.source.ends[HERE] = COMMITTED + 2
    assert behind(bench.runtime.lag_source().progress(HERE), end=COMMITTED + 2) == 0
