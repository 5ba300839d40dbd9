"""What the four inbound messages share: the fields around the body, as fastavro writes them."""

from typing import Final

from garbo.adapters.avro.messages.fields import Datum, datum_of
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import INBOUND_TOPICS, PARTY_EVENTS

KEY: Final = f"any identifier; on `{PARTY_EVENTS}` the party id"
READ_BY: Final = f"resolve; decide from `{PARTY_EVENTS}`"

_BODIES: Final = {body: datum_of(body) for body in INBOUND_TOPICS}
_BRANCHES: Final = {str: "string", int: "long", float: "double", bool: "boolean"}


def topics(body: type) -> tuple[str, ...]:
    """The message's own topic, and the party's log for a producer that knows the party id."""
    return INBOUND_TOPICS[body], PARTY_EVENTS


def datum(message: InboundMessage) -> Datum:
    """The message as fastavro writes it."""
    body = message.body
    out = _BODIES[type(body)](body)
    out["event_id"], out["occurred_at"] = message.event_id, message.at
    out["identifiers"] = [i._asdict() for i in body.identifiers]
    if "attributes" in out:  # naming the branch spares fastavro trying them all, and keeps 1 and True apart
        out["attributes"] = {key: (_BRANCHES[type(value)], value) for key, value in out["attributes"].items()}
    if "text" in out:
        out["text"] = out["text"] or None
    return out
