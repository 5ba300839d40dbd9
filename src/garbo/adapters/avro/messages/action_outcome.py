"""What became of an action, or of a contact that another system made."""

from collections.abc import Mapping
from typing import Final

from garbo.adapters.avro.messages import inbound
from garbo.adapters.avro.messages.fields import Datum, attributes, channel_or_none, identifiers, invalid
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import ActionOutcome, OutcomeStatus

_STATUSES: Final[Mapping[str, OutcomeStatus]] = {s.value: s for s in OutcomeStatus}


def read(datum: Datum) -> ActionOutcome:
    status = _STATUSES.get(datum["status"])
    if status is None:
        raise invalid("status", "is not one of this version's")
    return ActionOutcome(
        status,
        datum["action_id"],
        datum["action"],
        channel_or_none(datum["channel"]),
        identifiers(datum["identifiers"]),
        attributes(datum["attributes"]),
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
