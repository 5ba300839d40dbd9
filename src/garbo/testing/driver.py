"""The whole pipeline in one thread without a broker: send a message, let time pass, read the outputs.

After Kafka Streams' TopologyTestDriver. The processors are the live worker's, from `bootstrap.processors`; the codec
and the policy are real; the log and the tables are dicts. Messages pass in the order a single broker would give them.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterator

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap.processors import ProcessorFactory, routes
from garbo.core.party.state import Party, decode
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import ClockTick, PartyEvent
from garbo.processors.decide import Clock
from garbo.processors.learn import PUBLISH_AFTER
from garbo.processors.meters import Meter, Silent
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, Headers, InboundMessage, Output, Processor
from garbo.processors.quota import ROW_KEY
from garbo.processors.routing import routed
from garbo.processors.topics import PROCESSORS, Topics

# Far enough ahead that a story set in any year is not "in the future".
WALL_MS = 4_000_000_000_000


class DictRows:
    """A table of one partition. A row may be set in `rows` itself, but only `put` removes one."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self._ordered: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write a row; None removes it. The keys stay in order, so `scan` need not sort them."""
        known = self._in_order()
        if value is None:
            if self.rows.pop(key, None) is not None:
                del known[bisect_left(known, key)]
        else:
            if key not in self.rows:
                insort(known, key)
            self.rows[key] = value

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        known = self._in_order()
        for place in range(bisect_left(known, prefix), len(known)):
            if not known[place].startswith(prefix):
                return
            yield known[place], self.rows[known[place]]

    def _in_order(self) -> list[bytes]:
        if len(self._ordered) != len(self.rows):
            self._ordered = sorted(self.rows)
        return self._ordered


class Driver:
    """The pipeline over one policy; `garbo.testing.play` feeds it.

    Args:
        clock: "stream": time is what the events say and `tick` adds. "wall": time is `wall_ms`.
        meter: counts what the processors do.
        codec: one of your own, such as one that does not write what nobody reads.
    """

    def __init__(
        self, policy: Policy, *, partitions: int = 4, clock: Clock = "stream", meter: Meter | None = None,
        codec: AvroCodec | None = None,
    ) -> None:  # fmt: skip
        self.codec = codec or AvroCodec(PackagedRegistry())
        self.topics = Topics()
        self.partitions = partitions
        self.log: dict[str, list[ConsumerRecord]] = defaultdict(list)
        self.wall_ms = WALL_MS
        factory = ProcessorFactory(
            codec=self.codec,
            topics=self.topics,
            policy=compiled(policy),
            meter=Silent() if meter is None else meter,
            clock=clock,
            partitions=lambda: partitions,
        )
        self._processors: dict[str, tuple[str, Processor]] = {}  # topic -> who takes it
        self._broadcast: dict[str, list[Processor]] = defaultdict(list)
        self._tables: dict[tuple[str, int], DictRows] = {}
        self.decide = factory.decide()
        self.learn = factory.learn()
        built: dict[str, Processor] = {
            name: factory.build(name) for name in PROCESSORS if name not in ("decide", "learn")
        }
        built |= {"decide": self.decide, "learn": self.learn}
        for name, route in routes(self.topics, policy.vocabulary.command_channels).items():
            processor = built[name]
            self._processors.update(dict.fromkeys(route.inputs, (name, processor)))
            for topic in route.broadcast:
                self._broadcast[topic].append(processor)
            for partition in range(partitions):
                rows = self._tables[name, partition] = DictRows()
                processor.open(partition, rows)
        self._waiting: deque[ConsumerRecord] = deque()
        self._ends: Counter[str] = Counter()  # topic -> next offset; the log may have been taken

    # ---- in ------------------------------------------------------------------------------------------------------

    def send(self, message: InboundMessage) -> None:
        """A producer's message, keyed as producers do, and everything that follows from it."""
        name, key = routed(message)
        self.send_raw(name, key, self.codec.encode_inbound(message))

    def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int = -1, headers: Headers = ()
    ) -> None:
        """Any bytes on any topic, and everything that follows from them. Partition -1: by the key."""
        self._append(Output(topic, key, value, partition, headers))
        self.settle()

    def tick(self, at: int) -> None:
        """Time has come to `at` on every partition: what is due fires, each at its own instant."""
        for partition in range(self.partitions):
            event = PartyEvent(f"tick-{partition}-{at}", f"tick-{partition}", at, ClockTick())
            value = self.codec.encode_event(event)
            self._append(Output(self.topics.party_events, event.party.encode(), value, partition))
        self.settle()

    def publish(self) -> None:
        """A second of the worker's own clock passes: the models publish what they have learnt since their snapshot."""
        self.wall_ms += PUBLISH_AFTER
        for partition in range(self.partitions):
            for output in self.learn.due(partition, self.wall_ms):
                self._append(output)
        self.settle()

    # ---- out -----------------------------------------------------------------------------------------------------

    def commands(self) -> list[Deliver]:
        """Every command so far, in the order of their decisions."""
        found = [record for topic in self.topics.of_commands(self.log) for record in self.log[topic]]
        found.sort(key=lambda r: r.timestamp_ms)
        return [self.codec.command(r.value or b"") for r in found]

    def decisions(self) -> list[DecisionRecord]:
        """Every decision record so far, in order."""
        return [self.codec.decision(r.value or b"") for r in self.log[self.topics.decisions]]

    def dead_letters(self) -> list[ConsumerRecord]:
        """What could not be used, as it lies on the dead-letter topic."""
        return self.log[self.topics.dead_letters]

    def party(self, party: str) -> Party | None:
        """The row of the party with this id; None if there is none."""
        rows = self._tables["decide", partition_for(party.encode(), self.partitions)]
        row = rows.get(party.encode())
        return decode(row) if row is not None else None

    def parties(self) -> list[Party]:
        """Every party's row."""
        return [
            decode(row)
            for (name, _), t in self._tables.items()
            if name == "decide"
            for key, row in t.scan()
            if key != ROW_KEY
        ]

    def table(self, processor: str, partition: int) -> DictRows:
        """The table of a processor on one partition."""
        return self._tables[processor, partition]

    def take(self) -> dict[str, list[ConsumerRecord]]:
        """Every record since the last call, by topic, and forget them: a long play would not fit into memory."""
        taken, self.log = self.log, defaultdict(list)
        return taken

    # ---- the log -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Process until nothing moves any more."""
        while self._waiting or self._due():
            if not self._waiting:
                continue
            record = self._waiting.popleft()
            name, processor = self._processors[record.topic]
            rows = self._tables[name, record.partition]
            work = processor.process(record.partition, [record], rows, self.wall_ms)
            for key, value in work.rows.items():
                rows.put(key, value)
            for output in work.outputs:
                self._append(output)

    def _due(self) -> bool:
        fired = [o for p in range(self.partitions) for o in self.decide.due(p, self.wall_ms)]
        for output in fired:
            self._append(output)
        return bool(fired)

    def _append(self, output: Output) -> None:
        partition = output.partition
        if partition < 0:
            partition = partition_for(output.key, self.partitions) if output.key else 0
        stamp = self.wall_ms + self._ends.total()  # the order of appends, as a timestamp
        record = ConsumerRecord(
            output.topic, partition, self._ends[output.topic], output.key, output.value, stamp, output.headers
        )
        self._ends[output.topic] += 1
        self.log[output.topic].append(record)
        if output.topic in self._processors:
            self._waiting.append(record)
        for processor in self._broadcast.get(output.topic, ()):
            processor.broadcast(output.topic, output.key or b"", output.value)
