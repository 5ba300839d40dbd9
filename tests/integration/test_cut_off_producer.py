"""A transactional producer that lived through a broker's crash: librdkafka's would wait for ever in its next commit."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Consumer, TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.processors.ports import Output
from garbo.runtime.commit_strategy import RolledBackError
from garbo.runtime.exactly_once import ExactlyOnce
from garbo.runtime.producer import RecordProducer
from tests.brokers import MavenKafka
from tests.integration.counting import Names, create_topics, read, settings

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(240)]
DOWN_S = 2.0


class Worker:
    """A member of the group, and the producer of its checkpoints."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.names = Names.of(prefix)
        kafka = KafkaSettings(bootstrap=bootstrap, prefix=prefix)
        self.producer = RecordProducer(kafka, settings(prefix), transactional=True)
        self.producer.connect()
        self.strategy = ExactlyOnce(self.producer, self.names.changelog)
        self.strategy.start()
        group = {"group.id": self.names.group, "session.timeout.ms": 6000}
        self.consumer = Consumer({"bootstrap.servers": bootstrap, **group})
        self.consumer.subscribe([self.names.events])
        self.wait_for_the_group()

    def close(self) -> None:
        self.consumer.close()

    def wait_for_the_group(self) -> None:
        until = time.monotonic() + 40
        while not self.consumer.assignment():
            assert time.monotonic() < until, "no assignment"
            self.consumer.poll(0.2)

    def begin(self, value: bytes) -> None:
        self.strategy.begin()
        self.strategy.outputs([Output(self.names.out, b"k", value)])

    def commit(self, offset: int) -> None:
        self.strategy.commit([TopicPartition(self.names.events, 0, offset)], self.consumer.consumer_group_metadata())

    def outage(self, kafka: MavenKafka) -> None:
        kafka.kill()
        until = time.monotonic() + DOWN_S
        while time.monotonic() < until:
            self.consumer.poll(0.1)
        kafka.start()
        for _ in range(20):  # a member that was expelled joins again
            self.consumer.poll(0.2)
        self.wait_for_the_group()


@pytest.fixture
def worker(own_kafka: MavenKafka, prefix: str) -> Iterator[Worker]:
    create_topics(own_kafka.bootstrap, Names.of(prefix))
    with closing(Worker(own_kafka.bootstrap, prefix)) as made:
        made.begin(b"before")
        made.commit(1)
        yield made


def committed(kafka: MavenKafka, worker: Worker) -> Counter[bytes]:
    return Counter(message.value() for message in read(kafka.bootstrap, worker.names.out))


def test_the_first_checkpoint_after_the_outage_is_committed(own_kafka: MavenKafka, worker: Worker) -> None:
    worker.outage(own_kafka)
    worker.begin(b"after")
    worker.commit(2)
    assert committed(own_kafka, worker) == {b"before": 1, b"after": 1}


def test_a_checkpoint_open_during_the_outage_is_rolled_back_and_done_again(
    own_kafka: MavenKafka, worker: Worker
) -> None:
    worker.begin(b"open")
    worker.producer.client.flush(5)
    worker.outage(own_kafka)
    with pytest.raises(RolledBackError, match="was gone for a moment"):
        worker.commit(2)
    worker.strategy.abort()
    worker.begin(b"again")
    worker.commit(2)
    assert committed(own_kafka, worker) == {b"before": 1, b"again": 1}
