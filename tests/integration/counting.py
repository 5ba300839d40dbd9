"""A processor that counts, for the transport's tests: no deduplication at all, so every lost or doubled event shows.

Run as a program it is one worker: `python -m tests.integration.counting JSON`. It misbehaves as `tests.chaos.worker`
does, by the same variables.
"""

import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from garbo.adapters.kafka.retry import error_of, is_transient, wait_until
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host.run import HostedProcessor, run_processors
from garbo.processors.ports import ConsumerRecord, Output, Rows, Work
from garbo.runtime.settings import ProcessorSettings
from tests.chaos.worker import install

PARTITIONS = 4


class Names(NamedTuple):
    """The topics of one test."""

    events: str
    out: str
    changelog: str
    group: str

    @classmethod
    def of(cls, prefix: str) -> "Names":
        return cls(prefix + "events", prefix + "out", prefix + "changelog", prefix + "garbo-count")


class Counting:
    """Row of a key: how many of its events were seen, and the last one's offset. Every event is an output."""

    def __init__(self, out: str, pause_s: float = 0.0) -> None:
        self.out, self.pause_s = out, pause_s
        self.opened: list[int] = []
        self.timers: list[Output] = []
        self.updates: list[tuple[str, bytes, bytes | None]] = []

    def open(self, partition: int, rows: Rows) -> None:
        self.opened.append(partition)
        self.restored = dict(rows.scan())

    def close(self, partition: int) -> None:
        """Nothing is kept."""

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        for record in records:
            key = record.key or b""
            raw = work.rows.get(key) or rows.get(key)
            count = int(raw.split()[0]) if raw else 0
            work.rows[key] = b"%d %d" % (count + 1, record.offset)
            work.outputs.append(Output(self.out, key, record.value, headers=record.headers))
        time.sleep(self.pause_s)
        return work

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        if self.timers and partition == 0:
            return [self.timers.pop()]
        return ()

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        self.updates.append((topic, key, value))
        return True


def create_topics(bootstrap: str, names: Names, partitions: int = PARTITIONS, *more: str) -> None:
    """Events, outputs and the compacted changelog."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(t, partitions, 1) for t in (names.events, names.out)]
    wanted += [NewTopic(t, partitions, 1, config={"cleanup.policy": "compact"}) for t in (names.changelog, *more)]
    made = admin.create_topics(wanted)
    for creation in made.values():
        creation.result(20)
    # The controller has made them; the broker that clients ask may learn it a moment later.
    assert wait_until(lambda: made.keys() <= admin.list_topics(timeout=20).topics.keys(), 20.0, pause_s=0.05)


def produce(
    bootstrap: str, topic: str, count: int, keys: int = 50, start: int = 0, rate: float = 0.0
) -> Counter[bytes]:
    """Events with values of their own; returns how many each key got."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "partitioner": "murmur2_random"})
    sent: Counter[bytes] = Counter()
    began = time.monotonic()
    for n in range(start, start + count):
        if rate and (ahead := began + (n - start) / rate - time.monotonic()) > 0.005:
            time.sleep(ahead)
        key = b"k%d" % (n * 7919 % keys)
        producer.produce(topic, b"event %d" % n, key)
        sent[key] += 1
        if n % 500 == 0:
            producer.poll(0)
    assert producer.flush(30) == 0
    return sent


def read(bootstrap: str, topic: str) -> Iterator[Any]:
    """Every committed message of a topic, once."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    places = reader.list_topics(topic, 10).topics[topic].partitions
    reader.assign([TopicPartition(topic, p, 0) for p in places])
    ended: set[int] = set()
    while len(ended) < len(places):
        for message in reader.consume(1000, 1.0):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition() or 0)
    reader.close()


def wait_committed(bootstrap: str, group: str, topic: str, timeout: float = 60.0) -> None:
    """Return when the group has committed every event of the topic.

    Offsets in a transaction that nobody has decided yet are not told: that is one more reason to ask again.
    """
    asker = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    places = [TopicPartition(topic, p) for p in asker.list_topics(topic, 10).topics[topic].partitions]
    until = time.monotonic() + timeout
    lag, silence = -1, ""
    while lag != 0:
        assert time.monotonic() < until, f"{lag} events of {topic} are not committed within {timeout} s{silence}"
        try:
            ends = [asker.get_watermark_offsets(place, 5)[1] for place in places]
            at = [max(place.offset, 0) for place in asker.committed(places, 5)]
            lag, silence = sum(ends) - sum(at), ""
        except KafkaException as problem:
            error = error_of(problem)
            if not is_transient(error):
                raise
            silence = f" ({error})"
        time.sleep(0.05)
    asker.close()


def counts(bootstrap: str, changelog: str) -> tuple[Counter[bytes], int]:
    """What the changelog says each key counted; and how many rows are older than the one before them."""
    last: dict[bytes, tuple[int, int]] = {}
    older = 0
    for message in read(bootstrap, changelog):
        count, offset = map(int, message.value().split())
        if offset <= last.get(message.key(), (0, -1))[1]:
            older += 1
        last[message.key()] = (count, offset)
    return Counter({key: count for key, (count, _) in last.items()}), older


def settings(prefix: str, data_dir: Path | None = None, **more: Any) -> ProcessorSettings:
    """A counting processor's settings."""
    names = Names.of(prefix)
    given: dict[str, Any] = {
        "name": "count",
        "group": names.group,
        "inputs": (names.events,),
        "changelog": names.changelog,
        "data_dir": data_dir,
        **more,
    }
    return ProcessorSettings(**given)


if __name__ == "__main__":
    install(os.environ)
    told = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    sys.exit(
        run_processors(
            [
                HostedProcessor(
                    settings(told["prefix"], Path(told["data_dir"]), **told["settings"]),
                    Counting(Names.of(told["prefix"]).out, told.get("pause_s", 0.0)),
                    KafkaSettings(bootstrap=told["bootstrap"], prefix=told["prefix"]),
                )
            ],
            on_ready=lambda: print("ready", flush=True),
        )
    )
