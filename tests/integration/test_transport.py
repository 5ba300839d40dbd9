"""One worker on a broker: what is committed is exact, and comes back after a restart.

The same tests run on a real Kafka with transactions, on a real Kafka without (resolve's strategy), and on the
embedded broker. Undisturbed, all three are exact.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka import Producer

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import RocksStores
from garbo.embedded import EmbeddedBroker
from garbo.errors import GarboError, TopicError
from garbo.faust_host.run import HostedProcessor, ProcessorHost
from garbo.processors.ports import ConsumerRecord, Output, Rows, Work
from garbo.runtime.commit_strategy import RolledBackError
from garbo.runtime.observer import Silent
from tests.integration.counting import (
    PARTITIONS,
    Counting,
    Names,
    counts,
    create_topics,
    produce,
    read,
    settings,
)

EVENTS = 2_000
UPDATES = "updates"


class Place(NamedTuple):
    """A broker with the counting processor's topics, and the strategy it commits by there."""

    kafka: KafkaSettings
    names: Names
    exactly_once: bool


EXACTLY_ONCE = pytest.param("exactly once", marks=pytest.mark.kafka)
AT_LEAST_ONCE = pytest.param("at least once", marks=pytest.mark.kafka)
EMBEDDED = "embedded"


def only(*places: object) -> pytest.MarkDecorator:
    """The test runs in these places, not in all three."""
    return pytest.mark.parametrize("place", places, indirect=True)


@pytest.fixture(params=[EXACTLY_ONCE, AT_LEAST_ONCE, EMBEDDED])
def place(
    request: pytest.FixtureRequest, prefix: str, embedded_broker: Callable[[dict[str, int]], EmbeddedBroker]
) -> Place:
    names = Names.of(prefix)
    if request.param == EMBEDDED:
        topics = (names.events, names.out, names.changelog, prefix + UPDATES)
        broker = embedded_broker(dict.fromkeys(topics, PARTITIONS))
        return Place(KafkaSettings(bootstrap=broker.bootstrap, transactional=False, prefix=prefix), names, False)
    bootstrap = request.getfixturevalue("kafka")
    create_topics(bootstrap, names, PARTITIONS, prefix + UPDATES)
    return Place(KafkaSettings(bootstrap=bootstrap, prefix=prefix), names, request.param == "exactly once")


class Bench:
    """A place, and the processors hosted there by a test."""

    def __init__(self, place: Place, folder: Path | None) -> None:
        self.place, self.folder = place, folder
        self.bootstrap, self.names = place.kafka.bootstrap, place.names
        self.sent: Counter[bytes] = Counter()
        self.seen = Seen()
        self._hosts: list[ProcessorHost] = []

    def host(self, processor: Counting | None = None, slot: str = "0", **more: object) -> ProcessorHost:
        folder = self.folder / slot if self.folder else None
        # Long: a machine that stands still is no rebalance, for tests that count them.
        # The embedded broker keeps a group waiting for a session timeout when its last member has left.
        given = {"exactly_once": self.place.exactly_once, "slot": slot, "session_timeout_ms": 30_000, **more}
        given["heartbeat_ms"] = 1000
        if not self.place.kafka.transactional:
            given["session_timeout_ms"] = 3000
        hosted = HostedProcessor(
            settings(self.place.kafka.prefix, folder, **given),
            processor or Counting(self.names.out),
            self.place.kafka,
            self.seen,
        )
        host = ProcessorHost([hosted])
        self._hosts.append(host)
        host.start().wait_ready(60)
        return host

    def feed(self, count: int = EVENTS) -> None:
        self.sent += produce(self.bootstrap, self.names.events, count, start=self.sent.total())

    def settle(self) -> None:
        until(lambda: self.seen.records >= self.sent.total())

    def counted(self) -> Counter[bytes]:
        return counts(self.bootstrap, self.names.changelog)[0]

    def outputs(self) -> Counter[bytes]:
        return Counter(message.value() for message in read(self.bootstrap, self.names.out))

    def end(self) -> None:
        for host in self._hosts:
            host.stop()


