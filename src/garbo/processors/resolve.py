"""Processor resolve: a producer's message becomes an event on the log of the party it is about.

Runs at least once, without transactions. Rules that make that safe:
 1. An identifier's links live on its own partition (key `kind:value`); each link is a row of its own and is only
    ever added, so an old copy written twice overwrites nothing.
 2. Everything emitted is a function of the input and of links, with deterministic ids; a forwarded event carries
    its source coordinates, and decide drops what it has applied.
 3. The event itself is a claim that its identifiers are one person: the best party among them takes it, the others
    learn of it through `identity-links`, and a party that turns out to be another one gets `PartyMerged`.
 4. A message keyed otherwise than by one of its identifiers is sent on once, under the strongest one's key. So is one
    that lies elsewhere than its key belongs, by a partitioner that is not Kafka's: what is known of the identifier lies
    on the partition where it belongs.
 5. Two identifiers of strength 0 (customer ids) are two persons. What they share (a tablet, an address) stays with the
    one it was first seen with; a message that names a customer id is that customer's.
 6. A message in words that the policy does not have is a dead letter (`words`).
 7. Each inbound topic has its kind of message: who may write touchpoints may not state a consent there.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import MsgspecError, msgpack

from garbo.core.party.identity import CERTAIN, HOUSEHOLD, best, distinct, party_of, strongest_first
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import (
    ActionOutcome,
    HouseholdJoined,
    Identifier,
    PartyEvent,
    PartyMerged,
    ProfileUpdate,
    Source,
)
from garbo.core.vocabulary.ids import digest
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors import identifiers, published_policy
from garbo.processors.dead_letters import DeadLetters, check_record
from garbo.processors.each_record import each_record
from garbo.processors.identifiers import PARTY, key_of
from garbo.processors.meters import Meter
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import Codec, ConsumerRecord, InboundMessage, Link, Output, Rejected, Rows, Work
from garbo.processors.stored import unreadable
from garbo.processors.topics import INBOUND_TOPICS, Topics
from garbo.processors.words import identified, understood

# Identifiers remembered in memory per partition, besides the table: saves a scan for each event. About 30 MB.
CACHE = 100_000
# Rows of one household: a dozen members, each known by a few parties before they were one. Each learns of each, so a
# default value that a system of record gives to everybody ("unknown") would cost the square of all customers.
HOUSEHOLD_ROWS = 64
SENT_ON = "garbo-sent-on"  # the header of a message that resolve has sent on
# A link has no instant of its own: what it causes happens at the party's own time.
NO_TIME = 0


class _Draft:
    """What one record asks for. It joins the batch, and the memory, when nothing of it can fail any more.

    batch: the rows that earlier records of the same batch wrote.
    """

    __slots__ = ("batch", "claimed", "known", "outputs", "rows")

    def __init__(self, batch: Mapping[bytes, bytes | None]) -> None:
        self.batch = batch
        self.rows: dict[bytes, bytes | None] = {}
        self.outputs: list[Output] = []
        self.known: dict[Identifier, str] = {}
        self.claimed: set[tuple[Identifier, str]] = set()


class ResolveProcessor:
    """Implements `processors.ports.Processor` over the inbound topics and `identity-links`."""

    def __init__(
        self, *, codec: Codec, topics: Topics, meter: Meter, region: str, policy: Policy,
        load_policy: Callable[[bytes], Policy], partitions: Callable[[], int],
    ) -> None:  # fmt: skip
        """policy: whose words and identifiers count, until `load_policy` accepts another from policy-versions.
        load_policy: raises `GarboError`. partitions: of the inbound topics."""
        self._partitions = partitions
        self._codec, self._topics, self._region = codec, topics, region
        self._policy, self._load_policy, self._meter = policy, load_policy, meter
        self._meter.policy_in_use("resolve", policy)
        self._dead = DeadLetters(codec, topics.dead_letters, "resolve", meter)
        self._known: dict[int, dict[Identifier, str]] = {}
        self._claimed: dict[int, set[tuple[Identifier, str]]] = {}
        self._prefix = len(topics.prefix)
        self._kind_of = {topics.named(name): kind for kind, name in INBOUND_TOPICS.items()}

    def open(self, partition: int, rows: Rows) -> None:
        self._known[partition], self._claimed[partition] = {}, set()

    def close(self, partition: int) -> None:
        self._known.pop(partition, None)
        self._claimed.pop(partition, None)

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        return ()

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        """A policy. One that cannot be used is refused, and the last good one stays."""
        policy = published_policy.take("resolve", self._load_policy, value, self._meter)
        if policy is None:
            return False
        self._policy = policy
        self._meter.policy_in_use("resolve", self._policy)
        return True

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        known, claimed = self._known[partition], self._claimed[partition]
        for memory in (known, claimed):
            if len(memory) >= CACHE:  # before a batch: the tables know all that earlier ones wrote
                memory.clear()
        one: Callable[[ConsumerRecord, Rows, _Draft, int], None]
        one = self._link if records[0].topic == self._topics.links else self._inbound

        def handle(record: ConsumerRecord) -> None:
            draft = _Draft(work.rows)
            one(record, rows, draft, now_ms)
            work.rows.update(draft.rows)
            work.outputs.extend(draft.outputs)
            known.update(draft.known)
            claimed.update(draft.claimed)

        each_record(records, handle, work, self._dead, now_ms)
        return work

    # ---- a producer's message ------------------------------------------------------------------------------------

    def _inbound(self, record: ConsumerRecord, rows: Rows, draft: _Draft, now_ms: int) -> None:
        value = check_record(record)
        message = self._codec.inbound(value)
        if self._kind_of.get(record.topic) is not type(message.body):  # rule 7
            name, topic = type(message.body).__name__, record.topic[self._prefix :]
            raise Rejected(DeadLetterReason.NOT_ALLOWED, f"a {name} on {topic}")
        if message.at > now_ms + self._policy.future_tolerance:
            raise Rejected(DeadLetterReason.FUTURE, f"{message.at - now_ms} ms ahead")
        named = self._identifiers(message)
        understood(message.body, self._policy)
        source = Source(record.topic[self._prefix :], record.partition, record.offset)
        if named[0].kind == PARTY:
            self._forward(message, named[0].value, source, record, draft)
            return
        home = next((i for i in named if key_of(i) == record.key), None)
        if home is None or self._is_misplaced(record):  # rule 4
            self._send_on(record, value, key_of(home or named[0]), draft)
            return
        held = self._best(record.partition, home, rows)
        kinds = self._kinds
        known = held or party_of(home, kinds)
        party = best([known, *(party_of(i, kinds) for i in named if i != home)])
        if kinds[named[0].kind] == CERTAIN:  # rule 5
            party = party_of(named[0], kinds)
        if party != held and not distinct(known, party):
            self._add(home, party, draft)
            if held is not None:
                self._merge(held, party, message.at, draft)
        self._forward(message, party, source, record, draft)
        self._claim(record.partition, named, home, party, draft)
        body = message.body
        household = body.household.strip() if isinstance(body, ProfileUpdate) else ""
        if isinstance(body, ProfileUpdate) and identifiers.is_usable(household):
            link = Link(Identifier(HOUSEHOLD, household), party, home, body.name, body.household_role)
            self._send_link(link, draft)

    def _is_misplaced(self, record: ConsumerRecord) -> bool:
        return record.key is not None and partition_for(record.key, self._partitions()) != record.partition

    def _send_on(self, record: ConsumerRecord, value: bytes, key: bytes, draft: _Draft) -> None:
        """Once: what has been sent on and lies in a wrong place again would go round for ever.

        Raises:
            Rejected: it has been sent on before.
        """
        if any(name == SENT_ON for name, _ in record.headers):
            raise Rejected(DeadLetterReason.MISPLACED, "it was sent on once and lies on a wrong partition again")
        self._meter.misplaced(record.topic[self._prefix :])
        draft.outputs.append(Output(record.topic, key, value, headers=(*record.headers, (SENT_ON, b"1"))))

    def _identifiers(self, message: InboundMessage) -> list[Identifier]:
        found = identified(message.body, self._kinds, self._region)
        if not found:
            detail = "an outcome needs the party or an identifier" if isinstance(message.body, ActionOutcome) else ""
            raise Rejected(DeadLetterReason.NO_IDENTIFIER, detail)
        return found if found[0].kind == PARTY else strongest_first(found, self._kinds)

    @property
    def _kinds(self) -> Mapping[str, int]:
        """The policy's kinds of identifier and their strength."""
        return self._policy.vocabulary.identifiers

    def _forward(
        self, message: InboundMessage, party: str, source: Source, record: ConsumerRecord, draft: _Draft
    ) -> None:
        value = self._codec.envelope(message, party, source, record.value or b"", max(record.timestamp_ms, 0))
        draft.outputs.append(Output(self._topics.party_events, party.encode(), value))

    def _claim(self, partition: int, named: list[Identifier], home: Identifier, party: str, draft: _Draft) -> None:
        claimed = self._claimed[partition]
        for identifier in named:
            claim = (identifier, party)
            if identifier != home and claim not in claimed and claim not in draft.claimed:
                draft.claimed.add(claim)
                self._send_link(Link(identifier, party, home), draft)

    # ---- a claim about one of our identifiers --------------------------------------------------------------------

    def _link(self, record: ConsumerRecord, rows: Rows, draft: _Draft, now_ms: int) -> None:
        link = self._codec.link(check_record(record))
        if self._is_misplaced(record):
            raise Rejected(DeadLetterReason.MISPLACED, "the key belongs on another partition")
        if not _linkable(link, self._kinds):
            raise Rejected(DeadLetterReason.INVALID, "a link of something that is no identifier")
        if key_of(link.identifier) != record.key:  # its row would lie where nobody looks for it
            raise Rejected(DeadLetterReason.INVALID, "the key is not the link's identifier")
        if link.identifier.kind == HOUSEHOLD:
            self._household(link, rows, draft)
            return
        held = self._best(record.partition, link.identifier, rows)
        known = held or party_of(link.identifier, self._kinds)
        if distinct(known, link.party):  # rule 5
            return
        if link.party < known:
            self._add(link.identifier, link.party, draft)
            if held is not None:
                self._merge(held, link.party, NO_TIME, draft)
        elif known < link.party:  # ours is the better one: tell whoever claimed
            self._send_link(Link(link.via, known, link.identifier), draft)
            if held is None:
                self._add(link.identifier, known, draft)
        elif held is None:
            self._add(link.identifier, known, draft)

    def _household(self, link: Link, rows: Rows, draft: _Draft) -> None:
        prefix = _row_key(link.identifier, "")
        key, value = _row_key(link.identifier, link.party), msgpack.encode((link.name, link.role))
        if draft.batch.get(key, rows.get(key)) == value:
            return
        members = dict(rows.scan(prefix))
        members.update({k: v for k, v in draft.batch.items() if k.startswith(prefix) and v is not None})
        if len(members) >= HOUSEHOLD_ROWS and key not in members:
            raise Rejected(DeadLetterReason.INVALID, f"a household of more than {HOUSEHOLD_ROWS} is none")
        draft.rows[key] = value
        for other_key, other in sorted(members.items()):
            party = _party(other_key, prefix)
            if party != link.party:
                name, role = _member(other)
                self._joined(link.identifier.value, party, link.party, link.name, link.role, draft)
                self._joined(link.identifier.value, link.party, party, name, role, draft)

    def _joined(self, household: str, party: str, member: str, name: str, role: str, draft: _Draft) -> None:
        event_id = "h-" + digest(household, party, member, name, role)
        body = HouseholdJoined(household, member, name, role)
        self._emit(PartyEvent(event_id, party, NO_TIME, body), draft)

    # ---- links, messages -----------------------------------------------------------------------------------------

    def _best(self, partition: int, identifier: Identifier, rows: Rows) -> str | None:
        """The party this identifier is known to belong to; None when it has never been seen."""
        cache = self._known[partition]
        if identifier in cache:
            return cache[identifier]
        prefix = _row_key(identifier, "")
        parties = [_party(key, prefix) for key, _ in rows.scan(prefix)]
        if not parties:
            return None
        cache[identifier] = best(parties)
        return cache[identifier]

    def _add(self, identifier: Identifier, party: str, draft: _Draft) -> None:
        draft.rows[_row_key(identifier, party)] = b""
        draft.known[identifier] = party

    def _merge(self, loser: str, winner: str, at: int, draft: _Draft) -> None:
        self._emit(PartyEvent("m-" + digest(loser, winner), loser, at, PartyMerged(winner)), draft)

    def _emit(self, event: PartyEvent, draft: _Draft) -> None:
        value = self._codec.encode_event(event)
        draft.outputs.append(Output(self._topics.party_events, event.party.encode(), value))

    def _send_link(self, link: Link, draft: _Draft) -> None:
        draft.outputs.append(Output(self._topics.links, key_of(link.identifier), self._codec.encode_link(link)))


def _linkable(link: Link, known: Collection[str]) -> bool:
    """Are both its ends identifiers as resolve writes them? (A NUL in one would part the row's key elsewhere.)"""
    kinds, values = (link.identifier.kind, link.via.kind), (link.identifier.value, link.via.value, link.party)
    named = kinds[0] in known or kinds[0] == HOUSEHOLD
    return named and kinds[1] in known and all(map(identifiers.is_usable, values))


def _party(key: bytes, prefix: bytes) -> str:
    """The party of a row's key."""
    try:
        return key[len(prefix) :].decode()
    except UnicodeDecodeError as problem:
        raise unreadable("the key of a link's row", problem) from None


def _member(row: bytes) -> tuple[str, str]:
    """Name and role of a household's member."""
    try:
        return msgpack.decode(row, type=tuple[str, str])
    except (MsgspecError, UnicodeDecodeError) as problem:
        raise unreadable("the row of a household's member", problem) from None


def _row_key(identifier: Identifier, party: str) -> bytes:
    return f"{identifier.kind}\0{identifier.value}\0{party}".encode()
