"""The topics' records as plain values: the checker's only input.

Rules
 1. The codec decodes bytes; nothing is decided, normalised or repaired. An unreadable record is kept as unreadable.
 2. Topic names are without the installation's prefix. Only what an invariant needs of a message is kept: a contact,
    a consent, an outcome, a moved row's loser, a row's digest; no text and no rows. Names only where a household's
    members name each other.
 3. Read the topics when the pipeline is idle: a message still in process looks lost.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.messages.dead_letter import KEPT_BYTES, DeadLetter
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG, JOURNEY_KPIS_CHANGELOG
from garbo.audit.verify.content import Content, content_of
from garbo.audit.verify.journey_kpis import Fact, Kpis
from garbo.audit.verify.journeys import At, Passages, standing
from garbo.core.vocabulary.effects import Deliver, Lineup, NeedClosed, Scored
from garbo.core.vocabulary.events import type_of
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import (
    ACTIONS,
    DEAD_LETTERS,
    DECISIONS,
    IDENTITY_LINKS,
    INBOUND,
    JOURNEY_FLOWS,
    JOURNEY_KPIS,
    LEARNING_EXAMPLES,
    OBJECTIONS,
    PARTY_EVENTS,
    POLICY_VERSIONS,
    Topics,
)

# Other topics that a dead letter may come from, besides the inbound topics and party-events.
OTHERS: Final = (IDENTITY_LINKS, LEARNING_EXAMPLES, JOURNEY_FLOWS)

Read: TypeAlias = Callable[[Sequence[str]], Iterable[ConsumerRecord]]
"""Full topic names -> their committed records, ordered within each partition."""

HEADERS: Final = ("garbo-reason", "garbo-topic", "garbo-partition", "garbo-offset")  # of a dead letter, in order
OF_TEXTS: Final = "text."  # how the ids of models begin that learn from texts
# A feature of their examples: a hash, what the policy's words read ("seed"), or what is right ("class").
_HASHED: Final = re.compile(r"#\d+|(?:seed|class)=\w*")
SENT_AGAIN: Final = "garbo-redriven-from"  # "touchpoints/1/77"
KPI_STATE: Final = b"!"  # journey_kpis' row of its own
QUOTA_ROW: Final = b"\0quota"  # decide's row of what is used up of scarce things


class Place(NamedTuple):
    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Inbound(NamedTuple):
    """A producer's message. An empty `event_id` says that it cannot be read; `fault` is the reason."""

    place: Place
    event_id: str
    key: bytes | None
    digest: bytes
    fault: str = ""


class Arrival(NamedTuple):
    """A record of party-events. `content`: the part of it that an invariant needs. `at`: milliseconds since 1970."""

    place: Place
    party: str
    event_id: str
    kind: str
    at: int
    content: Content
    source: Place | None
    forwarded_from: str


class Decision(NamedTuple):
    """A decision record.

    of: the place of its event. prior_state, state: the row's digest before and after it. occurred_at: when the event
    happened (ms); event_type, kind, theme: what it was. probability: of the chosen action. competed: some action passed
    the gates. vector: how many places the vector of the person has. scored, lineups, silence_probability: of the
    choice, as the record has them. feedback: the version of the weights of stages.
    """

    place: Place
    of: Place
    decision_id: str
    party: str
    event_id: str
    at: int
    disposition: str
    chosen: str
    action_id: str
    placed_at: int
    policy_version: str
    prior_state: str
    state: str
    occurred_at: int
    event_type: str
    kind: str
    theme: str
    point: str
    confirmation: str
    probability: float
    needs_closed: tuple[NeedClosed, ...]
    competed: bool
    held_out: bool
    scored: tuple[Scored, ...] = ()
    lineups: tuple[Lineup, ...] = ()
    silence_probability: float = 0.0
    vector: int = 0
    feedback: str = ""


class Command(NamedTuple):
    place: Place
    digest: bytes
    deliver: Deliver


class Example(NamedTuple):
    """A learning example: by its id, which names the contact's or the event's, and the instant of its decision (ms).

    readable: it is of a text, and a feature is neither a hash nor a name of the policy.
    """

    place: Place
    example_id: str
    party: str
    at: int
    action: str
    model: str
    label: int
    kind: str
    readable: bool = False


class Dead(NamedTuple):
    """A dead letter. `of`: the place of the message it is about. headers: the reason and the place they name."""

    place: Place
    of: Place
    processor: str
    reason: str
    headers: tuple[str, ...]


