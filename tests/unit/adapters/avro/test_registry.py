"""The registries: packaged, in-process mock, and a real client against a small HTTP registry."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from garbo.adapters.avro import AvroCodec, ConfluentRegistry, PackagedRegistry
from garbo.adapters.avro.catalogue import current
from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.core.vocabulary.events import Channel, Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.engine.ports import Fact, Record, Undecodable
from garbo.errors import SchemaError
from tests.golden import messages

FACT = Fact("evt-1", 1_000, Touchpoint(Channel.WEB, "visit"))


class Server:
    """The three questions Garbo asks of a registry, over HTTP."""

    def __init__(self) -> None:
        self.schemas: dict[int, str] = {}
        self.subjects: list[str] = []
        self.asked: list[int] = []
        self.refuse_all = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                subject, text = self.path.split("/")[2].split("?")[0], body["schema"]
                known = next((i for i, held in outer.schemas.items() if held == text), None)
                if outer.refuse_all:
                    return self.answer(outer.refuse_all, {"error_code": outer.refuse_all, "message": "no"})
                if self.path.split("?")[0].endswith("/versions"):
                    outer.subjects.append(subject)
                    outer.schemas.setdefault(known or len(outer.schemas) + 1, text)
                elif known is None:
                    return self.answer(404, {"error_code": 40403, "message": "Schema not found"})
                number = next(i for i, held in outer.schemas.items() if held == text)
                return self.answer(200, {"id": number, "subject": subject, "version": 1, "schema": text})

            def do_GET(self) -> None:
                number = int(self.path.split("/")[3].split("?")[0])
                outer.asked.append(number)
                if outer.refuse_all:
                    return self.answer(outer.refuse_all, {"error_code": outer.refuse_all, "message": "no"})
                if number not in outer.schemas:
                    return self.answer(404, {"error_code": 40403, "message": "Schema not found"})
                return self.answer(200, {"schema": outer.schemas[number]})

            def answer(self, status: int, body: dict[str, Any]) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


FAST = {"max.retries": 0, "timeout": 2}


def _touchpoint(**changes: Any) -> Any:
    """Today's touchpoint schema as another version might be."""
    schema = json.loads(current()["garbo.Touchpoint"].text)
    for name, change in changes.items():
        if change is None:
            schema["fields"] = [f for f in schema["fields"] if f["name"] != name]
        else:
            next(f for f in schema["fields"] if f["name"] == name).update(change)
    return schema


def _write(number: int, schema: Any, **datum: Any) -> bytes:
    out = BytesIO()
    base = {"event_id": "e", "channel": "web", "kind": "visit", "occurred_at": 1_000}
    schemaless_writer(out, parse_schema(schema), {**base, **datum})
    return header(number) + out.getvalue()


def test_each_schema_is_registered_under_its_record_name(server: Server) -> None:
    registry = ConfluentRegistry(server.url, FAST)
    assert sorted(current()) == sorted(server.subjects)
    assert server.schemas[registry.id_of("garbo.Touchpoint")] == current()["garbo.Touchpoint"].text
    codec = AvroCodec(registry)
    written = codec.encode_fact(FACT)
    assert header(registry.id_of("garbo.Touchpoint")) == written[:HEADER_BYTES]
    assert FACT == codec.fact(written)
    assert [] == server.asked  # what we registered ourselves needs no question


def test_a_second_worker_gets_the_same_ids_without_registering(server: Server) -> None:
    first, second = ConfluentRegistry(server.url, FAST), ConfluentRegistry(server.url, FAST, register=False)
    assert [first.id_of(n) for n in current()] == [second.id_of(n) for n in current()]


def test_without_leave_to_register_a_missing_schema_is_named(server: Server) -> None:
    with pytest.raises(SchemaError, match=r"garbo\.Touchpoint"):
        ConfluentRegistry(server.url, FAST, register=False)


def test_an_incompatible_schema_is_refused_with_what_to_do(server: Server) -> None:
    server.refuse_all = 409
    with pytest.raises(SchemaError, match="incompatible"):
        ConfluentRegistry(server.url, FAST)


def test_a_registry_that_does_not_answer_stops_the_worker_and_hides_its_password() -> None:
    with pytest.raises(SchemaError, match=r"127\.0\.0\.1 does not answer") as refused:
        ConfluentRegistry("http://user:secret@127.0.0.1:9", FAST)
    assert "secret" not in str(refused.value)


def test_an_unknown_id_is_asked_once_a_minute(server: Server) -> None:
    now = [0.0]
    codec = AvroCodec(ConfluentRegistry(server.url, FAST, clock=lambda: now[0]))
    for _ in range(3):
        with pytest.raises(Undecodable) as refused:
            codec.fact(header(999) + b"x")
        assert DeadLetterReason.UNKNOWN_SCHEMA == refused.value.reason
    assert [999] == server.asked
    now[0] = 61.0
    with pytest.raises(Undecodable):
        codec.fact(header(999) + b"x")
    assert [999, 999] == server.asked


