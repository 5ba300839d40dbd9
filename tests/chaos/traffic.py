"""The producers' messages during a fault run: a bank's facts, some repeated, late, hostile, or of a newer schema.

    traffic = Traffic(7, parties=3_300, days=365, codec=codec, newer=newer_writer(registry.url))
    for message in traffic: producer.produce(message.topic, ...)    # 1.0 million messages, 260 MB, 60,000/s
    traffic.counts                                                  # what was written, by kind

Rules
 1. The same arguments (and the same ids in the registry) give the same bytes in the same order.
 2. Memory holds one day of facts, never the whole run.
 3. Every counted message was written once, so the checks may compare the topics with the counts.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random
from typing import Final, NamedTuple, TypeAlias

from confluent_kafka.schema_registry import Schema as RegisteredSchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from fastavro import schemaless_writer

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.framing import header
from garbo.adapters.avro.messages import INBOUND, inbound
from garbo.adapters.avro.schemas import current, parsed
from garbo.core.vocabulary.events import ConsentChange, Touchpoint
from garbo.core.vocabulary.instants import HOUR
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.simulation.world import world
from tests.chaos.hostile import hostile
from tests.chaos.restless import OBJECTION, Restless

DUPLICATES: Final = 0.06  # of the world's own, which are five sixths of all: one message in twenty
LATE: Final = 0.06
HOSTILE: Final = 0.002
NEWER: Final = 0.2
SENDERS: Final = 64  # keys of hostile messages: enough to reach every partition

Encoder: TypeAlias = Callable[[InboundMessage], bytes]


class Message(NamedTuple):
    """One message as a producer writes it.

    topic: without a prefix. at: the world's time of writing (milliseconds since 1970); it never decreases, even if the
    fact's own time does.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    at: int


class Traffic:
    """Messages, in the order of writing; each iteration starts again from the beginning and resets `counts`.

    counts: "facts" (all that is well formed), of these "duplicates", "late", "wavers", "sought", "objections" and
    "newer"; "hostile", and each kind as "hostile: KIND > TOPIC".
    """

    def __init__(self, seed: int, parties: int, days: int, codec: AvroCodec, newer: Encoder | None = None) -> None:
        self._seed, self._parties, self._days = seed, parties, days
        self._codec, self._newer = codec, newer
        self.counts: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Message]:
        dice = Random(f"traffic/{self._seed}")
        counts = self.counts = Counter()
        hostiles, enemies = hostile(self._codec), 0
        dice.shuffle(hostiles)
        encode, newer = self._codec.encode_inbound, self._newer
        now = 0
        for fact in self._facts(dice):
            now = max(now, fact.at)
            if dice.random() < HOSTILE:
                enemy = hostiles[enemies % len(hostiles)]  # in turn: none is left to chance
                enemies += 1
                counts["hostile"] += 1
                counts[f"hostile: {enemy.kind} > {enemy.topic}"] += 1
                key = b"cookie:hostile-%d" % dice.randrange(SENDERS) if enemy.keyed else None
                yield Message(enemy.topic, key, enemy.value, now)
            counts["facts"] += 1
            topic, key = routed(fact)
            if newer is not None and dice.random() < NEWER:
                counts["newer"] += 1
                yield Message(topic, key, newer(fact), now)
            else:
                yield Message(topic, key, encode(fact), now)

    def _facts(self, dice: Random) -> Iterator[InboundMessage]:
        """The world's, counted, and what follows them."""
        recent, before, turned, now, counts = set[str](), set[str](), 0, 0, self.counts
        restless = Restless(self._seed, dice)
        for fact in world(self._seed, self._parties, self._days, duplicates=DUPLICATES, late=LATE):
            if fact.at - turned > 2 * HOUR:  # a duplicate comes within the hour
                recent, before, turned = set(), recent, fact.at
            if fact.event_id in recent or fact.event_id in before:
                counts["duplicates"] += 1
            elif fact.at < now:
                counts["late"] += 1
            recent.add(fact.event_id)
            now = max(now, fact.at)
            yield fact
            more = restless.after(fact, now)
            if more is not None:
                objects = isinstance(more.body, Touchpoint) and more.body.kind == OBJECTION
                kind = "wavers" if isinstance(more.body, ConsentChange) else "objections" if objects else "sought"
                counts[kind] += 1
                yield more


def newer_writer(url: str) -> Encoder:
    """A producer with a newer schema: each fact has one more field, with a default, under the same subject."""
    client = SchemaRegistryClient.new_client({"url": url})
    written = {}
    for name, message in INBOUND.items():
        schema = json.loads(current()[name].text)
        schema["fields"].append({"name": "trace", "type": "string", "default": "", "doc": "The producer's own trace."})
        text = json.dumps(schema)
        number = client.register_schema(name, RegisteredSchema(text, "AVRO"))
        written[message.value] = header(number), parsed(text)

    def encode(fact: InboundMessage) -> bytes:
        head, schema = written[type(fact.body)]
        stream = BytesIO()
        stream.write(head)
        schemaless_writer(stream, schema, {**inbound.datum(fact), "trace": f"trace of {fact.event_id}"})
        return stream.getvalue()

    return encode
