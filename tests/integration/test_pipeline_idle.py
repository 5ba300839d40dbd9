"""When nothing moves any more, on a real Kafka: control records at the end of a log are not work left undone."""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.errors import BrokerError
from garbo.replay.pipeline import Pipeline

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(kafka_settings: KafkaSettings) -> KafkaSettings:
    create(kafka_settings, topic_specs(1, kafka_settings.prefix))
    return kafka_settings


@pytest.fixture
def producer(settings: KafkaSettings) -> Producer:
    """One whose transaction is open, with a record of party-events in it."""
    producer = Producer({**settings.producer(), "transactional.id": settings.prefix})
    producer.init_transactions(30.0)
    producer.begin_transaction()
    producer.produce(settings.topic("party-events"), b"value", b"key", 0)
    producer.flush(30.0)
    return producer


def commit(settings: KafkaSettings, offset: int) -> None:
    group = Consumer({**settings.base(), "group.id": f"{settings.prefix}garbo-decide", "enable.auto.commit": False})
    group.commit(offsets=[TopicPartition(settings.topic("party-events"), 0, offset)], asynchronous=False)
    group.close()


def pipeline(settings: KafkaSettings) -> Pipeline:
    return Pipeline(settings, AvroCodec(PackagedRegistry()), 1)


def test_a_control_record_behind_the_last_commit_is_no_work(settings: KafkaSettings, producer: Producer) -> None:
    producer.commit_transaction(30.0)
    commit(settings, 1)  # the record's offset + 1; the control record lies at 1, and the log's end is 2
    watched = pipeline(settings)
    watched.wait_idle(20.0)
    assert 0 == watched.lag()


def test_a_record_nobody_took_is_work(settings: KafkaSettings, producer: Producer) -> None:
    producer.commit_transaction(30.0)
    commit(settings, 0)
    with pytest.raises(BrokerError, match="still unprocessed"):
        pipeline(settings).wait_idle(1.0)


def test_a_transaction_still_open_is_work(settings: KafkaSettings, producer: Producer) -> None:
    commit(settings, 0)
    with pytest.raises(BrokerError, match="still unprocessed"):
        pipeline(settings).wait_idle(1.0)
    producer.abort_transaction(30.0)
    pipeline(settings).wait_idle(20.0)  # aborted: delivered to nobody, so nothing is left to do
