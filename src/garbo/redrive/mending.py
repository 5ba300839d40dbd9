"""A message is mended: some of its fields are set, or all of it is replaced by an edited one.

A field is named as in the message's JSON: `event_id`, `at`, one of the body's (`kind`, `channel`, `theme`),
`attributes.NAME` or `identifiers.KIND`. Errors name fields, never a value: values are personal data.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Struct

from garbo.core.vocabulary.events import WIRE_NAMES, InboundBody
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import ConfigError, MessageError
from garbo.processors.ports import InboundMessage

ATTRIBUTES: Final = "attributes"
IDENTIFIERS: Final = "identifiers"
ENVELOPE: Final = ("event_id", "at")

_BODIES: Final[Mapping[str, type[Struct]]] = {str(b.__struct_config__.tag): b for b in get_args(InboundBody)}


class _Line(Struct, forbid_unknown_fields=True):
    event_id: str
    at: int
    body: InboundBody


class Setting(NamedTuple):
    """`--set name=text`. part: what follows the point in `attributes.NAME`, `identifiers.KIND`."""

    name: str
    part: str
    text: str


def setting(text: str) -> Setting:
    """What `--set` asks for.

    Raises:
        ConfigError: it is not written as field=value.
    """
    field, equals, value = text.partition("=")
    name, _, part = field.strip().partition(".")
    if not equals or not name or (name in (ATTRIBUTES, IDENTIFIERS)) != bool(part):
        raise ConfigError(
            f"--set {field.strip()!r}: write field=value, for example kind=page_view, at=2025-03-10T14:30+01:00, "
            "attributes.age=42 or identifiers.customer_id=4711; nothing after the = removes an attribute or identifier."
        )
    return Setting(WIRE_NAMES.get(name, name), part, value)


def mended(message: Mapping[str, Any], settings: Sequence[Setting]) -> dict[str, Any]:
    """A copy of the message (JSON values) with `settings` made.

    Raises:
        MessageError: it has no such field, or the value cannot be of its type.
    """
    found: dict[str, Any] = json.loads(json.dumps(message))
    body = found["body"]
    kind = _BODIES[body["type"]]
    for name, part, text in settings:
        if name in ENVELOPE:
            found[name] = _instant(text) if name == "at" else text
            continue
        _known(name, kind)
        if name == ATTRIBUTES:
            _put(body.setdefault(name, {}), part, text)
        elif name == IDENTIFIERS:
            others = [pair for pair in body.get(name, ()) if pair[0] != part]
            body[name] = [*others, [part, text]] if text else others
        else:
            body[name] = _flag(name, text) if _type(kind, name) is bool else text
    return found


def message_of(values: object) -> InboundMessage:
    """The message that JSON values stand for.

    Raises:
        MessageError: a field is missing, unknown, or of another type.
    """
    if isinstance(values, Mapping) and isinstance(body := values.get("body"), Mapping):
        kind = _BODIES.get(str(body.get("type")))
        if kind is None:
            raise MessageError(f"body.type is none of {', '.join(_BODIES)}.")
        for name in body:
            if name != "type":
                _known(str(name), kind)
    try:
        line = msgspec.convert(values, _Line)
    except msgspec.ValidationError as problem:
        raise MessageError(f"{problem}.") from None
    return InboundMessage(line.event_id, line.at, line.body)


def _known(name: str, kind: type[Struct]) -> None:
    names = kind.__struct_encode_fields__
    if name not in names:
        raise MessageError(f"a {kind.__struct_config__.tag} has no field {name!r}{did_you_mean(name, names)}")


def _type(kind: type[Struct], name: str) -> Any:
    field = kind.__struct_fields__[kind.__struct_encode_fields__.index(name)]
    return get_type_hints(kind)[field]


def _put(attributes: dict[str, Any], name: str, text: str) -> None:
    """The value is JSON if it can be: 42, true, ["a", "b"], "42"; any other text is a string."""
    if not text:
        attributes.pop(name, None)
        return
    try:
        attributes[name] = json.loads(text)
    except ValueError:
        attributes[name] = text


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise MessageError(f"{name} must be true or false.")
    return text == "true"


def _instant(text: str) -> int:
    """Milliseconds since 1970, or a date and time with its offset."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise MessageError("at must be milliseconds since 1970, or like 2025-03-10T14:30+01:00.")
    return round(when.timestamp() * 1000)
