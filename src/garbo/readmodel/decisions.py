"""Decisions, read from the log: the topic `decisions`, and resolve's links to find the party of an identifier.

Rules
 1. A party's records are on one partition. All partitions are read only for an id that does not name a party.
 2. One person may have been several parties. The `moved` and `forwarded` records of an alias show that. The winner
    then has a record of the same event, or of the row, under an id that can be computed.
 3. An unreadable record is counted and skipped: the others are still returned.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, NamedTuple

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.reader import partition_count, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import RESOLVE_CHANGELOG
from garbo.core.party.identity import best, party_of
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.ids import digest
from garbo.core.vocabulary.reasons import Disposition
from garbo.processors.identifiers import key_of
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord as Message
from garbo.processors.ports import Rejected
from garbo.processors.topics import Topics

MOST_HOPS: Final = 8  # cookie, e-mail, customer: usually three parties at most; more is a faulty chain of aliases
_MERGES: Final = (b"merged", b"moved")  # event types of the two records of a merge
LATEST_ALIAS: Final = 50  # forwarded events to look for at the winner: one match is enough


class Span(NamedTuple):
    """Decisions from the instant `first` on, and before the instant `before` (ms); None: without this end."""

    first: int | None = None
    before: int | None = None

    def holds(self, record: DecisionRecord) -> bool:
        """Was this decided within the span?"""
        return (self.first is None or self.first <= record.at) and (self.before is None or record.at < self.before)


ALWAYS: Final = Span()


class DecisionLog:
    """Reads committed decision records.

    Args:
        since_ms: only records appended at this instant or later, in milliseconds since 1970; None: all records.

    Attributes:
        unreadable: number of records skipped because they could not be decoded.
    """

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: AvroCodec, *, since_ms: int | None = None) -> None:
        self._kafka, self._topics, self._codec, self._since_ms = kafka, topics, codec, since_ms
        self.unreadable = 0

    def by_id(self, wanted: str, span: Span = ALWAYS) -> list[DecisionRecord]:
        """The records of a decision (`d-...`) or an action (`a-...`: planned, delivered) in `span`, oldest first."""
        needle = wanted.encode()
        records = [
            record
            for record in self._records(lambda message: needle in (message.value or b""))
            if wanted in (record.decision_id, record.action_id) and span.holds(record)
        ]
        return _once(records)

    def of_party(self, party: str, last: int | None, span: Span = ALWAYS) -> list[DecisionRecord]:
        """The last `last` records (None: all) in `span` of `party` and of those it was merged into, oldest first."""
        found: list[DecisionRecord] = []
        seen: list[str] = []
        onward: str | None = party
        while onward is not None and onward not in seen and len(seen) < MOST_HOPS:
            seen.append(onward)
            own, onward = self._at(onward, last, span)
            found += own
        decided = [r for r in _once(found) if r.disposition is Disposition.DECIDED]
        ordered = sorted(decided or _once(found), key=_order)
        return ordered if last is None else ordered[-last:]

    def of_parties(self, parties: Collection[str]) -> Iterator[tuple[str, DecisionRecord]]:
        """The records of these parties and of those that were merged into them, each with the party of `parties` that
        it is about. Those of one party id come in the order of its log."""
        owners = {party: party for party in parties} | self._aliases(parties)
        keys = {party.encode() for party in owners}
        for record in self._records(lambda message: message.key in keys):
            yield owners[record.party], record

    def _aliases(self, parties: Collection[str]) -> dict[str, str]:
        """Alias -> the party of `parties` into which its row was moved, also over others."""
        rows: dict[str, str] = {}  # the event of a row's arrival -> where it arrived
        losers: list[tuple[str, str]] = []
        for record in self._records(lambda message: any(word in (message.value or b"") for word in _MERGES)):
            if record.event_type == "moved":
                rows[record.event_id] = record.party
            elif record.disposition is Disposition.MOVED:
                losers.append((record.party, record.event_id))
        found: dict[str, str] = {}
        winners = {party: party for party in parties}
        for _ in range(MOST_HOPS):
            winners = {
                loser: owner
                for winner, owner in winners.items()
                for loser, event_id in losers
                if rows.get(row_event(loser, winner, event_id)) == winner
            }
            found |= winners
        return found

    def party_named(self, identifier: Identifier, kinds: Mapping[str, int]) -> str:
        """The party that resolve links `identifier` to; without a link, the party it would become.

        kinds: the policy's identifiers, with their strength.
        """
        topic = self._topics.named(RESOLVE_CHANGELOG)
        partition = partition_for(key_of(identifier), partition_count(self._kafka, topic))
        prefix = f"{identifier.kind}\0{identifier.value}\0".encode()  # rows of processors.resolve
        claims: dict[str, bool] = {}
        for message in read_all(self._kafka, [topic], partitions={topic: [partition]}):
            if message.key is not None and message.key.startswith(prefix):
                claims[message.key[len(prefix) :].decode()] = message.value is not None
        return best([party_of(identifier, kinds), *(party for party, stands in claims.items() if stands)])

    def _at(self, party: str, last: int | None, span: Span) -> tuple[list[DecisionRecord], str | None]:
        """The last records in `span` at `party`, and the party that it was merged into at any time, if any."""
        key = party.encode()
        decided: deque[DecisionRecord] = deque(maxlen=last)
        forwarded: deque[str] = deque(maxlen=LATEST_ALIAS)
        moved: list[str] = []
        others: deque[DecisionRecord] = deque(maxlen=last)
        partition = partition_for(key, partition_count(self._kafka, self._topics.decisions))
        for record in self._records(lambda message: message.key == key, partition):
            if record.disposition is Disposition.DECIDED:
                if span.holds(record):
                    decided.append(record)
                continue
            if span.holds(record):
                others.append(record)
            if record.disposition is Disposition.FORWARDED:
                forwarded.append(record.event_id)
            elif record.disposition is Disposition.MOVED:
                moved.append(record.event_id)
        own = [*decided, *others]
        return own, self._winner(party, set(forwarded), moved) if forwarded or moved else None

    def _winner(self, party: str, forwarded: set[str], moved: list[str]) -> str | None:
        needles = [b"r-", *(event_id.encode() for event_id in sorted(forwarded))]
        for record in self._records(lambda message: any(needle in (message.value or b"") for needle in needles)):
            if record.party == party:
                continue
            rows = {row_event(party, record.party, event_id) for event_id in moved}
            if record.event_id in forwarded or record.event_id in rows:
                return record.party
        return None

    def _records(self, wanted: Callable[[Message], bool], partition: int | None = None) -> Iterator[DecisionRecord]:
        topic = self._topics.decisions
        only = None if partition is None else {topic: [partition]}
        for message in read_all(self._kafka, [topic], partitions=only, since_ms=self._since_ms):
            if message.value is None or not wanted(message):
                continue
            try:
                yield self._codec.decision(message.value)
            except Rejected:
                self.unreadable += 1


def row_event(loser: str, winner: str, event_id: str) -> str:
    """The event with which a loser's row arrives at the winner, as processors.decide names it."""
    return "r-" + digest(loser, winner, event_id)


def _once(records: list[DecisionRecord]) -> list[DecisionRecord]:
    """Each decision once: the embedded broker may hold copies, and a repeated event adds a `duplicate` record."""
    kept: dict[str, DecisionRecord] = {}
    for record in records:
        held = kept.get(record.decision_id)
        if held is None or held.disposition is Disposition.DUPLICATE:
            kept[record.decision_id] = record
    return sorted(kept.values(), key=_order)


def _order(record: DecisionRecord) -> tuple[int, int]:
    """By the party's time; at one instant, as the log has them."""
    return record.at, record.offset
