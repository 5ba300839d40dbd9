"""Processor resolve in a test: every partition of every topic, read in any order, restarted at any moment."""

from random import Random

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.party.identity import best, party_of
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, PartyEvent, Touchpoint
from garbo.processors.identifiers import key_of
from garbo.processors.meters import Silent
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, InboundMessage, Output
from garbo.processors.topics import Topics
from garbo.testing.driver import DictRows
from tests.unit.core.small import COMPILED, Log

CODEC, TOPICS = AvroCodec(PackagedRegistry()), Topics()
NOW = 1_700_000_000_000
CUSTOMER, EMAIL, PHONE = (
    Identifier("customer_id", "C1"),
    Identifier("email", "a@b.c"),
    Identifier("phone", "+393331234567"),
)
SOCIAL, DEVICE, COOKIE = Identifier("social", "ada"), Identifier("device", "d1"), Identifier("cookie", "k1")
POOL = (CUSTOMER, EMAIL, PHONE, SOCIAL, DEVICE, COOKIE, Identifier("customer_id", "C2"), Identifier("cookie", "k2"))


def touchpoint(*who: Identifier, event_id: str = "e", at: int = NOW) -> InboundMessage:
    return InboundMessage(event_id, at, Touchpoint(Channel.WEB, "view", identifiers=who))


class Net:
    """Every partition of every topic a queue; one processor that may forget its memory; tables that outlive it."""

    def __init__(self, partitions: int = 3) -> None:
        self.partitions = partitions
        self.processor = ProcessorFactory(
            codec=CODEC, topics=TOPICS, policy=COMPILED, meter=Silent(), clock="wall", partitions=lambda: partitions
        ).resolve()
        self.tables = [DictRows() for _ in range(partitions)]
        self.queues: dict[tuple[str, int], list[ConsumerRecord]] = {}
        self.read: dict[tuple[str, int], int] = {}
        self.events: list[PartyEvent] = []
        self.dead: list[ConsumerRecord] = []
        self.decided, self.taken = Log(), -1
        self.restart()

    def restart(self) -> None:
        for partition, table in enumerate(self.tables):
            self.processor.open(partition, table)

    def append(self, output: Output) -> None:
        partition = output.partition
        if partition < 0:
            partition = partition_for(output.key, self.partitions) if output.key else 0
        queue = self.queues.setdefault((output.topic, partition), [])
        record = ConsumerRecord(output.topic, partition, len(queue), output.key, output.value, NOW, output.headers)
        queue.append(record)
        if output.topic == TOPICS.party_events:
            self.events.append(CODEC.party_event(record))
        if output.topic == TOPICS.dead_letters:
            self.dead.append(record)

    def send(self, fact: InboundMessage, key: Identifier | None = None) -> None:
        topic = {"ProfileUpdate": "profiles", "ActionOutcome": "outcomes"}.get(type(fact.body).__name__, "touchpoints")
        self.append(Output(topic, key_of(key or fact.body.identifiers[0]), CODEC.encode_inbound(fact)))

    def step(self, where: tuple[str, int], size: int = 1) -> None:
        """Process up to `size` records of one partition as one batch."""
        start = self.read.get(where, 0)
        batch = self.queues[where][start : start + size]
        work = self.processor.process(where[1], batch, self.tables[where[1]], NOW)
        for key, value in work.rows.items():
            held = self.tables[where[1]].rows.get(key)
            assert value is not None  # links are never removed
            assert held is None or held == value or key.startswith(b"household")
            self.tables[where[1]].rows[key] = value
        for output in work.outputs:
            self.append(output)
        self.read[where] = start + len(batch)

    def waiting(self) -> list[tuple[str, int]]:
        inputs = (*TOPICS.inbound, TOPICS.links)
        return sorted(w for w, q in self.queues.items() if w[0] in inputs and self.read.get(w, 0) < len(q))

    def settle(self, random: Random | None = None) -> None:
        """Until nothing waits; with `random`, in any order of partitions, with restarts that read again."""
        disturbances = 6
        while waiting := self.waiting():
            where = random.choice(waiting) if random else waiting[0]
            self.step(where, random.randint(1, 3) if random else 1)
            if random and disturbances and random.random() < 0.2:
                disturbances -= 1
                self.read[where] = random.randint(0, self.read[where])  # offsets of the last commit
                self.restart()

    def party(self, identifier: Identifier) -> str:
        """Where an event of this identifier ends up, aliases followed."""
        table = self.tables[partition_for(key_of(identifier), self.partitions)]
        prefix = f"{identifier.kind}\0{identifier.value}\0".encode()
        held = [key[len(prefix) :].decode() for key, _ in table.scan(prefix)]
        return self.final(best(held) if held else party_of(identifier))

    def final(self, party: str) -> str:
        """The party `party` became: what decide makes of the events so far, its aliases followed."""
        if self.taken != len(self.events):
            self.decided = Log(at=NOW)
            for event in self.events:
                self.decided.take(event)
            self.taken = len(self.events)
        while party in self.decided.rows and (alias := self.decided.party(party).alias_of):
            assert alias < party  # a merge always goes to the better
            party = alias
        return party
