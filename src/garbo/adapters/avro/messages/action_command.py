"""An action command: what a dispatcher is to do."""

from typing import Any, Final

from garbo.adapters.avro.messages.fields import UNKNOWN, Datum, value_of
from garbo.adapters.avro.messages.message_type import MessageType
from garbo.adapters.avro.primitives import END, FALSE, TRUE, array, long, string, strings, symbols, word, words
from garbo.core.vocabulary.effects import Deliver, Rider
from garbo.processors.topics import ACTIONS

_deliver = value_of(Deliver)
_rider = value_of(Rider)


class CommandWriter:
    """Writes commands by hand: there is one for every few decisions."""

    def __init__(self, header: bytes, schema: Any) -> None:
        fields = {f["name"]: f["type"] for f in schema["fields"]}
        self._channels = symbols(fields["channel"])
        self._classes = symbols(fields["action_class"])
        self._other = self._channels[UNKNOWN]
        self._header = header

    def __call__(self, c: Deliver) -> bytes:
        """The framed command. KeyError: the schema lacks its class, which the policy's loader refuses."""
        return b"".join(
            (
                self._header,
                string(c.action_id),
                string(c.decision_id),
                string(c.party),
                self._channels.get(c.channel, self._other),
                word(c.action),
                self._classes[c.action_class],
                word(c.purpose),
                word(c.theme),
                long(c.at),
                long(c.expires_at),
                string(c.address),
                word(c.language),
                string(c.message),
                strings(c.parameters),
                array([_rider_bytes(r) for r in c.riders]) if c.riders else END,
                words(c.answers),
                word(c.group),
                TRUE if c.inbound else FALSE,
                word("" if c.channel in self._channels else c.channel),
            )
        )


def _rider_bytes(r: Rider) -> bytes:
    return word(r.action) + word(r.purpose) + word(r.theme) + string(r.message)


def read(datum: Datum) -> Deliver:
    """The command a dispatcher reads."""
    datum["riders"] = tuple(map(_rider, datum["riders"]))
    datum["answers"] = tuple(datum["answers"])
    datum["channel"] = datum.pop("channel_name") or datum["channel"]
    return _deliver(datum)


MESSAGE: Final = MessageType(
    name="garbo.ActionCommand",
    value=Deliver,
    topics=(f"{ACTIONS}<channel>",),
    key="party id",
    written_by="decide",
    read_by="the channel's dispatcher",
    read=read,
    writer=CommandWriter,
)
