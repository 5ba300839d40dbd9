"""A fact of a party on a map: a journey's, or the life cycle's. A decision tells two of them, so they are written by
hand: 2 us instead of 13."""

from typing import Any, Final

from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, invalid, value_of
from garbo.adapters.avro.messages.message_type import MessageType
from garbo.adapters.avro.primitives import FALSE, TRUE, long, string, symbols, word
from garbo.core.vocabulary.effects import VALUE_LIMIT, Flow, FlowKind
from garbo.processors.topics import JOURNEY_FLOWS

_flow = value_of(Flow)

# A fact names words of a policy. Longer ones would make a KPI cell that no broker takes.
_WORD_CHARACTERS: Final = 512
_WORDS: Final = ("origin", "target", "journey", "channel", "to_channel", "segment", "obstacle", "quality", "action")


class FlowWriter:
    """Writes facts by hand. The map's few words are kept as bytes."""

    def __init__(self, header: bytes, schema: Any) -> None:
        fields = {f["name"]: f["type"] for f in schema["fields"]}
        self._axes, self._kinds, self._header = symbols(fields["axis"]), symbols(fields["kind"]), header

    def __call__(self, f: Flow) -> bytes:
        """The framed fact."""
        return b"".join(
            (
                self._header,
                string(f.party),
                long(f.at),
                self._axes[f.axis],
                word(f.origin),
                word(f.target),
                word(f.trigger),
                long(f.dwell_ms),
                self._kinds[f.kind],
                word(f.journey),
                long(f.sign),
                word(f.channel),
                word(f.to_channel),
                word(f.segment),
                word(f.obstacle),
                long(f.answered_ms),
                word(f.quality),
                TRUE if f.implicit else FALSE,
                word(f.action),
                long(f.value_customer),
            )
        )


def read(datum: Datum) -> Flow:
    if datum["axis"] == UNKNOWN:
        raise invalid("axis", "is of a newer version")
    if datum["kind"] == UNKNOWN:
        raise invalid("kind", "is of a newer version")
    if datum["sign"] not in (1, -1):
        raise invalid("sign", "is neither 1 nor -1")
    if abs(datum["value_customer"]) > VALUE_LIMIT:
        raise invalid("value_customer", "is more than a billion euros")
    for field in _WORDS:
        if len(datum[field]) > _WORD_CHARACTERS:
            raise invalid(field, f"has more than {_WORD_CHARACTERS} characters")
    datum["kind"] = FlowKind(datum["kind"])
    return _flow(datum)


MESSAGE: Final = MessageType(
    name="garbo.JourneyFlow",
    value=Flow,
    topics=(JOURNEY_FLOWS,),
    key="party id",
    written_by="decide",
    read_by="journey_kpis",
    read=read,
    writer=FlowWriter,
)
