"""A touchpoint: something the customer did, or a contact that another system made.

`read` is the way for what is unusual; `fast_touchpoint` reads the rest.
"""

from collections.abc import Mapping
from sys import intern
from typing import Final

from garbo.adapters.avro.messages import inbound
from garbo.adapters.avro.messages.fields import Datum, attributes, channel, identifiers, invalid
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import Direction, Touchpoint

DIRECTIONS: Final[Mapping[str, Direction]] = {d.value: d for d in Direction}


def read(datum: Datum) -> Touchpoint:
    found = channel(datum["channel"], datum["channel_name"])
    direction = DIRECTIONS.get(datum["direction"])
    if direction is None:
        raise invalid("direction", "is not one of this version's")
    kind = datum["kind"]
    if not kind:
        raise invalid("kind", "is empty")
    return Touchpoint(
        found,
        intern(kind),
        direction,
        identifiers(datum["identifiers"]),
        attributes(datum),
        datum["topic"],
        datum["text"] or "",
        datum["source_system"],
    )


MESSAGE: Final = MessageType(
    name="garbo.Touchpoint",
    value=Touchpoint,
    topics=inbound.topics(Touchpoint),
    key=inbound.KEY,
    written_by="channels: web, app, call centre, …",
    read_by=inbound.READ_BY,
    read=read,
    writer=by_fastavro(inbound.datum),
)
