"""A tape becomes a few hostile messages at one entrance; `play` says what became of each, or raises.

The first byte picks the entrance. READ FIRST in this folder.
"""

from collections.abc import Callable
from time import process_time
from typing import Final

from garbo.processors.decide import DecideProcessor
from garbo.processors.learn import LearnProcessor
from garbo.processors.ports import Processor, Rejected
from tests.fuzz import messages, news, processors
from tests.fuzz.ground import CODEC, TOPICS, ground
from tests.fuzz.oracle import SECONDS, Crash
from tests.fuzz.pipeline import whole
from tests.fuzz.tally import Tally
from tests.fuzz.tape import Tape

# Hostile messages of one scenario, at most: they meet each other's traces on the rows.
MESSAGES: Final = 8
_SPANS: Final = (0, 60_000, 3_600_000, 86_400_000, 40 * 86_400_000)


def play(raw: bytes, tally: Tally) -> None:
    """Run the scenario on tape `raw`, noting each message's end. Raises `Crash`, or whatever the code let out."""
    tape = Tape(raw)
    ENTRANCES[tape.below(len(ENTRANCES))](tape, tally)


def _stream(topic: str, make: Callable[[], processors.Twins]) -> Callable[[Tape, Tally], None]:
    def run(tape: Tape, tally: Tally) -> None:
        twins, met = make(), []
        for offset in range(1 + tape.below(MESSAGES)):
            met.append(messages.record(tape, topic, offset))
            end = twins.meet(met[-1])
            tally.note(topic, *end)
            if tape.chance(20):
                twins.pass_time(tape.pick(_SPANS))
        tally.took(topic, twins.hostile.slowest)
        if topic != TOPICS.examples and tape.chance(15):  # learn publishes once a batch, so there they differ
            processors.batched(make, met)
        if twins.hostile.counted.unpublished:
            raise Crash("a hostile example made a model that cannot be published")

    return run


def _news(name: str, make: Callable[[], processors.Twins]) -> Callable[[Tape, Tally], None]:
    topic = TOPICS.policies if name.endswith("policies") else TOPICS.snapshots

    def run(tape: Tape, tally: Tally) -> None:
        twins = make()
        for _ in range(1 + tape.below(2)):
            value = (
                news.policy(tape) if topic == TOPICS.policies else news.snapshot(tape, tape.pick(ground().snapshots))
            )
            tally.note(name, *twins.news(topic, value, _taken))
        tally.took(name, twins.hostile.slowest)

    return run


def _taken(processor: Processor) -> object:
    """Something that changes when the processor takes news."""
    if isinstance(processor, DecideProcessor):
        scorer = processor._scorer
        return id(processor.policy), scorer.versions(), tuple(map(id, scorer._served.values()))  # type: ignore[attr-defined]
    assert isinstance(processor, LearnProcessor)
    return id(processor._models)


def _consumer(tape: Tape, tally: Tally) -> None:
    """What reads our outputs: dispatchers, the console, `garbo explain`, the checker."""
    names = {
        "command": "ActionCommand",
        "decision": "DecisionRecord",
        "flow": "JourneyFlow",
        "dead_letter": "DeadLetter",
    }
    for _ in range(1 + tape.below(MESSAGES)):
        entrance = tape.pick(tuple(names))
        value = messages.value(tape, (f"garbo.{names[entrance]}",))
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

# As often as each has to say: a policy takes a hundred times as long as a message.
ENTRANCES: Final = (
    *[_DECIDE] * 20,
    *_FACTS * 4,
    *[_LINKS] * 6,
    *[_stream(TOPICS.examples, processors.learn)] * 6,
    *[_news("decide model-snapshots", processors.decide)] * 2,
    _news("decide policies", processors.decide),
    _news("learn policies", processors.learn),
    *[_consumer] * 6,
    *[whole] * 2,
)
