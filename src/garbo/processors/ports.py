"""The processors' ports: what a processor is given and what it gives back.

Rules
 1. A `Processor` is synchronous and never sees a broker, a file or a clock: `now_ms` is an argument.
 2. Everything it wants written comes back in a `Work`: rows for its own table, outputs for topics. The host writes
    both in one transaction with the source offsets. Without transactions the order is outputs, rows, offsets.
 3. `process` never raises because of one record: a record that cannot be processed becomes a dead letter in
    `Work.outputs` (`each_record`). Any other exception: the host leaves, and the records come again.
 4. A processor rebuilds in `open` the memory it keeps besides its rows (a timer index, a cache). The host calls `open`
    after each restore and after each aborted transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, JourneyKpi, Learn, Objection
from garbo.core.vocabulary.events import Identifier, InboundBody, PartyEvent, Source
from garbo.core.vocabulary.reasons import DeadLetterReason

Headers: TypeAlias = tuple[tuple[str, bytes], ...]
"""A message's Kafka headers, in order. A header that Kafka holds without a value has an empty one here."""


class ConsumerRecord(NamedTuple):
    """One message as it lies on the log, not decoded."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int  # the broker's or the producer's append time, milliseconds since the epoch
    headers: Headers = ()


class Output(NamedTuple):
    """One message to write. `partition` -1 means: by murmur2 of the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int = -1
    headers: Headers = ()


@dataclass(slots=True)
class Work:
    """What one call wants written: together, or not at all."""

    rows: dict[bytes, bytes | None] = field(default_factory=dict)  # None is a tombstone
    outputs: list[Output] = field(default_factory=list)


class Rows(Protocol):
    """A processor's table on one partition, seen through the rows of the open checkpoint (read your own writes)."""

    def get(self, key: bytes) -> bytes | None:
        """The row, or None."""

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All rows whose key starts with `prefix`, in key order. The iterator is never held across an await."""


class Processor(Protocol):
    """One step of the pipeline: resolve, decide, learn, journey_kpis."""

    def open(self, partition: int, rows: Rows) -> None:
        """The partition is assigned to this worker and its rows are restored."""

    def close(self, partition: int) -> None:
        """The partition is no longer assigned to this worker."""

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        """Process records of one topic and partition, in offset order."""

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        """What time alone makes due (timers). Called every few milliseconds, so it must be cheap."""

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        """Take a new version of a model or a policy. Called between two calls of `process`.

        Returns:
            False if it cannot be used. The caller then offers the version before it, if that has not been offered yet.
        """


class Rejected(Exception):
    """A message cannot be used. `each_record` turns it into a dead letter; the exception goes no further."""

    def __init__(self, reason: DeadLetterReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail  # never personal data


class InboundMessage(NamedTuple):
    """A producer's message, decoded: what resolve reads."""

    event_id: str
    at: int
    body: InboundBody


class Link(NamedTuple):
    """A claim that `identifier` belongs to `party`, or, when its kind is `household`, that `party` is a member.

    via: the identifier the claim was made through, so that a better answer can travel back.
    """

    identifier: Identifier
    party: str
    via: Identifier
    name: str = ""
    role: str = ""


class Codec(Protocol):
    """Messages to values and back. Decoding raises `Rejected` and nothing else, whatever the bytes."""

    def inbound(self, value: bytes) -> InboundMessage:
        """A framed touchpoint, consent change, action outcome or profile update."""

    def link(self, value: bytes) -> Link: ...

    def party_event(self, record: ConsumerRecord) -> PartyEvent:
        """A record of party-events: an envelope, or a bare inbound message whose producer knew the party (the key)."""

    def example(self, value: bytes) -> Learn: ...

    def flow(self, value: bytes) -> Flow: ...

    def envelope(self, message: InboundMessage, party: str, source: Source, body: bytes, received_at: int = 0) -> bytes:
        """A resolved message for party-events; `body` is the producer's framed message, forwarded byte for byte.

        received_at: when the first topic took it (ms).
        """

    def encode_event(self, event: PartyEvent) -> bytes:
        """An event the engine itself makes (timer, merge, moved row, household, forward), in its envelope."""

    def encode_link(self, link: Link) -> bytes: ...

    def encode(self, effect: Deliver | DecisionRecord | Learn | Flow | Objection | JourneyKpi) -> bytes: ...

    def encode_dead_letter(
        self, record: ConsumerRecord, processor: str, reason: DeadLetterReason, detail: str, at: int
    ) -> bytes:
        """The message put aside, with its coordinates and reason; a value over 64 KiB is cut, its size kept."""