def test_a_registry_in_trouble_is_no_fault_of_the_message(server: Server) -> None:
    """A dead letter for each message of an outage would lose them all; the worker stops instead."""
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    server.refuse_all = 500
    with pytest.raises(SchemaError):
        codec.fact(header(999) + b"x")


def test_another_writers_version_is_fetched_once_and_resolved(server: Server) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = _touchpoint(text=None, topic=None)
    newer["fields"].append({"name": "mood", "type": "string", "default": ""})
    newer["fields"].reverse()
    server.schemas[50] = json.dumps(newer)
    for _ in range(2):
        assert FACT.body == codec.fact(_write(50, newer, mood="sunny")).body
    assert [50] == server.asked


def test_a_newer_producers_channel_is_an_unknown_channel(server: Server) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = _touchpoint()
    channel = next(f for f in newer["fields"] if f["name"] == "channel")
    channel["type"]["symbols"].append("hologram")
    server.schemas[50] = json.dumps(newer)
    with pytest.raises(Undecodable) as refused:
        codec.fact(_write(50, newer, channel="hologram"))
    assert DeadLetterReason.UNKNOWN_CHANNEL == refused.value.reason
    assert FACT == codec.fact(_write(50, newer, event_id="evt-1"))


def test_a_newer_producers_consent_is_an_unknown_purpose(server: Server) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    newer = json.loads(current()["garbo.ConsentChange"].text)
    next(f for f in newer["fields"] if f["name"] == "consent")["type"]["symbols"].append("telepathy")
    server.schemas[51] = json.dumps(newer)
    with pytest.raises(Undecodable) as refused:
        codec.fact(_write(51, newer, consent="telepathy", granted=True))
    assert DeadLetterReason.UNKNOWN_PURPOSE == refused.value.reason


def test_a_schema_of_somebody_else_is_of_the_wrong_type(server: Server) -> None:
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    others = {
        60: '"string"',
        61: '{"type": "record", "name": "Order", "namespace": "shop", "fields": []}',
        62: json.dumps({**_touchpoint(), "fields": [{"name": "channel", "type": "double"}]}),
    }
    server.schemas.update(others)
    for number in others:
        with pytest.raises(Undecodable) as refused:
            codec.fact(header(number) + b"\x00" * 8)
        assert DeadLetterReason.WRONG_TYPE == refused.value.reason


def test_a_schema_made_to_hang_or_overflow_is_not_read(server: Server) -> None:
    """2**62 nulls in ten bytes, a list of empty records, a chain without end."""
    codec = AvroCodec(ConfluentRegistry(server.url, FAST))
    empty = {"type": "record", "name": "Empty", "fields": []}
    chain = {"type": "record", "name": "Chain", "fields": [{"name": "next", "type": ["null", "Chain"]}]}
    bombs: list[Any] = [{"type": "array", "items": "null"}, {"type": "array", "items": empty}, chain]
    for number, bomb in enumerate(bombs, start=70):
        schema = _touchpoint()
        schema["fields"].insert(0, {"name": "bomb", "type": bomb})
        server.schemas[number] = json.dumps(schema)
        with pytest.raises(Undecodable) as refused:
            codec.fact(header(number) + b"\xfe" + b"\xff" * 8 + b"\x01" * 9)
        assert DeadLetterReason.WRONG_TYPE == refused.value.reason


def test_what_was_written_before_the_registry_came_stays_readable(server: Server) -> None:
    before = AvroCodec(PackagedRegistry()).encode_fact(FACT)
    assert FACT == AvroCodec(ConfluentRegistry(server.url, FAST)).fact(before)
    assert [] == server.asked


def test_every_message_is_byte_for_byte_what_confluents_serializer_writes() -> None:
    registry = ConfluentRegistry("mock://framing")
    codec = AvroCodec(registry)
    for name, (_, values) in messages.samples(codec).items():
        if name in messages.BODIES:
            continue  # travel within envelopes only
        text = current()[name].text
        serializer = AvroSerializer(registry._client, text, conf={"subject.name.strategy.type": "TOPIC"})
        for value in values:
            ours = messages.encode(codec, value)
            datum = schemaless_reader(BytesIO(ours[HEADER_BYTES:]), parse_schema(json.loads(text)), None)
            theirs = serializer(datum, SerializationContext("any", MessageField.VALUE))
            assert theirs is not None
            assert theirs[HEADER_BYTES:] == ours[HEADER_BYTES:], name
            assert (theirs[0], len(theirs)) == (ours[0], len(ours))
            assert header(int.from_bytes(theirs[1:HEADER_BYTES], "big")) == theirs[:HEADER_BYTES]


def test_the_packaged_ids_are_the_same_in_every_process() -> None:
    assert [PackagedRegistry().id_of(n) for n in current()] == [s.id for s in current().values()]
    codec = AvroCodec(PackagedRegistry())
    record = Record("party-events", 0, 1, b"p", codec.encode_fact(FACT), 2)
    assert FACT.body == codec.party_event(record).body