class Recorded(NamedTuple):
    """The record of an objection to marketing, at instant `at` (ms)."""

    place: Place
    at: int
    channels: frozenset[str]
    every: bool


@dataclass(slots=True)
class Log:
    """Each list in the order of its partitions.

    faults: records of party-events that cannot be read, and why. same: for each place a dead letter names, whether
    that place holds the message of the dead letter; no entry if it holds none. unreadable: outputs that cannot be
    read. again: for each message that was sent again, the place of its dead letter's message. first: the smallest
    offset of each input topic. objections: the record of each, by party and event. rows: the digest of each party's
    latest row in the changelog. standing: where each party's latest row says that it stands. passages: what
    journey-flows says. kpis: its facts, and the cells made of them. policies: the texts of each that was published.
    """

    inbound: list[Inbound] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    faults: dict[Place, str] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    same: dict[Place, bool] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    again: dict[Place, str] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    objections: dict[tuple[str, str], Recorded] = field(default_factory=dict)
    kpis: Kpis = field(default_factory=lambda: Kpis([], {}, {}))
    standing: dict[str, tuple[At, ...]] = field(default_factory=dict)
    passages: Passages = field(default_factory=Passages)
    policies: list[dict[str, str]] = field(default_factory=list)


def collect(read: Read, codec: AvroCodec, topics: Iterable[str], prefix: str = "") -> Log:
    """The log of one installation.

    Args:
        topics: complete names of all that there are: commands may lie on the topic of a channel that is gone.
    """
    collector = _Collector(codec, prefix)
    topics = set(topics)
    actions = [name.removeprefix(prefix) for name in Topics(prefix).of_commands(topics)]

    # Dead letters first: then only the messages they name are compared with them, and not millions.
    for names in (
        (DEAD_LETTERS,), INBOUND, (PARTY_EVENTS,), OTHERS, (DECISIONS,), actions, (OBJECTIONS,), (DECIDE_CHANGELOG,),
        tuple(name for name in (JOURNEY_KPIS, JOURNEY_KPIS_CHANGELOG, POLICY_VERSIONS) if prefix + name in topics),
    ):  # fmt: skip
        for record in read([prefix + name for name in names]) if names else ():
            collector.take(record)
    return collector.log


def digest(value: bytes | None) -> bytes:
    return blake2b(value or b"", digest_size=16).digest()


def row_digest(row: bytes | None) -> str:
    """The name of a row in decision records (schemas/decision_record.avsc)."""
    return "" if row is None else blake2b(row, digest_size=8).hexdigest()


