"""The promises that hold for any message. A broken promise raises a `Crash` that names it.

1. A message has exactly one outcome: forwarded, sent on under another key, decided, learnt, or a dead letter.
2. A dead letter names the message's place and bytes, gives a reason other than `bug`, and nothing else was written.
3. The reader of each output can read it, and the broker accepts its size.
4. A message takes less than `SECONDS` of processor time.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from garbo.adapters.avro.messages.dead_letter import KEPT_BYTES
from garbo.core.vocabulary.events import ClockTick
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.learning import snapshots
from garbo.processors.ports import ConsumerRecord, Output, Rejected, Work
from garbo.processors.topics import CHANNELS
from tests.fuzz.initial_state import CODEC, TOPICS

# A message of a few hundred bytes takes 0.2 ms; one of 128 KiB, all identifiers, may take a thousand times that.
SECONDS: Final = 1.0
# Kafka's default for one message; dead letters have twice that.
BROKER_BYTES: Final = 1024 * 1024


class Crash(AssertionError):
    """A promise was broken."""


class End(NamedTuple):
    """The outcome of a message. `reason`: of a dead letter, otherwise empty."""

    outcome: str
    reason: str = ""


_READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    **dict.fromkeys(TOPICS.inbound, CODEC.inbound),
    TOPICS.links: CODEC.link,
    TOPICS.decisions: CODEC.decision,
    TOPICS.examples: CODEC.example,
    TOPICS.flows: CODEC.flow,
    TOPICS.kpis: CODEC.kpi,
    TOPICS.objections: CODEC.objection,
    TOPICS.dead_letters: CODEC.dead_letter,
    TOPICS.snapshots: snapshots.decode,
    **dict.fromkeys(TOPICS.of_channels(CHANNELS), CODEC.command),
}


def outcome_of(record: ConsumerRecord, work: Work, seconds: float) -> End:
    """The outcome of `record`, given its unit of work and the processor time in seconds. Raises `Crash`."""
    if seconds > SECONDS:
        raise Crash(f"{seconds:.1f} s for {len(record.value or b''):,} bytes")
    for output in work.outputs:
        read(output)
    for key, row in work.rows.items():
        if row is not None and len(key) + len(row) > BROKER_BYTES:
            raise Crash(f"a row of {len(row):,} bytes: the broker refuses it")
    letters = [o for o in work.outputs if o.topic == TOPICS.dead_letters]
    if letters:
        return _dead_letter(record, work, letters)
    if record.topic == TOPICS.party_events:
        return _decided(record, work)
    if record.topic in TOPICS.inbound:
        return _resolved(record, work)
    if record.topic == TOPICS.examples:
        return End("learnt" if work.rows else "duplicate")
    if record.topic == TOPICS.flows:
        return _counted(record, work)
    return End("linked" if work.rows or work.outputs else "known")


def read(output: Output) -> None:
    """Decode `output` as its reader does. Raises `Crash` if that fails or if it is too large."""
    size = len(output.key or b"") + len(output.value or b"")
    if size > BROKER_BYTES * (2 if output.topic == TOPICS.dead_letters else 1):
        raise Crash(f"{size:,} bytes for {output.topic}: the broker refuses them")
    if output.topic == TOPICS.kpis and output.value is None:
        return  # a cell that is no longer kept
    try:
        if output.topic == TOPICS.party_events:
            event = CODEC.party_event(ConsumerRecord(output.topic, 0, 0, output.key, output.value, 0))
            if event.party.encode() != output.key:
                raise Crash("an event written under another party's key")
        else:
            _READERS[output.topic](output.value or b"")
    except (Rejected, snapshots.SnapshotError) as refused:
        raise Crash(f"an output to {output.topic} cannot be read: {refused}") from refused


def _dead_letter(record: ConsumerRecord, work: Work, letters: Sequence[Output]) -> End:
    letter = CODEC.dead_letter(letters[0].value or b"")
    if letter.reason is DeadLetterReason.BUG:
        raise Crash(f"a bug: {letter.detail}")
    if len(work.outputs) > 1 or work.rows:
        raise Crash(f"a dead letter ({letter.reason}), and more was written")
    if (letter.topic, letter.partition, letter.offset) != (record.topic, record.partition, record.offset):
        raise Crash("a dead letter of another place")
    kept = [None if part is None else part[:KEPT_BYTES] for part in (record.key, record.value)]
    if [letter.key, letter.value] != kept or letter.size != len(record.value or b""):
        raise Crash("a dead letter of other bytes")
    return End("dead letter", letter.reason.value)


def _decided(record: ConsumerRecord, work: Work) -> End:
    decisions = [CODEC.decision(o.value or b"") for o in work.outputs if o.topic == TOPICS.decisions]
    if not decisions and not work.outputs and _tick(record):
        return End("tick")
    if len(decisions) != 1:
        raise Crash(f"{len(decisions)} decision records for one event")
    return End(decisions[0].disposition.value)


def _counted(record: ConsumerRecord, work: Work) -> End:
    if work.rows:
        return End("counted")
    try:
        CODEC.flow(record.value or b"")
    except Rejected as refused:
        raise Crash(f"refused ({refused}), and no dead letter") from None
    return End("duplicate")  # its cell has it, or it names no stage at all


def _resolved(record: ConsumerRecord, work: Work) -> End:
    place = (record.topic, record.partition, record.offset)
    forwarded = sent_on = 0
    for output in work.outputs:
        if output.topic == TOPICS.party_events:
            forwarded += (
                CODEC.party_event(ConsumerRecord(output.topic, 0, 0, output.key, output.value, 0)).source == place
            )
        elif output.topic == record.topic:
            sent_on += output.key != record.key and output.value == record.value
    if forwarded + sent_on != 1:
        raise Crash(f"forwarded {forwarded} times, sent on {sent_on} times")
    return End("forwarded" if forwarded else "sent on")


def _tick(record: ConsumerRecord) -> bool:
    try:
        return isinstance(CODEC.party_event(record).body, ClockTick)
    except Rejected:
        return False
