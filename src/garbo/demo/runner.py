"""Runs the whole pipeline for a demo: a broker, all processors, a feeder in stream time, a reader of the outputs."""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, create, topic_specs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.policy.policy import Policy
from garbo.embedded.broker import EmbeddedBroker
from garbo.faust_host.run import ProcessorHost
from garbo.processors.ports import InboundMessage
from garbo.replay.outputs import OutputReader, OutputRecord
from garbo.replay.pipeline import Pipeline
from garbo.stories.model import Seen, Step, Story

PARTITIONS = 4


@dataclass(slots=True)
class Played:
    """What a story led to: `trace` has its steps, messages and outputs in the order of time."""

    story: Story
    seen: Seen = field(default_factory=Seen)
    trace: list[Step | InboundMessage | OutputRecord] = field(default_factory=list)
    parties: set[str] = field(default_factory=set)


@contextlib.contextmanager
def play(settings: Settings, policy: Policy, *, own_broker: bool) -> Iterator["DemoRunner"]:
    """Start broker, processors, feeder and reader; stop them at the end.

    Args:
        own_broker: start an embedded broker; otherwise use `settings.kafka` with topics of a prefix of its own.

    Raises:
        GarboError: a part does not start.
    """
    channels = policy.vocabulary.command_channels
    with contextlib.ExitStack() as stack:
        if own_broker:
            broker = stack.enter_context(EmbeddedBroker(as_counts(topic_specs(PARTITIONS, channels=channels))))
            # The broker stops before its clients: they must not log that as an error.
            kafka = KafkaSettings(
                broker.bootstrap, transactional=False, client={"log.connection.close": "false", "log_level": "2"}
            )
        else:  # topics of its own, so that a demo never touches an installation
            kafka = replace(settings.kafka, prefix=f"demo-{secrets.token_hex(3)}.")
            create(kafka, topic_specs(PARTITIONS, kafka.prefix, channels))
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
    """Plays stories on a running pipeline."""

    def __init__(self, pipeline: Pipeline, reader: OutputReader, failure: Callable[[], Exception | None]) -> None:
        self.pipeline, self._reader, self._failure = pipeline, reader, failure

    def play(self, stories: Sequence[Story]) -> list[Played]:
        """Play the stories at once, as the time in them goes by: no pipeline goes back in time.

        Before each message the time advances, and due timers fire at their own instants.
        """
        played = [Played(story) for story in stories]
        steps = [(step.at, one, step) for one in played for step in one.story.steps]
        for _, one, step in sorted(steps, key=lambda entry: entry[0]):
            self._advance(step.at - 1, played)
            one.trace.append(step)
            for message in step.messages:
                one.trace.append(message)
                self.pipeline.send(message)
                self._report(played, letters_of=[one])
        for until in sorted({story.until for story in stories}):
            self._advance(until, played)
        return played

    def _advance(self, until: int, played: list[Played]) -> None:
        self.pipeline.tick(until)
        self._report(played, letters_of=played)

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

    def _report(self, played: list[Played], *, letters_of: list[Played]) -> None:
        """Give each output to the story whose person it is about. After a story's end its people go on living.

        Args:
            letters_of: the stories that a dead letter may belong to.
        """
        outputs = self.outputs()
        for output in outputs:
            if (decision := output.decision) is not None:
                for one in played:
                    if any(decision.event_id in events for events in one.story.people.values()):
                        one.parties.add(decision.party)
        for output in outputs:
            if (letter := output.dead_letter) is not None:
                for one in letters_of:
                    one.seen.dead_letters.append(f"{letter.reason} {letter.detail}".rstrip())
                continue
            made = output.decision or output.command
            for one in played:
                if made is not None and made.party in one.parties and made.at <= one.story.until:
                    one.trace.append(output)
                    if output.command is not None:
                        one.seen.commands.append((output.topic, output.command))
                    if output.decision is not None:
                        one.seen.decisions.append(output.decision)
