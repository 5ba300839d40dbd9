"""What an event means for the decision, once it has been applied to the row."""

from msgspec import Struct, field

from garbo.core.party.state import Need, Plan, Timer
from garbo.core.vocabulary.effects import Blocked, Effect, NeedClosed
from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.points import Point


class Planned(Struct):
    """An action that was chosen before and is to be confirmed now, or cancelled.

    action_id: of its reservation; "" for none. plan: what is known of the choice. theme: what it is about.
    """

    action: str
    action_id: str = ""
    plan: Plan | None = None
    theme: str = ""


class EventEffect(Struct):
    """What an event means for the decision.

    point: where the decision is asked for. kind, theme, channel: of what happened. intent: of its text. triggers: what
    to look up in `CompiledPolicy.index`. due_needs: needs whose answer or deadline is due. timer: the one that fired.
    planned: what is to be confirmed. of_action: the action whose outcome it is; delivers: with which
    value to the customer (`Flow.value_customer`). detail: the record's `event_detail`.
    attributes: the declared ones of the event. happened: what the map may have to know, a kind or a status; its theme
    is `about`, its tone `tone`. struck: cause of a proactive point that speaks of a stage -> the journeys in which it
    applies. objects: the party objects to direct marketing with it. effects, closed, cancelled: what applying the event
    has caused already. models: versions of the learnt models that read its text.
    """

    point: Point = Point.EVENT
    kind: str = ""
    theme: str = ""
    channel: str = ""
    intent: str = ""
    triggers: list[tuple[str, str]] = field(default_factory=list)
    due_needs: list[Need] = field(default_factory=list)
    timer: Timer | None = None
    planned: Planned | None = None
    of_action: str = ""
    detail: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)
    happened: str = ""
    about: str = ""
    tone: str = ""
    struck: dict[str, list[str]] = field(default_factory=dict)
    objects: bool = False
    effects: list[Effect] = field(default_factory=list)
    delivers: int = 0
    closed: list[NeedClosed] = field(default_factory=list)
    cancelled: list[Blocked] = field(default_factory=list)
    models: tuple[str, ...] = ()
