"""Dead letters on a broker: read once each, whole, with their marks; sent again by one sender at a time."""

from collections.abc import Sequence

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.core.vocabulary.reasons import DeadLetterReason as Why
from garbo.errors import BrokerError, TopicError
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import Topics
from garbo.readmodel.dead_letters import DeadLetterLog, Letter, Place, Wanted
from garbo.redrive.draft import Draft
from garbo.redrive.sending import Sender

CODEC = AvroCodec(PackagedRegistry())


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def kafka_of(request: pytest.FixtureRequest) -> KafkaSettings:
    if request.param == "embedded":
        found: KafkaSettings = request.getfixturevalue("embedded")
        return found
    real: KafkaSettings = request.getfixturevalue("kafka_settings")
    create(real, topic_specs(4, real.prefix))
    return real


def put_aside(kafka: KafkaSettings, values: Sequence[bytes], why: Why = Why.NOT_AVRO, *, copies: int = 1) -> None:
    """Messages on touchpoints[1], and a letter of each."""
    topic = kafka.topic("touchpoints")
    with Writer(kafka) as writer:
        for value in values:
            writer.write(topic, b"k", value, partition=1)
    records = list(read_all(kafka, [topic]))[-len(values) :]
    with Writer(kafka) as writer:
        for record in records:
            letter = CODEC.encode_dead_letter(record, "resolve", why, "", record.offset)
            for _ in range(copies):
                writer.write(kafka.topic("dead-letters"), record.key, letter)


def log(kafka: KafkaSettings) -> DeadLetterLog:
    return DeadLetterLog(kafka, Topics(kafka.prefix), CODEC)


def places(letters: Sequence[Letter]) -> list[str]:
    return [str(letter.place) for letter in letters]


def drafts(kafka: KafkaSettings) -> list[Draft]:
    return [Draft(letter, b"k", b"again") for letter in log(kafka).letters(Wanted()) if letter.sent_again is None]


def sent(kafka: KafkaSettings) -> list[bytes | None]:
    return [r.value for r in read_all(kafka, [kafka.topic("touchpoints")]) if r.headers]


def test_each_letter_is_read_once_and_filtered(kafka_of: KafkaSettings) -> None:
    put_aside(kafka_of, [b"a", b"b"], copies=2)
    put_aside(kafka_of, [b"c"], Why.MALFORMED)
    with Writer(kafka_of) as writer:
        writer.write(kafka_of.topic("dead-letters"), b"k", b"no letter")
    reader = log(kafka_of)
    assert places(list(reader.letters(Wanted()))) == ["touchpoints/1/0", "touchpoints/1/1", "touchpoints/1/2"]
    assert reader.unreadable == 1
    for wanted, expected in (
        (Wanted(reasons=frozenset({"malformed"})), ["touchpoints/1/2"]),
        (Wanted(topics=frozenset({"profiles"})), []),
        (Wanted(since=1, reasons=frozenset({"not_avro"})), ["touchpoints/1/1"]),
        (Wanted(places=frozenset({Place("touchpoints", 1, 0)})), ["touchpoints/1/0"]),
    ):
        assert places(list(reader.letters(wanted))) == expected


def test_a_value_that_was_cut_is_read_from_its_own_place(kafka_of: KafkaSettings) -> None:
    whole = bytes(range(256)) * 400
    put_aside(kafka_of, [b"short", whole, b""])
    values = [log(kafka_of).value(letter.letter) for letter in log(kafka_of).letters(Wanted())]
    assert values == [b"short", whole, b""]
    (letter,) = (found for found in log(kafka_of).letters(Wanted()) if found.letter.size > 100)
    gone = ConsumerRecord(letter.letter.topic, 1, 999, b"k", whole, 0)
    kept = CODEC.dead_letter(CODEC.encode_dead_letter(gone, "resolve", Why.NOT_AVRO, "", 1))
    assert log(kafka_of).value(kept) is None


def test_what_is_sent_again_is_marked_and_names_where_it_lay(kafka_of: KafkaSettings) -> None:
    put_aside(kafka_of, [b"a", b"b"])
    with Sender(kafka_of) as sender:
        sender.send(drafts(kafka_of)[:1])
    assert [letter.sent_again is None for letter in log(kafka_of).letters(Wanted())] == [False, True]
    with Sender(kafka_of) as sender:
        sender.send(drafts(kafka_of))
    assert drafts(kafka_of) == []
    source = kafka_of.topic("touchpoints")
    again = [r for r in read_all(kafka_of, [source]) if r.headers]
    assert [(r.value, r.headers) for r in again] == [
        (b"again", (("garbo-redriven-from", f"{source}/1/{offset}".encode()),)) for offset in (0, 1)
    ]


def test_a_letter_of_a_topic_that_is_gone_is_a_sentence(kafka_of: KafkaSettings) -> None:
    put_aside(kafka_of, [b"a"])
    (draft,) = drafts(kafka_of)
    record = ConsumerRecord("gone", 0, 0, b"k", b"v", 0)
    kept = CODEC.dead_letter(CODEC.encode_dead_letter(record, "resolve", Why.NOT_AVRO, "", 1))
    with Sender(kafka_of) as sender, pytest.raises(TopicError, match="gone does not exist"):
        sender.send([draft, Draft(Letter(Place("gone", 0, 0), kept, 0, None, ""), b"k", b"v")])
    assert sent(kafka_of) == []


@pytest.mark.kafka
def test_of_two_senders_the_later_one_sends_and_nothing_is_sent_twice(kafka_settings: KafkaSettings) -> None:
    create(kafka_settings, topic_specs(4, kafka_settings.prefix))
    put_aside(kafka_settings, [b"a", b"b", b"c"])

    def overtaken() -> None:
        with Sender(kafka_settings) as first:
            planned = drafts(kafka_settings)
            first.send(planned[:1])
            with Sender(kafka_settings) as second:
                second.send(drafts(kafka_settings))
            first.send(planned[1:])

    with pytest.raises(BrokerError, match="Another process began the same work"):
        overtaken()
    assert sent(kafka_settings) == [b"again"] * 3
    assert drafts(kafka_settings) == []
