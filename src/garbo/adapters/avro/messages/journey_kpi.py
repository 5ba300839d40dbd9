"""A KPI cell of journey_kpis, for whoever shows how journeys go."""

from typing import Final

from garbo.adapters.avro.messages.fields import Datum, datum_of, instant, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.effects import JourneyKpi
from garbo.processors.topics import JOURNEY_KPIS

_kpi = value_of(JourneyKpi)


def read(datum: Datum) -> JourneyKpi:
    """A cell of an instant; its bytes are not looked into."""
    instant(datum["window"], "window")
    return _kpi(datum)


MESSAGE: Final = MessageType(
    name="garbo.JourneyKpi",
    value=JourneyKpi,
    topics=(JOURNEY_KPIS,),
    key="hour, journey, stage, channel and segment",
    written_by="journey_kpis",
    read_by="`garbo journey`, dashboards",
    read=read,
    writer=by_fastavro(datum_of(JourneyKpi)),
)
