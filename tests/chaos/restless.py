"""Additional facts that make caps, consents and objections matter: frequent reasons for a contact, changed minds.

The world's customers get a contact once in three weeks, and a cap that is never near proves nothing. So some of their
facts are followed by one that asks for a contact, some by a consent that is withdrawn or given again, and a few by an
objection to marketing; half of the consents that are given again name no channel and lift it.
"""

from random import Random
from typing import Final

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import ConsentChange, Identifier, Touchpoint, Value
from garbo.core.vocabulary.instants import SECOND
from garbo.processors.ports import InboundMessage

WAVERS: Final = 0.03  # share of the customers' facts: half of them withdraw a consent, half give it again
SOUGHT: Final = 0.12
OBJECTED: Final = 0.004
OBJECTION: Final = "stop_request"

# Kind, channel, theme; with these shares calls, e-mails and services compete with each other.
_ASKS: Final = (
    ("call_list", Channel.CALL_CENTRE, "term_deposit"),
    ("page_view", Channel.WEB, "savings"),
    ("page_view", Channel.WEB, "home_insurance"),
    ("transfer_failed", Channel.EBANKING, "token"),
    ("form_abandoned", Channel.APP, "current_account"),
)
_SHARES: Final = (60, 15, 10, 5, 10)
# Where it is said, and the channel that is named; some name none, and say it where nobody is written to.
_STOPS: Final = (
    (Channel.CALL_CENTRE, ""),
    (Channel.EMAIL, ""),
    (Channel.APP, ""),
    (Channel.BRANCH, ""),
    (Channel.WEB, "sms"),
    (Channel.CALL_CENTRE, "email"),
)
_CONSENTS: Final = ("own_promotion", "own_promotion", "profiling", "satisfaction")


class Restless:
    """Adds facts after others. The same dice and the same facts give the same additions."""

    def __init__(self, seed: int, dice: Random) -> None:
        self._name, self._dice = f"restless{seed}", dice
        self._granted: dict[tuple[Identifier, str], bool] = {}
        self._made = 0

    def after(self, fact: InboundMessage, now: int) -> InboundMessage | None:
        """A further fact of the same customer a second later; usually None."""
        who = fact.body.identifiers[0]
        if who.kind != "customer_id":
            return None
        chance = self._dice.random()
        if chance < WAVERS:
            return self._fact(now, self._changes_mind(who))
        if chance < WAVERS + SOUGHT:
            return self._fact(now, self._is_sought(who))
        if chance < WAVERS + SOUGHT + OBJECTED:
            return self._fact(now, self._objects(who))
        return None

    def _fact(self, now: int, body: ConsentChange | Touchpoint) -> InboundMessage:
        self._made += 1
        return InboundMessage(f"{self._name}/{self._made}", now + SECOND, body)

    def _changes_mind(self, who: Identifier) -> ConsentChange:
        consent = self._dice.choice(_CONSENTS)
        granted = self._granted[who, consent] = not self._granted.get((who, consent), True)
        return ConsentChange(consent, granted, (who,), "preferences", self._dice.choice((Channel.APP, None)))

    def _objects(self, who: Identifier) -> Touchpoint:
        channel, named = self._dice.choice(_STOPS)
        return Touchpoint(channel, OBJECTION, identifiers=(who,), attributes={"channel": named} if named else {})

    def _is_sought(self, who: Identifier) -> Touchpoint:
        kind, channel, theme = self._dice.choices(_ASKS, _SHARES)[0]
        known: dict[str, Value] = {"campaign": self._dice.randrange(1, 8)} if kind == "call_list" else {}
        return Touchpoint(channel, kind, identifiers=(who,), attributes=known, theme=theme)
