"""Today's schemas field by field: each message is written as fastavro writes it and read as fastavro reads it.

Four files know a message's layout: the .avsc, its file in `messages/`, the value class, and for touchpoints the fast
reader. The data come from the .avsc alone, and the second half proves that no change of a field passes unseen.
"""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer

from garbo.adapters.avro import PackagedRegistry
from garbo.adapters.avro.fast_touchpoint import TouchpointReader
from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.adapters.avro.messages import INBOUND, MESSAGES, MessageType, action_command, decision_record, party_event
from garbo.adapters.avro.messages.party_event import TYPES
from garbo.adapters.avro.messages.touchpoint import MESSAGE as TOUCHPOINT
from garbo.adapters.avro.schemas import parsed as parsed_text
from garbo.core.vocabulary.events import ClockTick, Source
from garbo.processors.ports import InboundMessage
from tests.unit.adapters.avro.by_fastavro import BY_FASTAVRO, CODEC, verdict
from tests.unit.adapters.avro.schema_samples import changes, samples, schema

HEAD = header(7)
USUAL: dict[str, Any] = {"lists": {}, "maps": {}}  # of a touchpoint that is read by hand


def parsed_schema(found: Any) -> Any:
    return parsed_text(json.dumps(found))


def by_fastavro(parsed: Any, datum: dict[str, Any], head: bytes = HEAD) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parsed, datum)
    return head + out.getvalue()


def value_of(message: MessageType, parsed: Any, raw: bytes) -> Any:
    """The value as the codec reads it by fastavro."""
    datum: Any = schemaless_reader(BytesIO(raw[HEADER_BYTES:]), parsed, None)
    if message.name in INBOUND:
        return InboundMessage(datum["event_id"], datum["occurred_at"], message.read(datum))
    return message.read(datum)


def by_garbo(message: MessageType, parsed: Any) -> Callable[[Any], bytes]:
    """The message's own writer; of an envelope, its fields are the arguments."""
    write = message.writer(HEAD, parsed)
    if message is not party_event.MESSAGE:
        return write

    def envelope(d: dict[str, Any]) -> bytes:
        source = None if d["source"] is None else Source(**d["source"])
        name = next(name for name, kind in TYPES.items() if kind == d["type"])
        origin, body, received = d["forwarded_from"], d["body"], d["received_at"]
        return write(d["event_id"], d["party_id"], name, d["occurred_at"], source, origin, body, received)

    return envelope


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_every_field_is_written_as_fastavro_writes_it(message: MessageType) -> None:
    found = schema(message.name)
    parsed, data = parsed_schema(found), samples(found)
    write = by_garbo(message, parsed)
    for datum in data:
        expected = by_fastavro(parsed, datum)
        value = datum if message is party_event.MESSAGE else value_of(message, parsed, expected)
        assert expected == write(value), datum
    assert len(data) > len(found["fields"])


def test_every_field_of_an_envelope_is_read() -> None:
    parsed = parsed_schema(schema(party_event.MESSAGE.name))
    for datum in samples(schema(party_event.MESSAGE.name)):
        raw = by_fastavro(parsed, datum)
        body = next(name for name, kind in TYPES.items() if kind == datum["type"])
        read = party_event.read(schemaless_reader(BytesIO(raw[HEADER_BYTES:]), parsed, None), body, ClockTick(), 9, 10)  # type: ignore[arg-type]
        source = None if datum["source"] is None else Source(**datum["source"])
        expected = (datum["event_id"], datum["party_id"], datum["occurred_at"], source, datum["forwarded_from"])
        assert expected == (read.event_id, read.party, read.at, read.source, read.forwarded_from)


# ---- touchpoints, read by hand ---------------------------------------------------------------------------------------


def test_every_field_of_a_touchpoint_is_read_as_fastavro_reads_it() -> None:
    found = schema(TOUCHPOINT.name)
    parsed, head = parsed_schema(found), header(PackagedRegistry().id_of(TOUCHPOINT.name))
    fast = TouchpointReader(parsed, HEADER_BYTES)
    short = {field["name"]: [] for field in found["fields"]}  # type: dict[str, list[object]]
    data = samples(found)
    for field in found["fields"]:
        if "symbols" in field["type"]:
            data.append({**data[0], field["name"]: "UNKNOWN", "channel_name": ""})
    data += [{**datum, **USUAL} for datum in data]
    for datum in data:
        raw = by_fastavro(parsed, datum, head)
        assert verdict(BY_FASTAVRO, raw) == verdict(CODEC, raw), datum
        if fast(raw) is not None:
            for name, value in datum.items():
                if value not in short[name]:
                    short[name].append(value)
    assert [{}, {}] == [value for name in USUAL for value in short.pop(name)]  # any other is left aside
    assert [] == [name for name, values in short.items() if len(values) < 2]  # each was read by hand
    for field in found["fields"]:
        if "symbols" in field["type"]:
            assert set(field["type"]["symbols"][1:]) == set(short[field["name"]]) - {"UNKNOWN"}


@pytest.mark.parametrize(("what", "changed"), list(changes(schema(TOUCHPOINT.name))), ids=lambda p: str(p)[:40])
def test_a_touchpoint_of_a_changed_schema_is_left_to_fastavro(what: str, changed: Any) -> None:
    raw = by_fastavro(parsed_schema(changed), samples(schema(TOUCHPOINT.name))[0])
    assert TouchpointReader(parsed_schema(changed), HEADER_BYTES)(raw) is None, what


def test_a_touchpoint_with_one_more_symbol_is_still_read_by_hand() -> None:
    found = schema(TOUCHPOINT.name)
    for field in found["fields"]:
        if "symbols" in field["type"]:
            field["type"]["symbols"] = [*field["type"]["symbols"], "kiosk"]
    parsed = parsed_schema(found)
    usual = {**samples(schema(TOUCHPOINT.name))[0], **USUAL, "channel": "web", "channel_name": ""}
    fast = TouchpointReader(parsed, HEADER_BYTES)
    assert value_of(TOUCHPOINT, parsed, by_fastavro(parsed, usual)) == fast(by_fastavro(parsed, usual))
    assert fast(by_fastavro(parsed, {**usual, "channel": "kiosk"})) is None


# ---- commands, decisions and envelopes, written by hand --------------------------------------------------------------

HAND_WRITTEN = (action_command.MESSAGE, decision_record.MESSAGE, party_event.MESSAGE)


@pytest.mark.parametrize("message", HAND_WRITTEN, ids=lambda m: m.name)
def test_no_change_of_a_field_escapes_the_comparison(message: MessageType) -> None:
    """Had the .avsc changed and the writer not, `test_every_field_is_written_as_fastavro_writes_it` would fail."""
    found = schema(message.name)
    first = samples(found)[0]
    parsed = parsed_schema(found)
    value = first if message is party_event.MESSAGE else value_of(message, parsed, by_fastavro(parsed, first))
    unseen = []
    for what, changed in changes(found):
        expected = by_fastavro(parsed_schema(changed), first)
        try:
            written = by_garbo(message, parsed_schema(changed))(value)
        except (KeyError, TypeError, StopIteration, IndexError):
            continue  # the writer cannot even be made
        if written == expected:
            unseen.append(what)
    assert [] == unseen
