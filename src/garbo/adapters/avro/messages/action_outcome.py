"""What became of an action, or of a contact that another system made."""

from typing import Final

from garbo.adapters.avro.messages import inbound
from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, attributes, channel_or_none, identifiers, invalid
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import ActionOutcome


def read(datum: Datum) -> ActionOutcome:
    status = datum["status_name"] or datum["status"]
    if status == UNKNOWN:
        raise invalid("status", "is not one of this version's")
    return ActionOutcome(
        status,
        datum["action_id"],
        datum["action"],
        channel_or_none(datum["channel"], datum["channel_name"]),
        identifiers(datum["identifiers"]),
        attributes(datum),
    )


MESSAGE: Final = MessageType(
    name="garbo.ActionOutcome",
    value=ActionOutcome,
    topics=inbound.topics(ActionOutcome),
    key=inbound.KEY,
    written_by="dispatchers, and systems that make contacts of their own",
    read_by=inbound.READ_BY,
    read=read,
    writer=by_fastavro(inbound.datum),
)
