"""The town's engine behind a broker: a slice is sent, decided and read before the next one begins.

Rules
 1. A person's messages keep their order although they travel on several topics: a slice is sent in waves, and within a
    wave each person has messages of one topic and key only. Most slices are one wave.
 2. A wave has been decided when the pipeline is idle: every processor has committed everything on its inputs.
 3. At the end of a slice comes a tick on every partition: what is due until then fires.
"""

from collections.abc import Callable, Hashable, Sequence

from garbo.errors import BrokerError
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.replay.outputs import OutputReader
from garbo.replay.pipeline import Pipeline
from garbo.simulation.loop import Answers

CAUGHT_UP_S = 120.0  # a rebalance takes seconds, and so does a worker's garbage collection of a whole row table


def waves(
    messages: Sequence[InboundMessage], person: Callable[[InboundMessage], Hashable]
) -> list[list[InboundMessage]]:
    """The messages in waves (rule 1), each in the order given. person: whose message it is."""
    found: list[list[InboundMessage]] = []
    latest: dict[Hashable, tuple[int, tuple[str, bytes]]] = {}  # person -> wave and place of the last message
    for message in messages:
        who, place = person(message), routed(message)
        number, before = latest.get(who, (0, place))
        if place != before:
            number += 1
        latest[who] = number, place
        while len(found) <= number:
            found.append([])
        found[number].append(message)
    return found


class Lockstep:
    """Implements `simulation.loop.Engine`.

    Args:
        person: whose message it is.
        alive: called in each slice; raises if the worker is gone.

    dead_letters: how many messages could not be used; `problems` has the first ones in words.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        reader: OutputReader,
        person: Callable[[InboundMessage], Hashable],
        *,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._pipeline, self._reader, self._person, self._alive = pipeline, reader, person, alive
        self.dead_letters = 0
        self.problems: list[str] = []

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        """See `Engine.advance`.

        Raises:
            BrokerError: the pipeline does not catch up within `CAUGHT_UP_S`, or the broker refuses.
        """
        all_waves = waves(messages, self._person)
        for number, wave in enumerate(all_waves):
            for message in wave:
                self._pipeline.send(message)
            if number + 1 < len(all_waves):
                self._wait()
        if all_waves:
            self._wait()  # a tick must not overtake what it is to follow
        self._pipeline.tick(until)
        self._wait()
        commands, decisions = [], []
        for output in self._reader.read():
            if output.command is not None:
                commands.append(output.command)
            if output.decision is not None:
                decisions.append(output.decision)
            if output.dead_letter is not None:
                self.dead_letters += 1
                if len(self.problems) < 5:
                    self.problems.append(f"{output.dead_letter.reason} {output.dead_letter.detail}".strip())
        return Answers(commands, decisions)

    def _wait(self) -> None:
        try:
            self._pipeline.wait_idle(CAUGHT_UP_S)
        except BrokerError:
            self._alive()
            raise
