"""Runs the whole pipeline for a demo: a broker, all processors, a feeder in stream time, a reader of the outputs."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, create, topic_specs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Deliver
from garbo.demo.journeys import Journey, at
from garbo.embedded.broker import EmbeddedBroker
from garbo.faust_host.run import ProcessorHost
from garbo.processors.ports import InboundMessage
from garbo.replay.outputs import OutputReader, OutputRecord
from garbo.replay.pipeline import Pipeline

PARTITIONS = 4


@dataclass(slots=True)
class Story:
    """What a journey led to.

    events: ids of its messages; parties: its persons; silences: decisions without an action; problems: in sentences.
    """

    commands: list[Deliver] = field(default_factory=list)
    events: frozenset[str] = frozenset()
    parties: set[str] = field(default_factory=set)
    decisions: int = 0
    silences: int = 0
    problems: list[str] = field(default_factory=list)


class DemoObserver(Protocol):
    """Receives each message and each output as it happens."""

    def happened(self, message: InboundMessage) -> None: ...

    def decided(self, output: OutputRecord) -> None: ...


@contextlib.contextmanager
def play(settings: Settings, policy: Policy, *, own_broker: bool) -> Iterator["DemoRunner"]:
    """Start broker, processors, feeder and reader; stop them at the end.

    Args:
        own_broker: start an embedded broker; otherwise use `settings.kafka` with topics of a prefix of its own.

    Raises:
        GarboError: a part does not start.
    """
    with contextlib.ExitStack() as stack:
        if own_broker:
            broker = stack.enter_context(EmbeddedBroker(as_counts(topic_specs(PARTITIONS))))
            # The broker stops before its clients: they must not log that as an error.
            kafka = KafkaSettings(
                broker.bootstrap, transactional=False, client={"log.connection.close": "false", "log_level": "2"}
            )
        else:  # topics of its own, so that a demo never touches an installation
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
        reader = OutputReader(kafka, codec, PARTITIONS)
        stack.callback(reader.close)
        yield DemoRunner(pipeline, reader, lambda: host.failure)


class DemoRunner:
    """Plays journeys on a running pipeline."""

    def __init__(self, pipeline: Pipeline, reader: OutputReader, failure: Callable[[], Exception | None]) -> None:
        self.pipeline, self._reader, self._failure = pipeline, reader, failure

    def play(self, journey: Journey, observer: DemoObserver) -> Story:
        """Feed the messages in order. Before each one the time advances, and due timers fire at their own instants."""
        story = Story(events=frozenset(message.event_id for message in journey.messages))
        for message in journey.messages:
            self._advance(message.at - 1, observer, story)
            observer.happened(message)
            self.pipeline.send(message)
            self._report(observer, story)
        self._advance(at(journey.until), observer, story)
        return story

    def _advance(self, until: int, observer: DemoObserver, story: Story) -> None:
        self.pipeline.tick(until)
        self._report(observer, story)

    def outputs(self) -> list[OutputRecord]:
        """Wait until the pipeline is idle.

        Returns:
            The outputs since the last call.

        Raises:
            BrokerError: the pipeline does not become idle.
        """
        self.pipeline.wait_idle()
        if (failure := self._failure()) is not None:
            raise failure
        return self._reader.read()

    def _report(self, observer: DemoObserver, story: Story) -> None:
        """Report the outputs of the journey's persons. Those of earlier journeys go on living as time advances."""
        outputs = self.outputs()
        for output in outputs:
            if output.decision is not None and output.decision.event_id in story.events:
                story.parties.add(output.decision.party)
        for output in outputs:
            made = output.decision or output.command
            if made is not None and made.party not in story.parties:
                continue
            observer.decided(output)
            if output.command is not None:
                story.commands.append(output.command)
            if output.decision is not None:
                story.decisions += 1
                story.silences += not output.decision.chosen
            if output.dead_letter is not None:
                story.problems.append(f"dead letter: {output.dead_letter.reason} {output.dead_letter.detail}")
