"""The map, as journey.yaml describes it: kinds of touchpoint, journeys with their stages and moves.

All durations are milliseconds. `core.policy.journey_map` has the indices that placement uses.
"""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.policy.actions import Rule

CUSTOMER, COMPANY = "customer", "company"
"""Whose turn it is in a stage."""

REST = "*"
"""Among a journey's themes: every theme that no other journey has, and what is about no theme."""

ANYWHERE = "*"
"""The origin of a move from any stage, and from before the first."""

EVERYONE = "all"
"""The segment of a party that no other segment fits."""


class TouchpointKind(Struct, frozen=True):
    """A kind of touchpoint. interest: how much one of them adds to the interest in the theme it is about; 0: nothing.

    direction: "inbound", the customer does it, or "outbound", another system of ours contacts the customer.
    asks: somebody (a clerk, a page, an app screen) asks what to say or show now. tone: "negative" | "complaint" |
    "praise" | "". public: it is said where all can read it. behaviour: it shows what the person does; an explicit
    request does not. objects: with it the customer objects to direct marketing. corrects: with it staff says how a text
    is to be read; the customer did nothing.
    """

    name: str
    meaning: str = ""
    channels: tuple[str, ...] = ()
    direction: str = "inbound"
    interest: float = 0.0
    asks: bool = False
    tone: str = ""
    public: bool = False
    behaviour: bool = True
    objects: bool = False
    corrects: bool = False


class Goal(Struct, frozen=True):
    """Where a journey should lead: to `stage` within so long of its start. expect: the share of parties that should."""

    stage: str
    within: int = 0
    expect: float = 0.0


class Expected(Struct, frozen=True):
    """onward: the share of visits that should go on along the ideal path, 0: not said. within: how soon (ms)."""

    onward: float = 0.0
    within: int = 0


class StageDefinition(Struct, frozen=True):
    """A stage of a journey.

    label: by language. turn: who should act next, CUSTOMER or COMPANY. patience: so long after the last touch the party
    has dropped out, and so long one may hear nothing from us; 0: no limit. touchpoints: what is foreseen there: kind ->
    channels, none for any. optional: who passes over it has skipped nothing. advance: the actions that lead on from it.
    capacity: channel -> (contacts, in so many ms). tolerate: cause -> the share of visits that it may hold back.
    """

    name: str
    label: Mapping[str, str] = {}
    turn: str = CUSTOMER
    patience: int = 0
    touchpoints: Mapping[str, tuple[str, ...]] = {}
    optional: bool = False
    expect: Expected = Expected()
    advance: tuple[str, ...] = ()
    capacity: Mapping[str, tuple[int, int]] = {}
    tolerate: Mapping[str, float] = {}


class Move(Struct, frozen=True):
    """From `origin` (ANYWHERE, or "": before the first) to `target` when `trigger` happens.

    trigger: a kind of touchpoint or a status of outcome. theme: only about this theme; "": about any of the journey's.
    """

    origin: str
    trigger: str
    target: str
    theme: str = ""


class Journey(Struct, frozen=True):
    """One journey of the map. A party may be in several, but only once in each.

    themes: what it is about; REST: what no other is. lifecycle: the states in which it may start; empty: any. enter: it
    starts only where this holds. exit: it ends where this holds. ideal: the path it should take. ends: stages that end
    it well besides the goal. reentry: so long after an end it does not start again. stages: by name, in the file's
    order; the place in that order is the stage's code in a trail.
    """

    name: str
    label: Mapping[str, str] = {}
    themes: tuple[str, ...] = ()
    lifecycle: tuple[str, ...] = ()
    enter: Rule | None = None
    exit: Rule | None = None
    ideal: tuple[str, ...] = ()
    goal: Goal | None = None
    ends: tuple[str, ...] = ()
    reentry: int = 0
    stages: Mapping[str, StageDefinition] = {}
    moves: tuple[Move, ...] = ()


def journey_of(journeys: Mapping[str, Journey], theme: str) -> Journey | None:
    """The journey that `theme` belongs to: its own, else that of the rest; of no theme, none."""
    if not theme:
        return None
    own = next((j for j in journeys.values() if theme in j.themes), None)
    return own or next((j for j in journeys.values() if REST in j.themes), None)
