"""The closed loop: the town's messages to Garbo, Garbo's commands to the town, slice by slice of simulated time.

Simulated time never runs ahead of Garbo: an engine returns when it has decided on everything up to the slice's end. A
person therefore reacts to a command at the end of its slice at the earliest.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from garbo.core.vocabulary.defaults import CUSTOMER
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.instants import MINUTE
from garbo.processors.ports import InboundMessage
from garbo.simulation.summary import Summary
from garbo.simulation.town import Town

SLICE: Final = 5 * MINUTE


class Answers(NamedTuple):
    """What Garbo did within one slice, in any order."""

    commands: Sequence[Deliver]
    decisions: Sequence[DecisionRecord]


class Engine(Protocol):
    """Garbo, in one thread or behind a broker."""

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        """Send the messages in their order, let the time come to `until` (ms), and return all that followed."""
        ...


def run(
    town: Town, engine: Engine, summary: Summary, *, slice_ms: int = SLICE,
    progress: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Play the town to its end. `progress` is called after each slice."""
    while not town.over:
        until = min(town.now + slice_ms, town.end)
        messages = town.until(until)
        summary.sent(messages)
        answers = engine.advance(messages, until)
        for command in sorted(answers.commands, key=lambda c: (c.at, c.action_id)):
            if town.receive(command):
                summary.command(command, until)
        for record in answers.decisions:
            person = town.resident(record.party)
            known = record.lifecycle == CUSTOMER  # an unlinked handle of a customer is nobody's to Garbo
            summary.decision(record, consenting=known and person is not None and person.consenting)
        progress()
