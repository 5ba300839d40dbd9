"""Guards that are a setting: each line of docs/guards.md whose whole defence is a value somebody could change."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP as FaustTP  # noqa: N811  # a class, whatever its letters

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import rocks
from garbo.faust_host import consumer
from garbo.faust_host.app import ProcessorApp
from garbo.faust_host.run import HostedProcessor, create_app
from garbo.runtime.exit_codes import STOP
from garbo.runtime.observer import SILENT
from garbo.runtime.settings import ProcessorSettings

STAGE = ProcessorSettings("count", "garbo-count", ("in",), static_membership=True)
KAFKA = KafkaSettings("127.0.0.1:1")


@pytest.fixture
def app() -> ProcessorApp:
    return create_app(HostedProcessor(STAGE, object(), KAFKA, SILENT), STOP)  # type: ignore[arg-type]


def test_faust_serves_nothing_makes_no_topic_and_leads_nobody(app: ProcessorApp) -> None:
    """Its web would show every customer's row under /table/<name>/<key>/, on all interfaces."""
    conf = app.conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
    assert conf.cython_optimizations is False
    assert list(app.tables.data) == []


def test_faust_never_loads_a_driver_of_its_own(app: ProcessorApp) -> None:
    """The bundled confluent:// drops headers, knows no TLS and partitions by Python's hash()."""
    assert type(app.transport).__module__ == type(app.producer_transport).__module__ == "garbo.faust_host.transport"


def test_the_consumer_reads_committed_and_its_session_is_set_on_purpose() -> None:
    found = consumer.client_settings(KAFKA, STAGE)
    wanted: dict[str, Any] = {
        "isolation.level": "read_committed",
        "partition.assignment.strategy": "range",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 3_000,
        "fetch.wait.max.ms": 10,
        "group.instance.id": "garbo-count-0",
    }
    assert {name: found.get(name) for name in wanted} == wanted
    assert (STAGE.transaction_timeout_ms, STAGE.commit_limit_s(exactly_once=True)) == (10_000, 15.0)


def test_a_poll_outlasts_the_longest_batch() -> None:
    """librdkafka's limit between two polls is 5 minutes; nothing here may raise a batch above it or lower it."""
    assert "max.poll.interval.ms" not in consumer.client_settings(KAFKA, STAGE)
    assert STAGE.max_chunk * STAGE.max_in_flight <= 2_000


class WaitingClient:
    """librdkafka's two ways to fetch: `poll` returns with the first message, `consume` waits its timeout out."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.waited, self.most = waiting, 0.0, 0

    def poll(self, timeout: float) -> "Fetched | None":
        if not self.waiting:
            self.waited += timeout
            return None
        self.waiting -= 1
        return Fetched()

    def consume(self, most: int, timeout: float) -> "list[Fetched]":
        self.waited, self.most = self.waited + timeout, most
        taken = min(most, self.waiting)
        self.waiting -= taken
        return [Fetched() for _ in range(taken)]


class Fetched:
    """A message of partition 0."""

    def topic(self) -> str:
        return "in"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7

    def key(self) -> bytes:
        return b"k"

    value = key

    def error(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return (1, 1_000)


def fetched(app: ProcessorApp, client: WaitingClient) -> int:
    """How many records one fetch hands on."""

    async def fetch() -> int:
        app.running_loop = asyncio.get_running_loop()
        app.consumer.client = client
        app.assignment.tps, app.assignment.gate = frozenset({FaustTP("in", 0)}), True
        return sum([len(message.value.records) async for _, message in app.consumer.getmany(1.0)])

    return asyncio.run(fetch())


@pytest.mark.parametrize("waiting", [1, 3])
def test_polling_adds_no_wait_to_an_event(app: ProcessorApp, waiting: int) -> None:
    """`consume(n, timeout)` would add its timeout to every event: 50 ms, seen."""
    client = WaitingClient(waiting)
    assert (waiting, 0.0) == (fetched(app, client), client.waited)


def test_one_poll_takes_what_all_chunks_in_flight_can_hold_and_no_more(app: ProcessorApp) -> None:
    client = WaitingClient(STAGE.max_poll + 5)
    assert (STAGE.max_poll, 5) == (fetched(app, client), client.waiting)


def test_a_poll_without_an_event_waits_once(app: ProcessorApp) -> None:
    """An idle worker neither spins nor adds a second wait."""
    client = WaitingClient(0)
    assert (0, consumer.POLL_S, 0) == (fetched(app, client), client.waited, client.most)


def test_rocksdb_has_a_bound(tmp_path: Path) -> None:
    """Twelve partitions: 12 x 2 x 8 MiB of buffers and one cache of 256 MiB, not 12 of each. As RocksDB notes it."""
    stores = rocks.RocksStores(tmp_path, "party")
    for partition in (0, 1):
        stores.open(partition).close()
    for partition in (0, 1):
        noted = max((tmp_path / f"party-{partition}").glob("OPTIONS-*")).read_text()
        assert "  write_buffer_size=8388608\n" in noted
        assert "  max_write_buffer_number=2\n" in noted
        assert "  max_open_files=256\n" in noted
    assert (rocks.BLOCK_CACHE_BYTES, len(rocks._shared_cache)) == (256 * 2**20, 1)
