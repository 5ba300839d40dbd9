"""Reads and counts the pipeline's outputs: decisions, commands, dead letters, examples, snapshots.

Rules
 1. The tally reads the topics from their beginning, like any consumer. It does not use the worker's own metrics.
 2. It notices dropped records. On the embedded broker offsets have no gaps (no transactions, no compaction), so a gap
    is a loss; the broker's answer "that offset is gone" is an error.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Disposition
from garbo.errors import BrokerError
from garbo.learning import snapshots
from garbo.learning.constant import ConstantLearner
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.snapshots import Snapshot
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import Topics

_BATCH: Final = 500


@dataclass(slots=True)
class Counts:
    """The counts so far."""

    dispositions: Counter[str] = field(default_factory=Counter)
    chosen: Counter[str] = field(default_factory=Counter)  # decided events by the action chosen; "" is silence
    held_back: Counter[str] = field(default_factory=Counter)  # candidates by the first reason that held them back
    commands: Counter[tuple[str, str]] = field(default_factory=Counter)  # by channel and action
    riders: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[tuple[str, str]] = field(default_factory=Counter)  # by processor and reason
    examples: Counter[str] = field(default_factory=Counter)  # by family, each id once
    policies: set[str] = field(default_factory=set)
    models: dict[str, Snapshot] = field(default_factory=dict)  # the latest of each family
    timers: int = 0  # decisions that a timer of the party started
    model_scored: int = 0  # decisions that used a learnt model, not the starting propensity alone
    lost: int = 0  # offsets never read (rule 2)

    @property
    def learnt(self) -> int:
        return sum(model.trained_on for model in self.models.values())


class Tally:
    """Reads with one consumer and fixed partitions: no group, no rebalance, no commits."""

    def __init__(self, kafka: KafkaSettings, codec: AvroCodec, partitions: int, key: bytes = DEVELOPMENT_KEY) -> None:
        """key: with which the snapshots are signed."""
        self.counts, self._key = Counts(), key
        self._codec, self._topics, self._gaps_are_losses = codec, Topics(kafka.prefix), not kafka.transactional
        self._examples: set[str] = set()
        self._expected: set[str] = set()  # decisions that sent a command
        self._commanded: set[str] = set()  # commands, by their decision
        self._running_mean: dict[str, tuple[ConstantLearner, Progressive]] = {}
        self._next: dict[tuple[str, int], int] = {}
        self._consumer = Consumer(
            {
                **kafka.base(),
                "group.id": f"{kafka.prefix}garbo-report",  # librdkafka requires one; nothing is committed
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 10,  # the embedded broker lets an empty fetch wait in full
            }
        )
        keyed = (self._topics.decisions, self._topics.dead_letters, self._topics.examples)
        named = [*keyed, *self._topics.of_commands(self._consumer.list_topics(timeout=10.0).topics)]
        places = [TopicPartition(name, p, 0) for name in named for p in range(partitions)]
        self._consumer.assign([*places, TopicPartition(self._topics.snapshots, 0, 0)])
        self._actions = self._topics.actions("")

    def read(self, timeout: float) -> list[str]:
        """Count the records that have arrived, waiting at most `timeout` seconds.

        Returns:
            The ids of the events that now have a decision or a dead letter.

        Raises:
            BrokerError: the broker refuses, or has dropped unread records.
        """
        ended: list[str] = []
        for message in self._consumer.consume(_BATCH, timeout):
            self._take(message, ended)
        return ended

    @property
    def unlearnt(self) -> int:
        """The number of examples on the topic that are in no snapshot yet."""
        refused = sum(n for (processor, _), n in self.counts.dead_letters.items() if processor == "learn")
        return len(self._examples) - refused - self.counts.learnt

    @property
    def unmatched_commands(self) -> int:
        """The number of decisions without a command, and of commands without a decision."""
        return len(self._expected ^ self._commanded)

    def drift(self, family: str) -> Progressive | None:
        """The score of a running mean without features on the same examples; None: no examples."""
        held = self._running_mean.get(family)
        return held[1] if held else None

    def close(self) -> None:
        self._consumer.close()

    # ---- one message ---------------------------------------------------------------------------------------------

    def _take(self, message: Message, ended: list[str]) -> None:
        topic, value = message.topic() or "", message.value() or b""
        if (problem := message.error()) is not None:
            if problem.code() == KafkaError._PARTITION_EOF:
                return
            raise BrokerError(
                f"cannot read {topic or 'the pipeline'}: {problem.str()}. Check the broker and start the replay again."
            ) from KafkaException(problem)
        place, offset = (topic, message.partition() or 0), message.offset() or 0
        if self._gaps_are_losses:
            self.counts.lost += offset - self._next.get(place, 0)
        self._next[place] = offset + 1
        if topic == self._topics.decisions:
            self._decision(self._codec.decision(value), ended)
        elif topic == self._topics.examples:
            self._example(value)
        elif topic == self._topics.dead_letters:
            if value:  # otherwise the mark of a dead letter that was sent again
                self._dead_letter(value, ended)
        elif topic == self._topics.snapshots:
            model = snapshots.decode(value, self._key)
            self.counts.models[model.model] = model
        elif topic.startswith(self._actions):
            command = self._codec.command(value)
            self._commanded.add(command.decision_id)
            self.counts.commands[command.channel, command.action] += 1
            self.counts.riders.update(rider.action for rider in command.riders)

    def _decision(self, record: DecisionRecord, ended: list[str]) -> None:
        counts = self.counts
        counts.dispositions[record.disposition.value] += 1
        if record.disposition is not Disposition.DECIDED:
            return
        ended.append(record.event_id)
        counts.policies.add(record.policy_version)
        counts.chosen[record.chosen] += 1
        counts.timers += bool(record.intent)
        counts.model_scored += bool(record.model_version)
        counts.held_back.update(blocked.reason.value for blocked in record.blocked)
        counts.held_back.update(scored.reason.value for scored in record.scored if scored.reason is not None)
        if record.chosen and record.placed_at <= record.at:
            self._expected.add(record.decision_id)

    def _example(self, value: bytes) -> None:
        example = self._codec.example(value)
        if example.example_id in self._examples:
            return
        self._examples.add(example.example_id)
        self.counts.examples[example.model] += 1
        mean, figures = self._running_mean.setdefault(example.model, (ConstantLearner(0.5), Progressive()))
        figures.add(mean.predict_one({}), example.label)
        mean.learn_one({}, example.label)

    def _dead_letter(self, value: bytes, ended: list[str]) -> None:
        letter = self._codec.dead_letter(value)
        self.counts.dead_letters[letter.processor, letter.reason.value] += 1
        event_id = self._event_of(letter.processor, ConsumerRecord(letter.topic, 0, 0, letter.key, letter.value, 0))
        if event_id:
            ended.append(event_id)

    def _event_of(self, processor: str, record: ConsumerRecord) -> str:
        """The id of the event in a dead letter; empty if it holds no event, or cannot be read."""
        try:
            if processor == "resolve":
                return self._codec.inbound(record.value or b"").event_id
            return self._codec.party_event(record).event_id if processor == "decide" else ""
        except Rejected:
            return ""
