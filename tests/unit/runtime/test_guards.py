"""Guards that are a setting: each line of docs/guards.md whose whole defence is a value somebody could change."""

from pathlib import Path
from typing import Any

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import rocks
from garbo.runtime.group_member import client_settings
from garbo.runtime.settings import ProcessorSettings

SETTINGS = ProcessorSettings("count", "garbo-count", ("in",), static_membership=True)
KAFKA = KafkaSettings("127.0.0.1:1")


def test_the_consumer_reads_committed_and_its_session_is_set_on_purpose() -> None:
    found = client_settings(KAFKA, SETTINGS)
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
    assert (SETTINGS.transaction_timeout_ms, SETTINGS.commit_limit_s(exactly_once=True)) == (10_000, 15.0)


def test_a_poll_outlasts_the_longest_batch() -> None:
    """librdkafka's limit between two polls is 5 minutes; nothing here may raise a batch above it or lower it."""
    assert "max.poll.interval.ms" not in client_settings(KAFKA, SETTINGS)
    assert SETTINGS.max_chunk * SETTINGS.max_in_flight <= 2_000


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
