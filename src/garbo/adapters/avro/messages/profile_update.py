"""What a system of record knows of a person."""

from typing import Final

from garbo.adapters.avro.messages import inbound
from garbo.adapters.avro.messages.fields import Datum, attributes, identifiers
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import ProfileUpdate


def read(datum: Datum) -> ProfileUpdate:
    return ProfileUpdate(
        identifiers(datum["identifiers"]),
        attributes(datum),
        datum["name"],
        datum["language"],
        datum["zone"],
        datum["household"],
        datum["household_role"],
        datum["lifecycle"],
    )


MESSAGE: Final = MessageType(
    name="garbo.ProfileUpdate",
    value=ProfileUpdate,
    topics=inbound.topics(ProfileUpdate),
    key=inbound.KEY,
    written_by="systems of record",
    read_by=inbound.READ_BY,
    read=read,
    writer=by_fastavro(inbound.datum),
)
