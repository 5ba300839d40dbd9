"""Each processor twice: one meets the hostile messages, its twin does not, and a witness tells them apart.

1. After each hostile message both get the same good one, of a person the hostile messages cannot name: both must do
   the same, byte for byte.
2. What the processor wrote for itself (moved rows, links, fired timers) is given back to it, and is never put aside.
3. Time passes on both, so that timers fire; the witness's fire alike.
"""

from collections.abc import Callable, Mapping
from time import process_time
from typing import Final
from zlib import crc32

from garbo.bootstrap.processors import ProcessorFactory
from garbo.processors.decide import DecideProcessor
from garbo.processors.learn import LearnProcessor
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, Output, Processor
from garbo.processors.resolve import ResolveProcessor
from garbo.testing.driver import DictRows
from tests.fuzz.ground import (
    AT,
    CODEC,
    COMPILED,
    TOPICS,
    WITNESS_PARTY,
    good_event,
    good_example,
    good_fact,
    ground,
)
from tests.fuzz.oracle import Crash, End, judge, read

# What one message causes is followed this far.
CAUSED: Final = 40
_WITNESS: Final = WITNESS_PARTY.encode()


class Counted(Silent):
    """What the processor under test counted, as far as the fuzzer asks."""

    def __init__(self) -> None:
        self.duplicates = 0
        self.unpublished = 0

    def duplicate(self, processor: str) -> None:
        self.duplicates += 1

    def refused(self, processor: str, what: str) -> None:
        self.unpublished += (processor, what) == ("learn", "snapshot")


class Seat:
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
        end = judge(record, work, took)
        if end.outcome == "duplicate" and record.topic == TOPICS.examples and self.counted.duplicates == before:
            raise Crash("an example that led to nothing")
        for key, row in work.rows.items():
            assert row is not None
            self.rows.rows[key] = row
        return end, work.outputs

    def follow(self, outputs: list[Output]) -> list[Output]:
        """Give the processor what it wrote for itself, and what comes of that; returns the witness's part of it."""
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
                raise Crash(f"the processor's own message to {output.topic} was put aside: {end.reason}")
            waiting += more
        return seen

    def pass_time(self, ms: int) -> list[Output]:
        self.now += ms
        return self.follow(list(self.processor.due(0, self.now)))


_OWN: Final[dict[type, tuple[str, ...]]] = {
    ResolveProcessor: (*TOPICS.inbound, TOPICS.links),
    DecideProcessor: (TOPICS.party_events,),
    LearnProcessor: (),
}


class Twins:
    """The processor that meets the hostile messages, and the one that does not."""

    def __init__(
        self,
        make: Callable[[ProcessorFactory], Processor],
        rows: Mapping[bytes, bytes],
        good: Callable[[int], ConsumerRecord],
    ) -> None:
        self.hostile, self.clean = Seat(make, rows), Seat(make, rows)
        self._good, self._number = good, 0
        self.apart = False  # a hostile message that was accepted may have moved what both share: a model

    def meet(self, record: ConsumerRecord) -> End:
        """A hostile message, then the witness on both sides."""
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
        self.hostile.follow(outputs)
        self.witness()
        return end

    def witness(self) -> None:
        record = self._good(self._number)
        self._number += 1
        (end, got), (wanted, expected) = self.hostile.take(record), self.clean.take(record)
        if end != wanted or (got != expected and not self.apart):
            raise Crash(f"the next good message ended otherwise: {end}, not {wanted}")
        if end.outcome == "dead letter":
            raise Crash(f"the next good message was put aside: {end.reason}")
        if self.hostile.follow(got) != self.clean.follow(expected):
            raise Crash("what the next good message caused came out otherwise")

    def pass_time(self, ms: int) -> None:
        if self.hostile.pass_time(ms) != self.clean.pass_time(ms):
            raise Crash("the witness's timers fired otherwise")

    def news(self, topic: str, value: bytes, taken: Callable[[Processor], object]) -> End:
        """Hostile news. What is taken, both take: then decisions change alike."""
        before, began = taken(self.hostile.processor), process_time()
        self.hostile.processor.broadcast(topic, b"\xff", value)
        self.hostile.slowest = max(self.hostile.slowest, process_time() - began)
        accepted = taken(self.hostile.processor) != before
        if accepted:
            self.clean.processor.broadcast(topic, b"\xff", value)
        self.witness()
        return End("taken" if accepted else "refused")


def batched(make: Callable[[], Twins], records: list[ConsumerRecord]) -> None:
    """One batch, or one by one: the same rows, the same messages."""
    singly, together = make().hostile, make().hostile
    outputs = [output for record in records for output in singly.take(record)[1]]
    work = together.processor.process(0, records, together.rows, together.now)
    together.rows.rows.update({key: row for key, row in work.rows.items() if row is not None})
    if outputs != work.outputs or singly.rows.rows != together.rows.rows:
        raise Crash("a batch came out otherwise than its messages one by one")


def resolve() -> Twins:
    return Twins(ProcessorFactory.resolve, ground().resolve, good_fact)


def decide() -> Twins:
    return Twins(ProcessorFactory.decide, ground().decide, good_event)


def learn() -> Twins:
    return Twins(lambda factory: factory.learn(every=2), ground().learn, good_example)