class Seen(Silent):
    """What the processors of a test reported."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.records = 0

    def restored(self, rows: int, seconds: float) -> None:
        self.rows.append(rows)

    def committed(self, seconds: float, records: int) -> None:
        self.records += records


@pytest.fixture
def bench(place: Place, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(place, tmp_path)
    yield bench
    bench.end()


def until(true: Callable[[], object], timeout: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_every_event_is_counted_once_and_forwarded_once(bench: Bench) -> None:
    bench.feed()
    bench.host()
    bench.settle()
    bench.feed()
    bench.settle()
    outputs = bench.outputs()
    assert (bench.counted(), len(outputs), set(outputs.values())) == (bench.sent, 2 * EVENTS, {1})


def test_a_restart_goes_on_where_the_processor_stopped_and_restores_nothing(bench: Bench) -> None:
    bench.feed()
    host = bench.host()
    bench.settle()
    host.stop()
    bench.feed()
    bench.host()
    bench.settle()
    assert (bench.counted(), bench.seen.rows, bench.outputs().total()) == (bench.sent, [0, 0], 2 * EVENTS)


def test_an_empty_disk_is_restored_from_the_changelog(bench: Bench) -> None:
    bench.feed()
    host = bench.host()
    bench.settle()
    host.stop()
    bench.feed()
    bench.host(slot="elsewhere")
    bench.settle()
    assert (bench.counted(), bench.seen.rows[1] > 0) == (bench.sent, True)


def test_rows_in_memory_are_restored_as_well(place: Place) -> None:
    bench = Bench(place, None)
    bench.feed()
    host = bench.host()
    bench.settle()
    host.stop()
    bench.feed()
    bench.host()
    bench.settle()
    bench.end()
    assert (bench.counted(), bench.seen.rows[1] > 0) == (bench.sent, True)


def test_a_processor_sees_its_restored_rows_when_it_opens(bench: Bench) -> None:
    bench.feed()
    host = bench.host()
    bench.settle()
    host.stop()
    processor = Counting(bench.names.out)
    bench.host(processor)
    assert sorted(processor.opened) == list(range(PARTITIONS))
    assert processor.restored  # of the partition opened last


def test_timers_alone_are_written(bench: Bench) -> None:
    processor = Counting(bench.names.out)
    bench.host(processor)
    processor.timers.append(Output(bench.names.out, b"k", b"due"))
    until(lambda: bench.outputs() == {b"due": 1})


def test_headers_reach_the_processor_and_leave_with_its_output(bench: Bench) -> None:
    """A name twice, bytes that are no text, an empty value and a missing one; and a record without headers."""
    sent = [("reason", b"not_avro"), ("reason", b"again"), ("bytes", b"\xff\0"), ("empty", b""), ("missing", None)]
    producer = Producer({"bootstrap.servers": bench.bootstrap})
    producer.produce(bench.names.events, b"with", b"k", headers=sent)
    producer.produce(bench.names.events, b"without", b"k")
    producer.flush()
    bench.sent[b"k"] += 2
    bench.host()
    bench.settle()
    records = list(read_all(bench.place.kafka, [bench.names.out]))
    held = tuple((name, value or b"") for name, value in sent)
    assert [(r.value, r.headers) for r in records] == [(b"with", held), (b"without", ())]


def test_a_message_of_the_host_itself_keeps_its_headers(bench: Bench) -> None:
    """Faust gives them as a list, as a mapping, or not at all."""
    host = bench.host()
    producer = host.apps[0].producer
    for headers in ([("a", b"1")], {"a": b"1"}, None):
        send = producer.send(bench.names.out, b"k", b"v", None, None, headers)
        asyncio.run_coroutine_threadsafe(send, host._loop).result(30)  # type: ignore[arg-type]
    until(lambda: bench.outputs().total() == 3)
    found = [record.headers for record in read_all(bench.place.kafka, [bench.names.out])]
    assert found == [(("a", b"1"),), (("a", b"1"),), ()]


def test_what_is_broadcast_is_there_before_the_first_record(bench: Bench) -> None:
    topic = bench.place.kafka.prefix + UPDATES
    producer = Producer({"bootstrap.servers": bench.bootstrap})
    for version in (b"1", b"2"):
        producer.produce(topic, version, b"policy")
        producer.flush()
    processor = Counting(bench.names.out)
    bench.host(processor, broadcast=(topic,))
    assert processor.updates[-1] == (topic, b"policy", b"2")
    producer.produce(topic, b"3", b"policy")
    producer.flush()
    until(lambda: processor.updates[-1] == (topic, b"policy", b"3"))


@only(EXACTLY_ONCE, AT_LEAST_ONCE)  # the embedded broker answers wrongly when several workers rebalance
def test_a_second_worker_takes_its_part_and_gives_it_back(bench: Bench) -> None:
    bench.host(slot="0")
    second = bench.host(slot="1")
    bench.feed()
    bench.settle()
    second.stop()
    bench.feed()
    bench.settle()
    counted, outputs = bench.counted(), bench.outputs()
    assert (counted, outputs.total()) == (bench.sent, 2 * EVENTS)


@only(EXACTLY_ONCE)  # without transactions nothing can be taken back
def test_a_rolled_back_checkpoint_is_read_again(bench: Bench) -> None:
    """Aborted although nothing is wrong with the group: rewind, restore, open again."""
    processor = Counting(bench.names.out)
    host = bench.host(processor)
    strategy = host.apps[0].runtime.strategy
    commit, times = strategy.commit, iter(range(3))

    def refuse(offsets: object, group: object) -> None:
        if next(times, None) is not None:
            raise RolledBackError("by the test")
        commit(offsets, group)  # type: ignore[arg-type]

    strategy.commit = refuse  # type: ignore[method-assign]
    bench.feed()
    bench.settle()
    opened = Counter(processor.opened)
    assert (bench.counted(), set(bench.outputs().values())) == (bench.sent, {1})
    # At the start, and after each of the three; a broker under load may roll back or rebalance once more by itself.
    assert min(opened.values()) >= 4


@only(AT_LEAST_ONCE, EMBEDDED)  # with transactions a predecessor is fenced
def test_rows_a_predecessor_sent_late_reach_the_store(bench: Bench) -> None:
    """They lie in the changelog behind the restore; the store's next position must not jump over them."""
    processor = Counting(bench.names.out)
    host = bench.host(processor)
    bench.feed()
    bench.settle()
    late = Producer({"bootstrap.servers": bench.bootstrap})
    for partition in range(PARTITIONS):
        late.produce(bench.names.changelog, b"1 0", b"late %d" % partition, partition)
    assert late.flush(10) == 0
    bench.feed()
    bench.settle()
    host.stop()
    opened = Counter(processor.opened)
    assert (min(opened.values()), max(opened.values())) == (2, 2)  # again once, and then it goes on
    assert bench.folder is not None
    stores = RocksStores(bench.folder / "0", f"count-{bench.names.changelog}")
    for partition in range(PARTITIONS):
        store = stores.open(partition)
        assert store.get(b"late %d" % partition) == b"1 0"
        store.close()
    assert bench.sent <= bench.counted()


