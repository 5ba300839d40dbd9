"""The practical limit: read, one row get and put, the same writes, one transaction a commit; no decision, no Faust.

Reads party-events of a prefix as fast as possible and writes messages of the given sizes, like decide: for each event a
changelog row and a decision record, for every `--every`th event a command. Prints JSON. `benchmarks.pipeline` runs it.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import rocksdict
from confluent_kafka import Consumer, Producer, TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--row", type=int, required=True)
    parser.add_argument("--record", type=int, required=True)
    parser.add_argument("--command", type=int, required=True)
    parser.add_argument("--every", type=int, required=True)
    given = parser.parse_args()
    kafka = KafkaSettings(given.bootstrap)
    consumer = Consumer(
        {
            **kafka.base(), "group.id": given.prefix + "bare", "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "isolation.level": "read_committed", "queued.min.messages": 100_000,
        }
    )  # fmt: skip
    producer = Producer(
        {**kafka.base(), "transactional.id": given.prefix + "bare", "partitioner": "murmur2_random", "linger.ms": 5,
         "queue.buffering.max.messages": 500_000}
    )  # fmt: skip
    producer.init_transactions(30.0)
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    with tempfile.TemporaryDirectory() as folder:
        rows = rocksdict.Rdict(str(Path(folder) / "rows"), options)
        seconds = _loop(given, consumer, producer, rows)
        rows.close()
    print(json.dumps({"events_per_second": given.events / seconds, "seconds": seconds}))


def _loop(given: argparse.Namespace, consumer: Consumer, producer: Producer, rows: rocksdict.Rdict) -> float:
    source = given.prefix + "party-events"
    row, record, command = b"r" * given.row, b"d" * given.record, b"c" * given.command
    outputs = [given.prefix + name for name in ("bare-changelog", "bare-decisions", "bare-actions")]
    consumer.subscribe([source])
    seen, offsets, started, committed, open_ = 0, {}, 0.0, time.monotonic(), False
    while seen < given.events:
        messages = consumer.consume(500, 0.1)
        if not messages:
            continue
        started = started or time.monotonic()
        if not open_:
            producer.begin_transaction()
            open_ = True
        batch = rocksdict.WriteBatch(raw_mode=True)
        for message in messages:
            if message.error():
                continue
            key = message.key()
            message.value()
            rows.get(key)
            batch.put(key, row)
            producer.produce(outputs[0], row, key)
            producer.produce(outputs[1], record, key)
            seen += 1
            if seen % given.every == 0:
                producer.produce(outputs[2], command, key)
            offsets[message.partition()] = message.offset() + 1
        rows.write(batch)
        producer.poll(0)
        if time.monotonic() - committed > 0.1 or seen >= given.events:
            positions = [TopicPartition(source, p, o) for p, o in offsets.items()]
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), 30.0)
            producer.commit_transaction(30.0)
            committed, open_ = time.monotonic(), False
    return time.monotonic() - started


if __name__ == "__main__":
    main()
