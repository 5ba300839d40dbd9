"""Action commands: what a dispatcher is told to do."""

from typing import Any, Final

from garbo.adapters.avro.facts import Datum
from garbo.adapters.avro.primitives import END, array, long, string, strings, symbols, word, words
from garbo.core.vocabulary.effects import Deliver, Rider

COMMAND: Final = "garbo.ActionCommand"


class CommandWriter:
    """Writes commands, by hand: one for every few decisions."""

    def __init__(self, header: bytes, schema: Any) -> None:
        fields = {f["name"]: f["type"] for f in schema["fields"]}
        self._channels = symbols(fields["channel"])
        self._classes = symbols(fields["action_class"])
        self._header = header

    def __call__(self, c: Deliver) -> bytes:
        """The framed command. Raises KeyError for a channel or class the schema lacks: the policy's loader has both."""
        return b"".join(
            (
                self._header,
                string(c.action_id),
                string(c.decision_id),
                string(c.party),
                self._channels[c.channel],
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
                array([_rider(r) for r in c.riders]) if c.riders else END,
                words(c.answers),
            )
        )


def _rider(r: Rider) -> bytes:
    return word(r.action) + word(r.purpose) + word(r.theme) + string(r.message)


def command(datum: Datum) -> Deliver:
    """The command a dispatcher reads."""
    riders = tuple(Rider(r["action"], r["purpose"], r["topic"], r["message"]) for r in datum["riders"])
    theme = datum.pop("topic")
    return Deliver(**{**datum, "theme": theme, "riders": riders, "answers": tuple(datum["answers"])})
