"""A finding of the journeys' analysis, for whoever is to act on it."""

from typing import Final

from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, datum_of, finite, instant, invalid, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.effects import JourneyFinding
from garbo.processors.topics import JOURNEY_FINDINGS

_finding = value_of(JourneyFinding)


def read(datum: Datum) -> JourneyFinding:
    """A finding of a known kind, with instants and finite numbers."""
    for field in ("kind", "status"):
        if datum[field] == UNKNOWN:
            raise invalid(field, "is of a newer version")
    for field in ("at", "since", "until"):
        instant(datum[field], field)
    for field, value in datum.items():
        finite(value, field)
    return _finding(datum)


MESSAGE: Final = MessageType(
    name="garbo.JourneyFinding",
    value=JourneyFinding,
    topics=(JOURNEY_FINDINGS,),
    key="journey, stage and cause",
    written_by="`garbo journey report --publish`",
    read_by="`garbo journey report --publish`, dashboards",
    read=read,
    writer=by_fastavro(datum_of(JourneyFinding)),
)
