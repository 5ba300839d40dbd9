"""A fact of a party on a map: a journey's, or the life cycle."""

from typing import Final

from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, datum_of, invalid, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.processors.topics import JOURNEY_FLOWS

_flow = value_of(Flow)


def read(datum: Datum) -> Flow:
    if datum["axis"] == UNKNOWN:
        raise invalid("axis", "is of a newer version")
    if datum["kind"] == UNKNOWN:
        raise invalid("kind", "is of a newer version")
    if datum["sign"] not in (1, -1):
        raise invalid("sign", "is neither 1 nor -1")
    datum["kind"] = FlowKind(datum["kind"])
    return _flow(datum)


MESSAGE: Final = MessageType(
    name="garbo.JourneyFlow",
    value=Flow,
    topics=(JOURNEY_FLOWS,),
    key="party id",
    written_by="decide",
    read_by="journey KPIs",
    read=read,
    writer=by_fastavro(datum_of(Flow)),
)
