"""A labelled example for a model."""

from typing import Final

from garbo.adapters.avro.messages.fields import Datum, datum_of, finite, instant, invalid, value_of
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.effects import Learn
from garbo.processors.topics import LEARNING_EXAMPLES

_learn = value_of(Learn)


def read(datum: Datum) -> Learn:
    """An example whose numbers are finite and whose label is 0 or 1: one NaN ruins a model for good."""
    instant(datum["at"], "at")
    instant(datum["decided_at"], "decided_at")
    for field in ("probability", "propensity", "champion_probability", "challenger_probability", "value", "cost"):
        finite(datum[field], field)
    for value in datum["features"].values():
        finite(value, "features")
    if datum["label"] not in (0, 1):
        raise invalid("label", "is neither 0 nor 1")
    return _learn(datum)


MESSAGE: Final = MessageType(
    name="garbo.LearningExample",
    value=Learn,
    topics=(LEARNING_EXAMPLES,),
    key="model id",
    written_by="decide",
    read_by="learn",
    read=read,
    writer=by_fastavro(datum_of(Learn)),
)
