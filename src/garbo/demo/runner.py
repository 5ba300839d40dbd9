"""Hosts the whole pipeline for a story: a broker, all processors, a feeder in stream time, a reader of the outputs."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, create, topic_specs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.demo.journeys import Journey, at
from garbo.embedded.broker import EmbeddedBroker
from garbo.faust_host.run import ProcessorHost
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import Topics
from garbo.replay.pipeline import Pipeline

PARTITIONS = 4


@dataclass(slots=True)
class DemoOutput:
    """One message that came out: a decision, a command, or a dead letter."""

    decision: DecisionRecord | None = None
    command: Deliver | None = None
    dead_letter: DeadLetter | None = None


@dataclass(slots=True)
class Story:
    """How a journey went."""

    commands: list[Deliver] = field(default_factory=list)
    decisions: int = 0
    silences: int = 0
    complaints: list[str] = field(default_factory=list)


class DemoObserver(Protocol):
    """Whoever watches."""

    def happened(self, message: InboundMessage) -> None: ...

    def decided(self, heard: DemoOutput) -> None: ...


@contextlib.contextmanager
def play(settings: Settings, policy: Policy, *, own_broker: bool) -> Iterator["DemoRunner"]:
    """Everything up and ready; everything down at the end."""
    with contextlib.ExitStack() as stack:
        if own_broker:
            broker = stack.enter_context(EmbeddedBroker(as_counts(topic_specs(PARTITIONS))))
            # At the end the broker leaves before its clients: that is no news.
            kafka = KafkaSettings(
                broker.bootstrap, transactional=False, client={"log.connection.close": "false", "log_level": "2"}
            )
        else:  # topics of its own, so that a demo never meddles with what runs there
            kafka = replace(settings.kafka, prefix=f"demo-{secrets.token_hex(3)}.")
            create(kafka, topic_specs(PARTITIONS, kafka.prefix))
        settings = replace(settings, kafka=kafka, clock="stream", data_dir=None)
        host = ProcessorHost(wiring.hosted_processors(settings, policy=policy))
        stack.callback(host.stop)
        host.start()
        host.wait_ready()
        codec = wiring.codec(settings)
        pipeline = Pipeline(kafka, codec, PARTITIONS)
        stack.callback(pipeline.close)
        ears = OutputReader(kafka, codec)
        stack.callback(ears.close)
        yield DemoRunner(pipeline, ears, lambda: host.failure)


class DemoRunner:
    """Plays journeys on a running pipeline."""

    def __init__(self, pipeline: Pipeline, ears: "OutputReader", failure: Callable[[], Exception | None]) -> None:
        self.pipeline, self._ears, self._failure = pipeline, ears, failure

    def play(self, journey: Journey, audience: DemoObserver) -> Story:
        """Feed the messages in order; before each, time passes and what is due happens at its own instant."""
        story = Story()
        for message in journey.messages:
            self._let_pass(message.at - 1, audience, story)
            audience.happened(message)
            self.pipeline.send(message)
            self._listen(audience, story)
        self._let_pass(at(journey.until), audience, story)
        return story

    def _let_pass(self, until: int, audience: DemoObserver, story: Story) -> None:
        self.pipeline.tick(until)
        self._listen(audience, story)

    def hear(self) -> list[DemoOutput]:
        """Wait until nothing moves any more; what came out since the last time."""
        self.pipeline.wait_idle()
        if (failure := self._failure()) is not None:
            raise failure
        return self._ears.listen()

    def _listen(self, audience: DemoObserver, story: Story) -> None:
        for heard in self.hear():
            audience.decided(heard)
            if heard.command is not None:
                story.commands.append(heard.command)
            if heard.decision is not None:
                story.decisions += 1
                story.silences += not heard.decision.chosen
            if heard.dead_letter is not None:
                story.complaints.append(f"dead letter: {heard.dead_letter.reason} {heard.dead_letter.detail}")


class OutputReader:
    """Reads what came out since the last time, decisions and commands in the order of their decision."""

    def __init__(self, kafka: KafkaSettings, codec: AvroCodec) -> None:
        self._codec = codec
        names = Topics(kafka.prefix)
        self._consumer = Consumer(
            {
                **kafka.base(),
                "group.id": f"{kafka.prefix}garbo-ears",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
                "enable.partition.eof": True,
            }
        )
        # A question to the consumer's own connection would wait behind its open fetch, 10 ms each.
        self._watcher = Consumer({**kafka.base(), "group.id": f"{kafka.prefix}garbo-ears"})
        outputs = [s.name for s in topic_specs(PARTITIONS, kafka.prefix) if s.name.startswith(names.actions(""))]
        self._watched = [
            TopicPartition(name, p, 0)
            for name in (*outputs, names.decisions, names.dead_letters)
            for p in range(PARTITIONS)
        ]
        held = self._consumer.list_topics(timeout=10.0).topics
        self._watched = [t for t in self._watched if t.partition < len(held[t.topic].partitions)]
        self._consumer.assign(self._watched)
        self._read: dict[tuple[str | None, int | None], int] = {}
        self._dead = names.dead_letters
        self._decisions = names.decisions

    def listen(self) -> list[DemoOutput]:
        """Everything up to the ends known now."""
        wanted = {(t.topic, t.partition): self._watcher.get_watermark_offsets(t)[1] for t in self._watched}
        found: list[tuple[int, int, DemoOutput]] = []
        while any(end > self._read.get(place, 0) for place, end in wanted.items()):
            for message in self._consumer.consume(500, 0.05):
                place, offset = (message.topic(), message.partition()), message.offset() or 0
                if (error := message.error()) is None:
                    self._read[place] = offset + 1
                    found.append(self._heard(message.topic() or "", message.value() or b""))
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._read[place] = offset  # past a transaction's own marks, which are no messages
        return [heard for _, _, heard in sorted(found, key=lambda f: f[:2])]

    def _heard(self, topic: str, value: bytes) -> tuple[int, int, DemoOutput]:
        if topic == self._dead:
            letter = self._codec.dead_letter(value)
            return letter.at, 2, DemoOutput(dead_letter=letter)
        if topic == self._decisions:
            decision = self._codec.decision(value)
            return decision.at, 0, DemoOutput(decision=decision)
        command = self._codec.command(value)
        return command.at, 1, DemoOutput(command=command)

    def close(self) -> None:
        self._consumer.close()
        self._watcher.close()