# ---- bugs ------------------------------------------------------------------------------------------------------


class Buggy(Counting):
    """Raises at one event."""

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        if any(record.value == b"event 77" for record in records):
            raise ZeroDivisionError
        return super().process(partition, records, rows, now_ms)


def test_a_bug_stops_the_processor_with_nothing_of_its_checkpoint_committed(bench: Bench) -> None:
    host = bench.host(Buggy(bench.names.out), max_chunk=1000, max_poll=1000)
    bench.feed(100)  # once it is ready: a host that has failed never is
    until(lambda: host.failure)
    host.stop()
    assert "ZeroDivisionError" in str(host.failure)
    assert b"event 77" not in bench.outputs()
    bench.host()  # corrected
    bench.settle()
    assert (bench.counted()[b"k%d" % (77 * 7919 % 50)], b"event 77" in bench.outputs()) == (2, True)


# ---- topics ----------------------------------------------------------------------------------------------------


def test_a_missing_topic_is_named_before_the_group_is_joined(bench: Bench) -> None:
    with pytest.raises(TopicError, match="is missing"):
        bench.host(inputs=(bench.names.events, bench.place.kafka.prefix + "nowhere"))


def test_a_processor_not_ready_in_time_says_so(bench: Bench) -> None:
    opening = threading.Event()

    class Held(Counting):
        def open(self, partition: int, rows: Rows) -> None:
            opening.wait(60)

    hosted = HostedProcessor(
        settings(bench.place.kafka.prefix, None, exactly_once=False), Held("out"), bench.place.kafka
    )
    host = ProcessorHost([hosted]).start()
    with pytest.raises(GarboError, match="not ready"):
        host.wait_ready(0.01)
    opening.set()
    host.stop()


def test_equal_partitions_of_all_inputs_share_one_table(bench: Bench) -> None:
    second = bench.place.kafka.prefix + UPDATES  # any topic with the same partition count
    bench.host(inputs=(bench.names.events, second))
    bench.feed(500)
    bench.sent += produce(bench.bootstrap, second, 500, start=500)
    bench.settle()
    assert bench.counted() == bench.sent
