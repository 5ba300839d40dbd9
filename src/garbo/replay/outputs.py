"""Reads what a pipeline has put out: decisions, commands, dead letters, up to the present ends of their topics."""

from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.errors import BrokerError
from garbo.processors.topics import Topics

_POLL_S = 0.005  # `consume` waits its whole time unless it has the number of messages asked for


@dataclass(slots=True)
class OutputRecord:
    """One output message: a decision, a command, or a dead letter. topic: without the installation's prefix."""

    decision: DecisionRecord | None = None
    command: Deliver | None = None
    dead_letter: DeadLetter | None = None
    topic: str = ""


class OutputReader:
    """Reads the new outputs, decisions and commands in the order of their decision.

    Args:
        from_start: read the topics from their beginning. Otherwise from their ends: what lies there now is another
            run's.

    Raises:
        BrokerError: the broker does not return the ends of the topics.
    """

    def __init__(self, kafka: KafkaSettings, codec: AvroCodec, partitions: int, *, from_start: bool = True) -> None:
        self._codec, self._prefix = codec, kafka.prefix
        names = Topics(kafka.prefix)
        self._consumer = Consumer(
            {
                **kafka.base(),
                "group.id": f"{kafka.prefix}garbo-outputs",  # librdkafka requires one; nothing is committed
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
                "enable.partition.eof": True,
            }
        )
        # A request on the consumer's own connection would wait for its open fetch, 10 ms each.
        self._watcher = Consumer({**kafka.base(), "group.id": f"{kafka.prefix}garbo-outputs"})
        held = self._consumer.list_topics(timeout=10.0).topics
        wanted = (*names.of_commands(held), names.decisions, names.dead_letters)
        self._watched = [TopicPartition(name, p, 0) for name in wanted for p in range(partitions)]
        self._watched = [t for t in self._watched if t.topic in held and t.partition < len(held[t.topic].partitions)]
        if not from_start:
            for place, end in self._ends().items():
                self._watched[self._watched.index(TopicPartition(*place))].offset = end
        self._read = {(t.topic, t.partition): t.offset for t in self._watched}
        self._consumer.assign(self._watched)
        self._dead = names.dead_letters
        self._decisions = names.decisions

    def read(self) -> list[OutputRecord]:
        """All new outputs up to the current ends of the topics.

        Raises:
            BrokerError: the broker refuses, or has dropped records that were not read yet.
        """
        wanted = self._ends()
        found: list[tuple[int, int, OutputRecord]] = []
        while any(end > self._read[place] for place, end in wanted.items()):
            for message in self._consumer.consume(500, _POLL_S):
                place, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
                if (error := message.error()) is None:
                    self._read[place] = offset + 1
                    value = message.value()
                    if value is None and place[0] == self._dead:
                        continue  # the mark of a dead letter that was sent again
                    found.append(self._parse(place[0], value or b""))
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._read[place] = offset  # past the control records of transactions
                else:
                    raise BrokerError(f"cannot read {place[0]}: {error.str()}. Check the broker and start again.")
        return [output for _, _, output in sorted(found, key=lambda f: f[:2])]

    def close(self) -> None:
        self._consumer.close()
        self._watcher.close()

    def _ends(self) -> dict[tuple[str, int], int]:
        try:
            return {(t.topic, t.partition): self._watcher.get_watermark_offsets(t, 10.0)[1] for t in self._watched}
        except KafkaException as problem:
            raise BrokerError(f"the broker does not return the ends of the topics: {problem}.") from problem

    def _parse(self, topic: str, value: bytes) -> tuple[int, int, OutputRecord]:
        if topic == self._dead:
            letter = self._codec.dead_letter(value)
            return letter.at, 2, OutputRecord(dead_letter=letter)
        if topic == self._decisions:
            decision = self._codec.decision(value)
            return decision.at, 0, OutputRecord(decision=decision)
        command = self._codec.command(value)
        return command.at, 1, OutputRecord(command=command, topic=topic.removeprefix(self._prefix))
