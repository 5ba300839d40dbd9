"""What a dead letter's message says, as JSON values that a person can read and edit.

Rules
 1. A producer's message has the form of the lines of `garbo simulate`: event_id, at, body.
 2. A message that the processors refuse but that its schema can read is shown as its writer wrote it. `problem` says
    why it is refused.
 3. Bytes that no schema can read are shown as text if they are text, else in hexadecimal digits.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.avro.messages.party_event import INBOUND, TYPES
from garbo.processors.ports import ConsumerRecord, InboundMessage, Rejected
from garbo.processors.topics import PARTY_EVENTS

SHOWN_BYTES: Final = 512  # of bytes that nothing can read


class Content(Struct, frozen=True, omit_defaults=True):
    """What the value holds.

    message: a producer's message. fields: a message of Garbo's own, with its schema's name. text, hexadecimal: the
    beginning of a value that no schema can read. problem: why the processors cannot use it, if decoding shows it.
    """

    message: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] | None = None
    text: str = ""
    hexadecimal: str = ""
    problem: str = ""


def content_of(letter: DeadLetter, value: bytes | None, codec: AvroCodec, topic: str) -> Content:
    """What `value`, the whole value of the letter's message, holds.

    topic: where the message lay, without prefix.
    """
    problem = ""
    raw = value or b""
    try:
        return Content(message=as_json(codec.inbound(raw)))
    except Rejected as refused:
        problem = _sentence(refused)
    if topic == PARTY_EVENTS:
        problem = _party_event_problem(letter, raw, codec)
    try:
        name, fields = codec.as_written(raw)
    except Rejected:
        return _unread(raw, problem)
    if name in INBOUND:
        return Content(message=_as_message(name, fields), problem=problem)
    return Content(fields={"schema": name, **_shown(fields, codec)}, problem=problem if topic == PARTY_EVENTS else "")


def as_json(message: InboundMessage) -> dict[str, Any]:
    """The message as JSON values."""
    return {"event_id": message.event_id, "at": message.at, "body": msgspec.to_builtins(message.body)}


def _party_event_problem(letter: DeadLetter, raw: bytes, codec: AvroCodec) -> str:
    place = ConsumerRecord(letter.topic, letter.partition, letter.offset, letter.key, raw, letter.appended_at)
    try:
        codec.party_event(place)
    except Rejected as refused:
        return _sentence(refused)
    return ""


def _sentence(refused: Rejected) -> str:
    return f"{refused.reason.value}: {refused.detail}" if refused.detail else refused.reason.value


def _as_message(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A message that its schema can read, in the form of rule 1. A field that holds nothing is left out."""
    named = {name: value for name, value in fields.items() if name not in ("event_id", "occurred_at")}
    body = {name: value for name, value in named.items() if value not in (None, "", [], {})}
    if "identifiers" in body:
        body["identifiers"] = [[each["kind"], each["value"]] for each in body["identifiers"]]
    return {"event_id": fields["event_id"], "at": fields["occurred_at"], "body": {"type": TYPES[name], **body}}


def _shown(fields: Mapping[str, Any], codec: AvroCodec) -> dict[str, Any]:
    """The fields with their bytes opened if they are a message, else in hexadecimal digits."""
    return {key: _opened(value, codec) if isinstance(value, bytes) else value for key, value in fields.items()}


def _opened(value: bytes, codec: AvroCodec) -> Any:
    try:
        name, fields = codec.as_written(value)
    except Rejected:
        return value[:SHOWN_BYTES].hex()
    return {"schema": name, **_shown(fields, codec)}


def _unread(raw: bytes, problem: str) -> Content:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = ""
    if text and all(character.isprintable() or character in "\r\n\t" for character in text):
        return Content(text=text[:SHOWN_BYTES], problem=problem)
    return Content(hexadecimal=raw[:SHOWN_BYTES].hex(), problem=problem)
