"""The cost of reading and writing a message, in microseconds: `python -m benchmarks.codec [--json]`.

The operations of the hot path, and two competitors: the same decision record by fastavro's writer, and the same
touchpoint by confluent-kafka's serializer and deserializer.
"""

import argparse
import json
import platform
from collections.abc import Callable
from io import BytesIO
from timeit import repeat
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import schemaless_reader, schemaless_writer

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.adapters.avro.framing import HEADER_BYTES
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary import effects
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Blocked, Deliver, Learn, Scored
from garbo.core.vocabulary.events import Identifier, PartyEvent, Source, TimerFired, Touchpoint
from garbo.core.vocabulary.reasons import Disposition, Reason
from garbo.processors.ports import ConsumerRecord, InboundMessage

ROUNDS, CALLS = 9, 5_000  # the best of nine rounds, so that other work of the machine does not count

AT = 1_740_568_860_000


def cases() -> dict[str, tuple[Callable[[], object], int]]:
    """Name -> (one operation, bytes of the message)."""
    codec = AvroCodec(PackagedRegistry())
    small = InboundMessage(
        "evt-0000000001",
        AT,
        Touchpoint(
            Channel.WEB,
            "page_view",
            identifiers=(Identifier("cookie", "ck-123456789"),),
            attributes={"page": "/prepaid"},
            theme="prepaid_card",
            source_system="web",
        ),
    )
    rich = InboundMessage(
        "evt-0000000002",
        AT,
        Touchpoint(
            Channel.WEB,
            "page_view",
            identifiers=(Identifier("cookie", "ck-123456789"), Identifier("email", "martina@example.org")),
            attributes={"page": "/prepaid", "seconds": 42, "amount": 12.5},
            theme="prepaid_card",
            source_system="web",
        ),
    )
    source = Source("touchpoints", 3, 123_456)
    small_raw, rich_raw = codec.encode_inbound(small), codec.encode_inbound(rich)
    small_event, rich_event = (
        ConsumerRecord("party-events", 1, 77, b"p-0001", codec.envelope(f, "p-0001", source, raw), AT + 100)
        for f, raw in ((small, small_raw), (rich, rich_raw))
    )
    timer = PartyEvent("timer-1", "p-0001", AT, TimerFired("t-1", AT))
    scored = Scored("prepaid_call", 0.31, 0.29, 812.0, 1.2, 1.0, 40.0, 12.5, 0.5, 0.75, 4.0, 13.9, 0.25, AT)
    decision = effects.DecisionRecord(
        "d-abcdefgh12345678",
        "p-0000001",
        "evt-0000000001",
        "touchpoint",
        "page_view",
        AT,
        AT + 100,
        Disposition.DECIDED,
        "policy-3",
        "call:17",
        "prepaid_call",
        "a-abcdefgh12345678",
        AT,
        scored=(scored,) * 4,
        blocked=(Blocked("mortgage_call", Reason.CAP_REACHED, "marketing/30d"),) * 8,
        seed=2**62,
        lifecycle="lead",
        stage="interest",
    )
    command = Deliver(
        "a-abcdefgh12345678",
        "d-abcdefgh12345678",
        "p-0000001",
        "email",
        "prepaid_thanks",
        "service",
        "personal_data",
        "prepaid_card",
        AT,
        AT + 900_000,
        "martina@example.org",
        "it",
        "Grazie {name}: la chiamiamo domani alle 9:30.",
        {"name": "Martina", "time": "9:30"},
        (),
        ("question",),
    )
    example = Learn("call", "x-1", "p-1", AT, "prepaid_call", {f"f{i}": i / 7 for i in range(12)}, 1, 0.9, 0.3, "m")
    decision_raw, command_raw, example_raw = (codec.encode(e) for e in (decision, command, example))
    timer_raw = codec.encode_event(timer)
    timer_event = small_event._replace(value=timer_raw)

    schema: Any = current()["garbo.DecisionRecord"].parsed()
    datum = schemaless_reader(BytesIO(decision_raw[HEADER_BYTES:]), schema, None)
    text = current()["garbo.Touchpoint"].text
    client = SchemaRegistryClient.new_client({"url": "mock://codec"})
    serializer = AvroSerializer(client, text, conf={"subject.name.strategy.type": "TOPIC"})
    deserializer = AvroDeserializer(client, text)
    context = SerializationContext("touchpoints", MessageField.VALUE)
    touch_schema: Any = current()["garbo.Touchpoint"].parsed()
    touch = schemaless_reader(BytesIO(rich_raw[HEADER_BYTES:]), touch_schema, None)
    theirs = serializer(touch, context)

    return {
        "read  touchpoint, 1 identifier, 1 attribute": (lambda: codec.inbound(small_raw), len(small_raw)),
        "read  touchpoint, 2 identifiers, 3 attributes": (lambda: codec.inbound(rich_raw), len(rich_raw)),
        "read  party event, the small touchpoint in it": (
            lambda: codec.party_event(small_event),
            len(small_event.value or b""),
        ),
        "read  party event, the larger touchpoint in it": (
            lambda: codec.party_event(rich_event),
            len(rich_event.value or b""),
        ),
        "read  party event, timer": (lambda: codec.party_event(timer_event), len(timer_raw)),
        "read  learning example, 12 features": (lambda: codec.example(example_raw), len(example_raw)),
        "write envelope": (lambda: codec.envelope(rich, "p-0001", source, rich_raw), len(rich_event.value or b"")),
        "write party event, timer": (lambda: codec.encode_event(timer), len(timer_raw)),
        "write decision record, 4 scored, 8 blocked": (lambda: codec.encode(decision), len(decision_raw)),
        "write command": (lambda: codec.encode(command), len(command_raw)),
        "write learning example, 12 features": (lambda: codec.encode(example), len(example_raw)),
        "write touchpoint (a producer), 2 identifiers": (lambda: codec.encode_inbound(rich), len(rich_raw)),
        "      the decision record by fastavro alone": (
            lambda: schemaless_writer(BytesIO(), schema, datum),
            len(decision_raw),
        ),
        "      the larger touchpoint by AvroDeserializer": (lambda: deserializer(theirs, context), len(rich_raw)),
        "      the larger touchpoint by AvroSerializer": (lambda: serializer(touch, context), len(rich_raw)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    as_json: bool = parser.parse_args().json
    results = {
        name: {"us": round(min(repeat(operation, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6, 2), "bytes": size}
        for name, (operation, size) in cases().items()
    }
    if as_json:
        print(json.dumps({"python": platform.python_version(), "operations": results}))
        return
    for name, result in results.items():
        print(f"{name:50s} {result['us']:7.2f} us {result['bytes']:6d} B")


if __name__ == "__main__":
    main()
