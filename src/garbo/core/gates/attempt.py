"""An action as it would be made: what the gates judge."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from garbo.core.gates.context import DecisionContext
from garbo.core.policy.actions import Action, Placement, Treatment
from garbo.core.vocabulary.reasons import Verdict

NO_DELAY = Placement()


class Use(StrEnum):
    """For what an action is judged."""

    ACTION = "action"  # it is decided on: now, or as what had been planned
    FOLLOW_UP = "follow_up"  # it is to be planned after another action
    RIDER = "rider"  # it is to ride on a service contact
    INBOUND = "inbound"  # it is to be shown to who is there


class Attempt(Struct):
    """An action as it would be made.

    theme: what it will be about. look: about what the person merely looked at. placement, after: when it should happen,
    counted from the instant `after` (ms). placed_at: when it would happen (ms); the gate `opening` sets it. own: the
    action_id whose plan does not stand in the way, "" for plans without a reservation; None: every plan of the action
    stands in the way. tried: channels on which it failed. alone: it is a contact of its own. carrier: the channel of
    the contact on which it rides; "": it does not ride. value_company, value_customer: euro, set by the gate `rules`.
    """

    action: Action
    treatment: Treatment
    theme: str
    after: int
    placement: Placement = NO_DELAY
    placed_at: int = 0
    own: str | None = None
    alone: bool = True
    carrier: str = ""
    behavioural: bool = False
    look: bool = False
    tried: Sequence[str] = ()
    value_company: float = 0.0
    value_customer: float = 0.0


Judge: TypeAlias = Callable[[DecisionContext, Attempt], Verdict]
