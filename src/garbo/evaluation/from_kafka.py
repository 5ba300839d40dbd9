"""The log from the topics `decisions` and `learning-examples`."""

from collections.abc import Callable

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.evaluation.rows import Rows, decision_row, example_row
from garbo.processors.ports import Rejected
from garbo.processors.topics import LEARNING_EXAMPLES, Topics


def from_kafka(kafka: KafkaSettings, topics: Topics, codec: AvroCodec, *, since_ms: int | None = None) -> Rows:
    """Every committed record, or those appended at `since_ms` (ms since 1970) or later.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: the broker does not answer.
    """
    rows = Rows()

    def keep(topic: str, take: Callable[[bytes], None]) -> None:
        for message in read_all(kafka, [topic], since_ms=since_ms):
            if message.value is None:
                continue
            try:
                take(message.value)
            except Rejected:
                rows.unreadable += 1

    keep(topics.decisions, lambda value: rows.decisions.append(decision_row(codec.decision(value))))
    keep(topics.named(LEARNING_EXAMPLES), lambda value: rows.examples.append(example_row(codec.example(value))))
    return rows
