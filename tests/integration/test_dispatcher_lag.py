"""A dispatcher that falls behind, on a real broker."""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import TopicSpec, create
from garbo.runtime.dispatcher_lag import DispatcherLag


@pytest.mark.kafka
def test_the_commands_a_group_has_not_committed_are_its_lag(kafka_settings: KafkaSettings) -> None:
    """Ten commands on each of two partitions, four committed on one, none on the other; another topic's are no part."""
    sms, email = (kafka_settings.prefix + name for name in ("actions.sms", "actions.email"))
    create(kafka_settings, [TopicSpec(name, 2, retention_ms=3_600_000) for name in (sms, email)])
    producer = Producer(kafka_settings.base())
    for n in range(20):
        for topic in (sms, email):
            producer.produce(topic, b"command", partition=n % 2)
    assert producer.flush(30) == 0
    group = kafka_settings.prefix + "senders"
    found: list[tuple[str, str, int]] = []
    meter = DispatcherLag(
        kafka_settings, [group, "nobody"], kafka_settings.prefix + "actions.", lambda *report: found.append(report)
    )
    meter.measure()
    assert found == []  # the group has never committed
    consumer = Consumer({**kafka_settings.base(), "group.id": group})
    consumer.commit(offsets=[TopicPartition(sms, 0, 4)], asynchronous=False)
    consumer.close()
    meter.measure()
    assert found == [(group, sms, 6 + 10)]