class _Collector:
    def __init__(self, codec: AvroCodec, prefix: str) -> None:
        self.log = Log()
        self._codec, self._prefix = codec, len(prefix)
        self._letters: dict[Place, DeadLetter] = {}

    def take(self, record: ConsumerRecord) -> None:
        topic = record.topic[self._prefix :]
        place = Place(topic, record.partition, record.offset)
        if topic == DEAD_LETTERS:
            if record.value is not None:  # otherwise the mark of one that was sent again
                headers = tuple([value.decode() for name, value in record.headers if name in HEADERS])
                self._output(place, record, lambda at, value: self._dead(at, value, headers))
            return
        if topic == DECISIONS:
            self._output(place, record, self._decision)
            return
        if topic.startswith(ACTIONS):
            self._output(place, record, self._command)
            return
        if topic == OBJECTIONS:
            self._output(place, record, self._objection)
            return
        if topic == DECIDE_CHANGELOG:
            if record.key == QUOTA_ROW:  # the partition's, not a party's
                return
            party = (record.key or b"").decode("utf-8", "replace")
            self.log.rows[party], self.log.standing[party] = row_digest(record.value), standing(record.value)
            return
        if topic == POLICY_VERSIONS:
            with suppress(ValueError):  # no policy: the workers refuse it
                if isinstance(texts := json.loads(record.value or b""), dict):
                    self.log.policies.append(texts)
            return
        if topic in (JOURNEY_KPIS, JOURNEY_KPIS_CHANGELOG):
            self._kpi(topic, place, record)
            return
        for name, value in record.headers:
            if name == SENT_AGAIN:
                self.log.again[place] = value.decode()[self._prefix :]
        self.log.first[topic] = min(place.offset, self.log.first.get(topic, place.offset))
        if (letter := self._letters.get(place)) is not None:
            self.log.same[place] = _is_of(letter, record)
        if topic in INBOUND:
            self._inbound(place, record)
        elif topic == PARTY_EVENTS:
            self._arrival(place, record)
        elif topic == LEARNING_EXAMPLES:
            self._example(place, record)
        elif topic == JOURNEY_FLOWS:
            self._output(place, record, lambda _, value: self._flow(record, value))

    def _inbound(self, place: Place, record: ConsumerRecord) -> None:
        event_id, fault = "", ""
        try:
            event_id = self._codec.inbound(record.value or b"").event_id
        except Rejected as refused:
            fault = refused.reason.value
        self.log.inbound.append(Inbound(place, event_id, record.key, digest(record.value), fault))

    def _arrival(self, place: Place, record: ConsumerRecord) -> None:
        try:
            event = self._codec.party_event(record)
        except Rejected as refused:
            self.log.faults[place] = refused.reason.value
            return
        source = Place(*event.source) if event.source is not None else None
        self.log.arrivals.append(
            Arrival(
                place, event.party, event.event_id, type_of(event.body), event.at, content_of(event.body), source,
                event.forwarded_from,
            )
        )  # fmt: skip

    def _example(self, place: Place, record: ConsumerRecord) -> None:
        with suppress(Rejected):  # learn puts it aside; I6 compares the dead letter
            e = self._codec.example(record.value or b"")
            readable = e.model.startswith(OF_TEXTS) and not all(map(_HASHED.fullmatch, e.features))
            self.log.examples.append(
                Example(place, e.example_id, e.party, e.at, e.action, e.model, e.label, e.kind, readable)
            )

    def _flow(self, record: ConsumerRecord, value: bytes) -> None:
        flow = self._codec.flow(value)
        self.log.passages.take(flow)
        self.log.kpis.facts.append(Fact(record.partition, record.offset, record.timestamp_ms, flow))

    def _kpi(self, topic: str, place: Place, record: ConsumerRecord) -> None:
        key = record.key or b""
        if topic == JOURNEY_KPIS_CHANGELOG:
            if key == KPI_STATE and record.value is not None:
                self.log.kpis.states[record.partition] = record.value
        elif record.value is None:
            self.log.kpis.cells.pop((record.partition, key), None)
        else:
            self._output(place, record, lambda _, value: self._cell(record.partition, key, value))

    def _cell(self, partition: int, key: bytes, value: bytes) -> None:
        self.log.kpis.cells[partition, key] = self._codec.kpi(value).cell

    def _output(self, place: Place, record: ConsumerRecord, keep: Callable[[Place, bytes], None]) -> None:
        try:
            keep(place, record.value or b"")
        except Rejected as refused:
            self.log.unreadable.append(f"{place}: {refused.reason.value}")

    def _dead(self, place: Place, value: bytes, headers: tuple[str, ...]) -> None:
        letter = self._codec.dead_letter(value)
        of = Place(letter.topic[self._prefix :], letter.partition, letter.offset)
        self._letters[of] = letter
        self.log.dead.append(Dead(place, of, letter.processor, letter.reason.value, headers))

    def _decision(self, place: Place, value: bytes) -> None:
        r = self._codec.decision(value)
        chance = next((s.probability for s in r.scored if s.reason is None and s.action == r.chosen), 0.0)
        self.log.decisions.append(
            Decision(
                place, Place(PARTY_EVENTS, r.partition, r.offset), r.decision_id, r.party, r.event_id, r.at,
                r.disposition.value, r.chosen, r.action_id, r.placed_at, r.policy_version, r.prior_state, r.state,
                r.occurred_at, r.event_type, r.event_kind, r.theme, r.point, r.confirmation, chance, r.needs_closed,
                bool(r.scored), r.held_out, r.scored, r.lineups, r.silence_probability,
                len(r.numbers) + len(r.words), r.feedback,
            )
        )  # fmt: skip

    def _command(self, place: Place, value: bytes) -> None:
        self.log.commands.append(Command(place, digest(value), self._codec.command(value)))

    def _objection(self, place: Place, value: bytes) -> None:
        o = self._codec.objection(value)
        self.log.objections.setdefault((o.party, o.event_id), Recorded(place, o.at, frozenset(o.channels), o.every))


def _is_of(letter: DeadLetter, record: ConsumerRecord) -> bool:
    key = None if record.key is None else record.key[:KEPT_BYTES]
    value = None if record.value is None else record.value[:KEPT_BYTES]
    return (letter.key, letter.value, letter.size) == (key, value, len(record.value or b""))
