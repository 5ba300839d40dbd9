"""A party's objection to direct marketing, for every system that writes to customers."""

from typing import Final

from garbo.adapters.avro.messages.fields import Datum, datum_of, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.effects import Objection
from garbo.processors.topics import OBJECTIONS

_objection = value_of(Objection)


def read(datum: Datum) -> Objection:
    datum["channels"] = tuple(datum["channels"])
    return _objection(datum)


MESSAGE: Final = MessageType(
    name="garbo.Objection",
    value=Objection,
    topics=(OBJECTIONS,),
    key="party id",
    written_by="decide",
    read_by="every system that writes to customers; audit",
    read=read,
    writer=by_fastavro(datum_of(Objection)),
)
