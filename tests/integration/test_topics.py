"""The catalogue on a real broker: made once, verified, and every mistake named."""

import os

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import TopicSpec, create, topic_specs, verify
from garbo.errors import BrokerError
from garbo.processors.partitioner import partition_for


def partitions(kafka: KafkaSettings) -> dict[str, int]:
    """The broker's topics under the test's prefix, and how many partitions each has."""
    topics = AdminClient(kafka.base()).list_topics(timeout=30).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if name.startswith(kafka.prefix)}


@pytest.mark.kafka
def test_created_topics_are_as_specified_and_a_second_creation_changes_nothing(kafka_settings: KafkaSettings) -> None:
    """`garbo topics --create` may be run again at every deployment."""
    specs = topic_specs(3, kafka_settings.prefix)
    one = ("-versions", "-snapshots", "-findings")
    wanted = {spec.name: 1 if any(word in spec.name for word in one) else 3 for spec in specs}
    assert partitions(kafka_settings) == {}
    assert sorted(create(kafka_settings, specs)) == sorted(wanted)
    assert partitions(kafka_settings) == wanted
    assert create(kafka_settings, specs) == []
    assert partitions(kafka_settings) == wanted
    assert verify(kafka_settings, specs) == []


@pytest.mark.kafka
def test_every_setting_of_the_catalogue_is_what_the_broker_holds(kafka_settings: KafkaSettings) -> None:
    """No setting is misspelt, none silently left out."""
    specs = topic_specs(1, kafka_settings.prefix)
    create(kafka_settings, specs)
    admin = AdminClient(kafka_settings.base())
    answers = admin.describe_configs([ConfigResource(ResourceType.TOPIC, s.name) for s in specs])
    held = {r.name: {k: e.value for k, e in f.result(30).items()} for r, f in answers.items()}
    assert {s.name: {k: held[s.name][k] for k in s.settings()} for s in specs} == {s.name: s.settings() for s in specs}


@pytest.mark.kafka
def test_each_mistake_is_a_sentence_that_says_what_to_do(kafka_settings: KafkaSettings) -> None:
    """Missing, of the wrong width, or with a policy that would lose rows."""
    p = kafka_settings.prefix
    create(kafka_settings, [TopicSpec(p + "wide", 2, retention_ms=1), TopicSpec(p + "changelog", 1, retention_ms=1)])
    wanted = [
        TopicSpec(p + "wide", 4, retention_ms=1),
        TopicSpec(p + "changelog", 1, cleanup="compact"),
        TopicSpec(p + "missing", 1, retention_ms=1),
    ]
    wide, missing, changelog = verify(kafka_settings, wanted)
    assert "has 2 partitions, not 4" in wide
    assert "garbo topics --create" in missing
    assert "cleanup.policy=compact" in changelog


@pytest.mark.kafka
def test_a_key_lands_where_partition_for_says(kafka_settings: KafkaSettings) -> None:
    """Ours, librdkafka's and so Java's partitioner agree, for every length of tail, the empty key and high bytes."""
    topic = kafka_settings.topic("keys")
    create(kafka_settings, [TopicSpec(topic, 7, retention_ms=3_600_000)])
    keys = [
        b"",
        b"a",
        b"ab",
        b"abc",
        b"abcd",
        b"\xff\xfe\xfd",
        "città".encode(),
        *(os.urandom(n) for n in range(1, 60)),
    ]
    landed: dict[bytes, int] = {}
    producer = Producer(kafka_settings.producer())
    for key in keys:
        producer.produce(topic, b"v", key, on_delivery=lambda e, m: landed.update({m.key() or b"": m.partition() or 0}))
    assert producer.flush(30) == 0
    assert landed == {key: partition_for(key, 7) for key in keys}


def test_the_embedded_broker_passes_the_same_check(embedded: KafkaSettings) -> None:
    """It holds the catalogue from its start; a topic it was not given is reported, not made."""
    specs = topic_specs(4, embedded.prefix)
    assert create(embedded, specs) == []
    assert verify(embedded, specs) == []
    assert len(verify(embedded, [TopicSpec("another", 1, retention_ms=1)])) == 1


def test_a_broker_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback of librdkafka's for a wrong address."""
    monkeypatch.setattr("garbo.adapters.kafka.topics._TIMEOUT_S", 0.5)
    settings = KafkaSettings(bootstrap="127.0.0.1:1", client={"log_level": "0"})
    with pytest.raises(BrokerError, match="Check the address"):
        verify(settings, [])
