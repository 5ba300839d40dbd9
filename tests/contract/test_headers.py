"""Headers on both brokers: what a writer gave is what every reader shows."""

from collections.abc import Callable

import pytest

from garbo.adapters.kafka.reader import read_all, read_one, tail
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.processors.ports import ConsumerRecord, Headers

GIVEN: list[Headers] = [(), (("a", b"1"),), (("a", b"1"), ("a", b"2"), ("b", b""), ("c", b"\xff\x00"))]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def kafka_of(request: pytest.FixtureRequest) -> KafkaSettings:
    if request.param == "embedded":
        found: KafkaSettings = request.getfixturevalue("embedded")
        return found
    real: KafkaSettings = request.getfixturevalue("kafka_settings")
    create(real, [spec for spec in topic_specs(4, real.prefix) if spec.name.endswith("touchpoints")])
    return real


def written(kafka: KafkaSettings, *, transactional_id: str | None = None) -> str:
    topic = kafka.topic("touchpoints")
    with Writer(kafka, transactional_id=transactional_id) as writer, writer.transaction():
        for number, headers in enumerate(GIVEN):
            writer.write(topic, b"k", b"%d" % number, partition=1, headers=headers)
    return topic


def test_what_was_written_is_read(kafka_of: KafkaSettings) -> None:
    topic = written(kafka_of)
    found: list[ConsumerRecord] = []
    readers: list[Callable[[], list[ConsumerRecord]]] = [
        lambda: list(read_all(kafka_of, [topic])),
        lambda: list(tail(kafka_of, [topic], until=lambda: True, from_beginning=True)),
    ]
    for reader in readers:
        until = 50
        while len(found := reader()) < len(GIVEN) and until:
            until -= 1
        assert [record.headers for record in found] == GIVEN
    for record in found:
        assert read_one(kafka_of, topic, 1, record.offset) == record
    assert read_one(kafka_of, topic, 1, found[-1].offset + 5) is None
    assert read_one(kafka_of, topic, 3, 0) is None


@pytest.mark.kafka
def test_what_a_transaction_wrote_is_read_once_it_is_committed(kafka_settings: KafkaSettings) -> None:
    create(kafka_settings, [s for s in topic_specs(4, kafka_settings.prefix) if s.name.endswith("touchpoints")])
    topic = kafka_settings.topic("touchpoints")
    name = kafka_settings.prefix + "writer"

    def fails() -> None:
        with Writer(kafka_settings, transactional_id=name) as writer, writer.transaction():
            writer.write(topic, b"k", b"lost", partition=1)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fails()
    written(kafka_settings, transactional_id=name)
    assert [record.headers for record in read_all(kafka_settings, [topic])] == GIVEN
