"""Guards that are a setting: each line of docs/guards.md whose whole defence is a value somebody could change."""

import inspect
from pathlib import Path
from typing import Any

import pytest

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


def test_polling_adds_no_wait_to_an_event() -> None:
    """`consume(n, timeout)` waits its timeout out: 50 ms for every event."""
    source = inspect.getsource(consumer.LibrdkafkaConsumer._poll)
    assert "self.client.poll(POLL_S" in source
    assert "self.client.consume(most - 1, 0)" in source


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


def test_no_admin_client_is_asked_for_a_groups_offsets() -> None:
    """It kills the process when the group's coordinator has just moved or restarted."""
    root = Path(__file__).resolve().parents[3]
    files = [path for folder in ("src", "tests", "benchmarks", "examples") for path in (root / folder).rglob("*.py")]
    assert len(files) > 200
    call = "list_consumer_group_" + "offsets("
    assert [str(path.relative_to(root)) for path in files if call in path.read_text("utf-8")] == []
