"""The town's engine without a broker: the driver, whose log is forgotten slice by slice."""

from collections.abc import Sequence

from garbo.processors.ports import InboundMessage
from garbo.simulation.loop import Answers
from garbo.testing.driver import Driver


class OneThread:
    """Implements `simulation.loop.Engine`. dead_letters: how many messages could not be used."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.dead_letters = 0

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        driver = self._driver
        for message in messages:
            driver.send(message)
        driver.tick(until)
        codec, topics, log = driver.codec, driver.topics, driver.take()
        self.dead_letters += len(log[topics.dead_letters])
        return Answers(
            [codec.command(record.value or b"") for topic in topics.of_commands(log) for record in log[topic]],
            [codec.decision(record.value or b"") for record in log[topics.decisions]],
        )
