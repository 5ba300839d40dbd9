"""Guards of a live worker on a real Kafka: lag, damaged files, a record the broker refuses."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host.run import HostedProcessor, ProcessorHost
from garbo.processors.ports import ConsumerRecord, Rows, Work
from garbo.runtime import lag
from garbo.runtime.exit_codes import ExitCode
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
    wait_committed,
)
from tests.integration.misbehaving import Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


# ---- lag ---------------------------------------------------------------------------------------------------------


class Lags(Silent):
    """The last lag of each partition."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}

    def lag(self, topic: str, partition: int, records: int) -> None:
        self.of[partition] = records

    @property
    def total(self) -> int:
        return sum(self.of.values())


class Gated(Counting):
    """Stands still while it is told to, for a little at a time: a slow processor, not a hanging one."""

    def __init__(self, out: str) -> None:
        super().__init__(out)
        self.slow = False
        self.done = 0

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        if self.slow:
            time.sleep(0.3)
        self.done += len(records)
        return super().process(partition, records, rows, now_ms)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "PERIOD_S", 0.2)


def test_lag_grows_while_nothing_is_processed_and_falls_to_nothing(kafka: str, prefix: str, often: None) -> None:
    """Control records at the end of each partition are no lag, whoever wrote the last transaction."""
    names, lags = Names.of(prefix), Lags()
    create_topics(kafka, names)
    processor = Gated(names.out)
    hosted = HostedProcessor(settings(prefix, None, max_chunk=20), processor, KafkaSettings(kafka, prefix=prefix), lags)
    with ProcessorHost([hosted]) as host:
        host.wait_ready()
        until(lambda: len(lags.of) == PARTITIONS, 60)
        assert lags.total == 0
        processor.slow = True
        sent: Counter[bytes] = Counter()

        def behind() -> bool:
            """Fed until it is: however slowly this machine feeds and asks, it is faster than twenty in 0.3 s."""
            if lags.total <= 400:
                sent.update(produce(kafka, names.events, 800, start=sent.total()))
            return lags.total > 400

        until(behind, 60, lambda: f"lag {lags.of}")
        processor.slow = False
        until(lambda: lags.total == 0, 60, lambda: f"lag {lags.of}")
        assert processor.done >= sent.total()  # 0 is said of what is done, not of what is fetched
    assert counts(kafka, names.changelog)[0] == sent


# ---- damaged files -----------------------------------------------------------------------------------------------


def one(folder: Path, pattern: str) -> Path:
    return sorted(path for path in folder.glob(pattern) if path.stat().st_size)[0]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(len(data)):
        data[at] ^= 0x5A
    path.write_bytes(bytes(data))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "CURRENT": lambda folder: (folder / "CURRENT").write_bytes(b"garbage") and None,  # type: ignore[func-returns-value]
    "MANIFEST": lambda folder: flip(one(folder, "MANIFEST-*")),
    "SST": lambda folder: flip(one(folder, "*.sst")),
}


def test_damaged_files_are_set_aside_and_their_rows_come_back(kafka: str, prefix: str, tmp_path: Path) -> None:
    """One partition each with a broken CURRENT, MANIFEST and table file; the fourth is left alone."""
    names = Names.of(prefix)
    create_topics(kafka, names)
    with Worker(kafka, prefix, tmp_path) as worker:
        worker.start().wait_said("ready")
        sent = produce(kafka, names.events, 400)
        wait_committed(kafka, names.group, names.events)
        worker.signal(signal.SIGTERM)
        assert worker.wait_gone(60).code == ExitCode.DONE
        folders = {int(path.name[-1]): path for path in worker.rows.iterdir()}
        for partition, what in enumerate(DAMAGE):
            DAMAGE[what](folders[partition])

        worker.start()
        sent += produce(kafka, names.events, 400, start=400)
        until(lambda: worker.supervise() or settled(kafka, names), 90, lambda: worker.said)  # type: ignore[func-returns-value]
        worker.signal(signal.SIGTERM)
        assert worker.wait_gone(60).code == ExitCode.DONE

    assert counts(kafka, names.changelog) == (sent, 0)
    aside = sorted(int(path.name.split(".corrupt-")[0][-1]) for path in worker.rows.glob("*.corrupt-*"))
    assert aside == [0, 1, 2], worker.said
    # Damage met by a read costs one restart; the sentence says so.
    assert all(gone.code in (ExitCode.DONE, ExitCode.RESTART) for gone in worker.exits)


def settled(bootstrap: str, names: Names) -> bool:
    try:
        wait_committed(bootstrap, names.group, names.events, timeout=1)
    except AssertionError:
        return False
    return True


# ---- a record the broker refuses ---------------------------------------------------------------------------------

WIDE = 200


@pytest.fixture
def small_out(kafka: str, prefix: str) -> Iterator[Callable[[int], None]]:
    """Sets the largest message the output topic takes."""
    names = Names.of(prefix)
    create_topics(kafka, names)
    admin = AdminClient({"bootstrap.servers": kafka})

    def limit(size: int) -> None:
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, names.out, incremental_configs=[entry])
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(10)

    return limit


@pytest.mark.parametrize("exactly_once", [True, False], ids=["exactly once", "at least once"])
def test_nothing_is_committed_behind_a_record_that_did_not_arrive(
    kafka: str, prefix: str, tmp_path: Path, small_out: Callable[[int], None], exactly_once: bool
) -> None:
    """The broker takes none of the outputs; when it takes them again, each event is there."""
    names = Names.of(prefix)
    small_out(200)  # room for a transaction's marker, and for none of the events
    with Worker(kafka, prefix, tmp_path, settings={"exactly_once": exactly_once}) as worker:
        worker.start().wait_said("ready")
        sent = produce_wide(kafka, names.events)
        if exactly_once:  # rolled back, read again, rolled back again
            worker.wait_said("checkpoint rolled back", 60)
        else:
            gone = worker.wait_gone(60)
            assert gone.code == ExitCode.RESTART
            assert "leaving with code 3: count: a record was not acknowledged" in gone.said
        assert counts(kafka, names.changelog)[0] == {}
        assert list(read(kafka, names.out)) == []
        small_out(1_000_000)
        until(lambda: worker.supervise() or settled(kafka, names), 90, lambda: worker.said)  # type: ignore[func-returns-value]
    assert counts(kafka, names.changelog)[0] == sent
    assert {m.value() for m in read(kafka, names.out)} == {wide(n) for n in range(WIDE)}


def wide(n: int) -> bytes:
    return b"%-300d" % n


def produce_wide(bootstrap: str, topic: str) -> Counter[bytes]:
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for n in range(WIDE):
        producer.produce(topic, wide(n), b"k%d" % (n % 20))
    assert producer.flush(30) == 0
    return Counter(b"k%d" % (n % 20) for n in range(WIDE))
