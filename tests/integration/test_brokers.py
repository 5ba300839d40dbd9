"""The brokers themselves: what the in-process one keeps and loses, and that a real one can be had and survives."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import TopicSpec, create
from garbo.embedded import EmbeddedBroker
from garbo.errors import BrokerError
from tests.brokers import MavenKafka

Start = Callable[..., EmbeddedBroker]


def produce(bootstrap: str, topic: str, values: list[bytes], partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(30) == 0


def read(bootstrap: str, topic: str, count: int, partition: int = 0) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, partition, 0)])
    got: list[Message] = []
    while len(got) < count:
        message = consumer.poll(30)
        assert message is not None, f"only {len(got)} of {count} messages came"
        if message.error() is None:
            got.append(message)
    consumer.close()
    return got


def test_topics_are_there_with_their_partition_counts(embedded_broker: Start) -> None:
    """What was asked for at the start is what a client sees, before it has written anything."""
    broker = embedded_broker({"touchpoints": 4, "model-snapshots": 1})
    topics = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=30).topics
    assert {name: len(t.partitions) for name, t in topics.items()} == {"touchpoints": 4, "model-snapshots": 1}


def test_what_is_written_is_read_in_order_with_key_headers_and_timestamp(embedded_broker: Start) -> None:
    """The embedded broker keeps the whole record."""
    broker = embedded_broker({"t": 1})
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce("t", b"v0", b"k", timestamp=1_700_000_000_123, headers={"h": b"1"})
    producer.produce("t", None, b"k")
    assert producer.flush(30) == 0
    first, second = read(broker.bootstrap, "t", 2)
    assert (first.key(), first.value(), first.timestamp()[1], first.headers()) == (
        b"k",
        b"v0",
        1_700_000_000_123,
        [("h", b"1")],
    )
    assert (second.offset(), second.value()) == (1, None)


def test_committed_offsets_are_kept_for_the_group(embedded_broker: Start) -> None:
    """A worker that comes back goes on where it was."""
    broker = embedded_broker({"t": 1})
    produce(broker.bootstrap, "t", [b"0", b"1", b"2"])

    def first_of(commit: bool) -> bytes | None:
        consumer = Consumer(
            {
                "bootstrap.servers": broker.bootstrap,
                "group.id": "g",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": 2000,  # a group that was left waits this long, less a second
                "heartbeat.interval.ms": 500,
            }
        )
        consumer.subscribe(["t"])
        message = consumer.poll(30)
        assert message is not None
        if commit:
            consumer.commit(message=message, asynchronous=False)
        consumer.close()
        return message.value()

    assert [first_of(commit=True), first_of(commit=True), first_of(commit=False)] == [b"0", b"1", b"2"]


def test_an_outage_keeps_the_log(embedded_broker: Start) -> None:
    """What was acknowledged before the outage is there after it."""
    broker = embedded_broker({"t": 1})
    produce(broker.bootstrap, "t", [b"before"])
    broker.go_down()
    broker.come_up()
    produce(broker.bootstrap, "t", [b"after"])
    assert [m.value() for m in read(broker.bootstrap, "t", 2)] == [b"before", b"after"]


def test_an_error_pushed_is_the_answer_to_the_next_request(embedded_broker: Start) -> None:
    """A refused produce reaches the client as the error it was."""
    broker = embedded_broker({"t": 1})
    errors: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "retries": 0})
    broker.fail_next(0, [KafkaError.TOPIC_AUTHORIZATION_FAILED])
    producer.produce("t", b"v", on_delivery=lambda e, _: errors.append(e))
    producer.flush(30)
    assert [e and e.code() for e in errors] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


def test_the_child_leaves_when_its_parent_is_killed() -> None:
    """No broker is left behind, however the parent died."""
    code = (
        "import os, signal\n"
        "from garbo.embedded import EmbeddedBroker\n"
        "print(EmbeddedBroker({'t': 1}).start().pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The child holds the pipe's other end too: `run` returns only when both are gone.
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == -9
    assert int(done.stdout) > 0


def test_a_broker_that_is_not_running_says_so() -> None:
    """No half-made address."""
    with pytest.raises(BrokerError, match="not running"):
        _ = EmbeddedBroker({"t": 1}).bootstrap


@pytest.mark.kafka
def test_a_killed_kafka_comes_back_with_its_data(own_kafka: MavenKafka) -> None:
    """The stand-in for a broker crash: kill -9, start again, same address, same records."""
    create(KafkaSettings(own_kafka.bootstrap), [TopicSpec("t", 1, retention_ms=3_600_000)])
    produce(own_kafka.bootstrap, "t", [b"before"])
    own_kafka.kill()
    own_kafka.start()
    produce(own_kafka.bootstrap, "t", [b"after"])
    assert [m.value() for m in read(own_kafka.bootstrap, "t", 2)] == [b"before", b"after"]
