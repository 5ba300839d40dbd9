"""Each processor twice: one gets the hostile messages, its twin does not, and a witness's messages compare them.

1. After each hostile message both get the same good one, of a person that the hostile messages cannot name: both must
   give the same bytes.
2. The processor gets the messages that it wrote for itself (moved rows, links, fired timers). They never become dead
   letters.
3. Time advances for both, so that timers fire; the witness's timers must give the same bytes.
"""

from collections.abc import Callable, Mapping
from time import process_time
from typing import Final
from zlib import crc32

from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.vocabulary.instants import HOUR
from garbo.processors.decide import DecideProcessor
from garbo.processors.journey_kpis import KEEP, STATE, JourneyKpisProcessor, state_of
from garbo.processors.learn import LearnProcessor
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, Output, Processor
from garbo.processors.resolve import ResolveProcessor
from garbo.testing.driver import DictRows
from tests.fuzz.initial_state import (
    AT,
    CODEC,
    COMPILED,
    TOPICS,
    WITNESS_PARTY,
    good_event,
    good_example,
    good_fact,
    good_flow,
    initial_state,
)
from tests.fuzz.oracle import Crash, End, outcome_of, read

# Messages caused by one message, at most, that are processed.
CAUSED: Final = 40
_WITNESS: Final = WITNESS_PARTY.encode()


class Counted(Silent):
    """The counts of the processor under test that the fuzzer needs."""

    def __init__(self) -> None:
        self.duplicates = 0
        self.unpublished = 0

    def duplicate(self, processor: str) -> None:
        self.duplicates += 1

    def refused(self, processor: str, what: str) -> None:
        self.unpublished += (processor, what) == ("learn", "snapshot")


class Instance:
    """A processor with a table, a clock and a meter of its own."""

    def __init__(self, make: Callable[[ProcessorFactory], Processor], rows: Mapping[bytes, bytes]) -> None:
        self.counted = Counted()
        factory = ProcessorFactory(codec=CODEC, topics=TOPICS, policy=COMPILED, meter=self.counted, clock="wall")
        self.processor, self.rows, self.now = make(factory), DictRows(), AT
        self.rows.rows = dict(rows)
        self.processor.open(0, self.rows)
        self.slowest = 0.0

    def take(self, record: ConsumerRecord) -> tuple[End, list[Output]]:
        before = self.counted.duplicates
        began = process_time()
        work = self.processor.process(0, [record], self.rows, self.now)
        took = process_time() - began
        self.slowest = max(self.slowest, took)
        end = outcome_of(record, work, took)
        if end.outcome == "duplicate" and record.topic == TOPICS.examples and self.counted.duplicates == before:
            raise Crash("an example without any effect")
        for key, row in work.rows.items():
            self.rows.put(key, row)
        return end, work.outputs

    def follow(self, outputs: list[Output]) -> list[Output]:
        """Process the messages that the processor wrote for itself, and theirs; returns the witness's outputs."""
        seen: list[Output] = []
        waiting = list(outputs)
        for output in waiting:
            read(output)
            if output.key == _WITNESS:
                seen.append(output)
            if output.topic not in _OWN[type(self.processor)] or len(waiting) > CAUSED:
                continue
            offset = 3_000_000 + crc32(output.value or b"")  # the same on both sides
            end, more = self.take(ConsumerRecord(output.topic, 0, offset, output.key, output.value, self.now))
            if end.outcome == "dead letter":
                raise Crash(f"the processor's own message to {output.topic} became a dead letter: {end.reason}")
            waiting += more
        return seen

    def pass_time(self, ms: int) -> list[Output]:
        self.now += ms
        return self.follow(list(self.processor.due(0, self.now)))


_OWN: Final[dict[type, tuple[str, ...]]] = {
    ResolveProcessor: (*TOPICS.inbound, TOPICS.links),
    DecideProcessor: (TOPICS.party_events,),
    LearnProcessor: (),
    JourneyKpisProcessor: (),
}


