"""What the four inbound messages share: the fields around the body, as fastavro writes them."""

from typing import Final

from garbo.adapters.avro.messages.fields import CHANNELS, Datum, coded, datum_of
from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.events import ActionOutcome, ProfileUpdate
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import INBOUND_TOPICS, PARTY_EVENTS

KEY: Final = f"any identifier; on `{PARTY_EVENTS}` the party id"
READ_BY: Final = f"resolve; decide from `{PARTY_EVENTS}`"

_BODIES: Final = {body: datum_of(body) for body in INBOUND_TOPICS}
_STATUSES: Final = frozenset(s.value for s in OutcomeStatus)
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
        given = out["attributes"].items()
        out["attributes"] = {key: (_BRANCHES[type(v)], v) for key, v in given if type(v) in _BRANCHES}
        out["lists"] = {key: value for key, value in given if isinstance(value, list)}
        out["maps"] = {key: value for key, value in given if isinstance(value, dict)}
    if not isinstance(body, ProfileUpdate):
        out["channel"], out["channel_name"] = coded(body.channel, CHANNELS) if body.channel is not None else (None, "")
    if isinstance(body, ActionOutcome):
        out["status"], out["status_name"] = coded(body.status, _STATUSES)
    if "text" in out:
        out["text"] = out["text"] or None
    return out
