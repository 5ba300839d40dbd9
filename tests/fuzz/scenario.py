"""READ FIRST in this folder. Choices become a few hostile messages at one entrance; `play` counts their outcomes.

The first byte selects the entrance.
"""

from collections.abc import Callable
from time import process_time
from typing import Final

from garbo.processors.decide import DecideProcessor
from garbo.processors.learn import LearnProcessor
from garbo.processors.ports import Processor, Rejected
from garbo.processors.timed_scorer import TimedScorer
from tests.fuzz import broadcast_updates, messages, processors
from tests.fuzz.choices import Choices
from tests.fuzz.initial_state import CODEC, TOPICS, initial_state
from tests.fuzz.oracle import SECONDS, Crash
from tests.fuzz.pipeline import whole
from tests.fuzz.tally import Tally

# Hostile messages of one scenario, at most: later ones find the effects of earlier ones in the rows.
MESSAGES: Final = 8
_SPANS: Final = (0, 60_000, 3_600_000, 86_400_000, 40 * 86_400_000)


def play(raw: bytes, tally: Tally) -> None:
    """Run the scenario of `raw` and count each message's outcome. Raises `Crash`, or any exception of the code."""
    choices = Choices(raw)
    ENTRANCES[choices.below(len(ENTRANCES))](choices, tally)


def _stream(topic: str, make: Callable[[], processors.Twins]) -> Callable[[Choices, Tally], None]:
    def run(choices: Choices, tally: Tally) -> None:
        twins, met = make(), []
        for offset in range(1 + choices.below(MESSAGES)):
            met.append(messages.record(choices, topic, offset))
            end = twins.meet(met[-1])
            tally.note(topic, *end)
            if choices.chance(20):
                twins.pass_time(choices.pick(_SPANS))
        tally.took(topic, twins.hostile.slowest)
        if topic != TOPICS.examples and choices.chance(15):  # learn publishes once a batch, so its outputs differ
            processors.batched(make, met)
        if twins.hostile.counted.unpublished:
            raise Crash("a hostile example made a model that cannot be published")

    return run


def _broadcast(name: str, make: Callable[[], processors.Twins]) -> Callable[[Choices, Tally], None]:
    topic = TOPICS.policies if name.endswith("policies") else TOPICS.snapshots

    def run(choices: Choices, tally: Tally) -> None:
        twins = make()
        for _ in range(1 + choices.below(2)):
            value = (
                broadcast_updates.policy(choices)
                if topic == TOPICS.policies
                else broadcast_updates.snapshot(choices, choices.pick(initial_state().snapshots))
            )
            tally.note(name, *twins.broadcast(topic, value, _state))
        tally.took(name, twins.hostile.slowest)

    return run


def _state(processor: Processor) -> object:
    """A value that changes if the processor accepts a broadcast update."""
    if isinstance(processor, DecideProcessor):
        timed = processor._scorer
        scorer = timed._scorer if isinstance(timed, TimedScorer) else timed
        return id(processor.policy), scorer.versions(), tuple(map(id, scorer._served.values()))  # type: ignore[attr-defined]
    assert isinstance(processor, LearnProcessor)
    return id(processor._models)


def _consumer(choices: Choices, tally: Tally) -> None:
    """The readers of our outputs: dispatchers, the console, `garbo explain`, the checker."""
    names = {
        "command": "ActionCommand",
        "decision": "DecisionRecord",
        "flow": "JourneyFlow",
        "dead_letter": "DeadLetter",
    }
    for _ in range(1 + choices.below(MESSAGES)):
        entrance = choices.pick(tuple(names))
        value = messages.value(choices, (f"garbo.{names[entrance]}",))
        began = process_time()
        try:
            getattr(CODEC, entrance)(value)
        except Rejected as refused:
            tally.note(f"codec.{entrance}", "refused", refused.reason.value)
        else:
            tally.note(f"codec.{entrance}", "read")
        took = process_time() - began
        tally.took(f"codec.{entrance}", took)
        if took > SECONDS:
            raise Crash(f"{took:.1f} s to read {len(value or b''):,} bytes")


_DECIDE: Final = _stream(TOPICS.party_events, processors.decide)
_LINKS: Final = _stream(TOPICS.links, processors.resolve)
_FACTS: Final = tuple(_stream(topic, processors.resolve) for topic in TOPICS.inbound)

# Each as often as it is useful: a policy takes a hundred times as long as a message.
ENTRANCES: Final = (
    *[_DECIDE] * 20,
    *_FACTS * 4,
    *[_LINKS] * 6,
    *[_stream(TOPICS.examples, processors.learn)] * 6,
    *[_stream(TOPICS.flows, processors.journey_kpis)] * 6,
    *[_broadcast("decide model-snapshots", processors.decide)] * 2,
    _broadcast("decide policies", processors.decide),
    _broadcast("learn policies", processors.learn),
    *[_consumer] * 6,
    *[whole] * 2,
)