class Twins:
    """The processor that gets the hostile messages, and the one that does not."""

    def __init__(
        self,
        make: Callable[[ProcessorFactory], Processor],
        rows: Mapping[bytes, bytes],
        good: Callable[[int], ConsumerRecord],
    ) -> None:
        self.hostile, self.clean = Instance(make, rows), Instance(make, rows)
        self._good, self._number = good, 0
        # An accepted hostile example may have changed the model, and a fact of the far future may have made the
        # witness's one too late: then outputs may differ.
        self.apart = False

    def meet(self, record: ConsumerRecord) -> End:
        """Process a hostile message, then a witness's message on both sides."""
        try:
            return self._meet(record)
        except Exception as crash:
            crash.add_note(f"the message: {record.topic} at {record.timestamp_ms}, key {record.key!r}, value:")
            crash.add_note((record.value or b"").hex())
            raise

    def _meet(self, record: ConsumerRecord) -> End:
        before = dict(self.hostile.rows.rows) if record.topic == TOPICS.examples else None
        end, outputs = self.hostile.take(record)
        self.apart |= before is not None and before != self.hostile.rows.rows
        self.apart |= record.topic == TOPICS.flows and newest(self.hostile) > AT // HOUR + KEEP
        self.hostile.follow(outputs)
        self.witness()
        return end

    def witness(self) -> None:
        record = self._good(self._number)
        self._number += 1
        (end, got), (wanted, expected) = self.hostile.take(record), self.clean.take(record)
        if end != wanted or (got != expected and not self.apart):
            raise Crash(f"the next good message had another outcome: {end}, not {wanted}")
        if end.outcome == "dead letter":
            raise Crash(f"the next good message became a dead letter: {end.reason}")
        if self.hostile.follow(got) != self.clean.follow(expected):
            raise Crash("the messages caused by the next good message had other results")

    def pass_time(self, ms: int) -> None:
        if self.hostile.pass_time(ms) != self.clean.pass_time(ms):
            raise Crash("the witness's timers gave other results")

    def broadcast(self, topic: str, value: bytes, state: Callable[[Processor], object]) -> End:
        """Send a hostile broadcast update. If it is accepted, both get it: then both must change in the same way."""
        before, began = state(self.hostile.processor), process_time()
        self.hostile.processor.broadcast(topic, b"\xff", value)
        self.hostile.slowest = max(self.hostile.slowest, process_time() - began)
        accepted = state(self.hostile.processor) != before
        if accepted:
            self.clean.processor.broadcast(topic, b"\xff", value)
        self.witness()
        return End("accepted" if accepted else "refused")


def batched(make: Callable[[], Twins], records: list[ConsumerRecord]) -> None:
    """Check that one batch gives the same rows and messages as its records one by one. Raises `Crash`."""
    singly, together = make().hostile, make().hostile
    outputs = [output for record in records for output in singly.take(record)[1]]
    work = together.processor.process(0, records, together.rows, together.now)
    for key, row in work.rows.items():
        together.rows.put(key, row)
    # A cell is written once a batch, so the messages differ.
    if (outputs != work.outputs and records[0].topic != TOPICS.flows) or singly.rows.rows != together.rows.rows:
        raise Crash("a batch gave other results than its messages one by one")


def resolve() -> Twins:
    return Twins(ProcessorFactory.resolve, initial_state().resolve, good_fact)


def decide() -> Twins:
    return Twins(ProcessorFactory.decide, initial_state().decide, good_event)


def learn() -> Twins:
    return Twins(lambda factory: factory.learn(every=2), initial_state().learn, good_example)


def journey_kpis() -> Twins:
    return Twins(ProcessorFactory.journey_kpis, initial_state().journey_kpis, good_flow)


def newest(instance: Instance) -> int:
    """The newest hour of the KPI cells."""
    return state_of(instance.rows.get(STATE)).newest
