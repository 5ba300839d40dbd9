"""A consent given or withdrawn."""

from typing import Final

from garbo.adapters.avro.messages import inbound
from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, channel_or_none, identifiers
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import ConsentChange
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import Rejected


def read(datum: Datum) -> ConsentChange:
    consent = datum["consent"]
    if consent == UNKNOWN:
        raise Rejected(DeadLetterReason.UNKNOWN_PURPOSE, "consent is not one of this version's")
    return ConsentChange(
        consent,
        datum["granted"],
        identifiers(datum["identifiers"]),
        datum["evidence"],
        channel_or_none(datum["channel"], datum["channel_name"]),
    )


MESSAGE: Final = MessageType(
    name="garbo.ConsentChange",
    value=ConsentChange,
    topics=inbound.topics(ConsentChange),
    key=inbound.KEY,
    written_by="consent desk, forms, call centre",
    read_by=inbound.READ_BY,
    read=read,
    writer=by_fastavro(inbound.datum),
)
