"""What one decision is made from: the row after the event, what the event asks for, the policy and the time."""

from typing import Final

from msgspec import Struct, field

from garbo.core.gates.scarcity import Quota, Unlimited
from garbo.core.party import consent, needs
from garbo.core.party.event_effect import EventEffect
from garbo.core.party.state import Party
from garbo.core.policy.actions import Action
from garbo.core.policy.journey_map import JourneyMap
from garbo.core.policy.lookups import RuleValue
from garbo.core.policy.policy import Policy
from garbo.core.policy.vector import VectorOrder
from garbo.core.scoring.scorer import Estimate
from garbo.core.vocabulary.effects import Spent
from garbo.core.vocabulary.reasons import Verdict

NO_ORDER: Final = VectorOrder()  # no model reads anything
NO_MAP: Final = JourneyMap()  # nobody is anywhere


class Vector(Struct, frozen=True, gc=False):
    """What the models read of the person and the moment, in the order of `CompiledPolicy.order`. NaN, "": not known."""

    numbers: tuple[float, ...]
    words: tuple[str, ...]


class DecisionContext(Struct):
    """Everything the gates, the score and the command look at.

    at: the instant of the decision (ms). age: how long the event waited on the logs (ms). since: the instant from which
    the validity of what is done now counts: the event's own, a timer's due (ms). held_out: the party is in the control
    group. spent: what this decision has used of scarce things. values: what the rules see. order: of the vector.
    map: the journeys. stood: where on it the party stood. vectors: by family of actions, without what the models read
    of an action. interests: by theme, of the vector. values, vector, vectors and what is the same for every candidate
    (openings and reached by channel, permits by purpose) are built when they are first needed, once a decision.
    """

    party: Party
    effect: EventEffect
    policy: Policy
    at: int
    age: int
    since: int = 0
    held_out: bool = False
    profiled: bool = False
    quota: Quota = Unlimited()
    spent: list[Spent] = field(default_factory=list)
    values: dict[str, RuleValue] | None = None
    order: VectorOrder = VectorOrder()
    map: JourneyMap = JourneyMap()
    vector: Vector | None = None
    vectors: dict[str, dict[str, float]] = field(default_factory=dict)
    interests: dict[str, float] | None = None
    answers: dict[str, Estimate | None] = field(default_factory=dict)  # by model: it is asked once a decision
    openings: dict[str, int | None] = field(default_factory=dict)
    permits: dict[tuple[str, bool, bool], Verdict] = field(default_factory=dict)
    reached: dict[str, Verdict] = field(default_factory=dict)
    stood: tuple[str, ...] = ()  # "journey/stage", the journey touched last first
    channels: tuple[str, ...] | None = None  # those this person would rather have, the first before the others

    @property
    def zone(self) -> str:
        return self.party.zone or self.policy.zone


def context_of(
    party: Party,
    effect: EventEffect,
    policy: Policy,
    *,
    at: int,
    age: int,
    since: int,
    quota: Quota,
    order: VectorOrder = NO_ORDER,
    map_: JourneyMap = NO_MAP,
) -> DecisionContext:
    """The context of a decision at instant `at` about something of instant `since` (ms)."""
    return DecisionContext(
        party=party,
        effect=effect,
        policy=policy,
        order=order,
        map=map_,
        at=at,
        age=age,
        since=since,
        profiled=consent.profiled(party),
        quota=quota,
    )


def theme_of(context: DecisionContext, action: Action) -> str:
    """What `action` will be about: its own theme, else that of the oldest need it answers that has no answer under way,
    else the event's.

    The event of a fired timer has the theme of the need that the timer holds.
    """
    if action.theme:
        return action.theme
    met = [n for n in needs.answerable(context.party, action) if not n.answering]
    return met[0].theme if met else context.effect.theme
