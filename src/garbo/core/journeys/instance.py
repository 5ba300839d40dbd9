"""What the fold of placement reads and writes: happenings in, instances of journeys changed, facts out."""

from typing import Final, NamedTuple

from msgspec import Struct

from garbo.core.vocabulary.effects import FlowKind

OPEN: Final = 4
"""Open journeys of one party. With a fifth, the one touched the longest ago is given up."""

TRAIL: Final = 16
"""Stages of an instance's trail: enough to know a return."""


class Instance(Struct, array_like=True, gc=False):
    """One journey of one party.

    stage: where it is; "" for a journey that ended at `since` and may not start again yet. since: when the stage was
    entered (ms). touched: the last touch in it, from which patience counts (ms). channel: by which the stage was
    entered. segment: the party's when the journey began. trail: the codes of the stages visited, the latest at the
    end. obstacle: what first held this visit back, "" for nothing. answered: ms from `since` to the first action that
    advances it, -1 for none. began: when the journey did (ms).
    """

    journey: str
    stage: str
    since: int
    touched: int
    channel: str = ""
    segment: str = ""
    trail: str = ""
    obstacle: str = ""
    answered: int = -1
    began: int = 0


class Happening(NamedTuple):
    """Something that happened to a party, as the journal keeps it. Happenings are in the order of their fields.

    tie: orders what happened in the same millisecond, from the event's id. kind: of touchpoint, a status of outcome, or
    one of the engine's own (`journey_map.OWN`). theme: what it is about; of the engine's own, the journey. segment: the
    party's then. enters: the conditions of its theme's journey allowed a start then. exits: a bit for each journey
    whose exit condition held then. detail: of HELD the obstacle, of ANSWERED the action.
    """

    at: int
    tie: int
    kind: str
    theme: str = ""
    channel: str = ""
    segment: str = ""
    enters: bool = True
    exits: int = 0
    detail: str = ""


class Fact(NamedTuple):
    """What the fold says. Its fields are those of a `Flow`, without the party."""

    at: int
    kind: FlowKind
    journey: str
    origin: str
    target: str
    trigger: str
    dwell_ms: int = 0
    channel: str = ""
    to_channel: str = ""
    segment: str = ""
    obstacle: str = ""
    answered_ms: int = -1


def is_open(instance: Instance) -> bool:
    """Is the party in the journey now? Otherwise it ended, and waits until it may start again."""
    return instance.stage != ""


def latest(instances: list[Instance]) -> Instance | None:
    """The open journey that was touched last."""
    found = None
    for one in instances:
        if one.stage and (found is None or order(one) > order(found)):
            found = one
    return found


def order(one: Instance) -> tuple[int, int, str]:
    """Of two journeys, the one with the greater order was touched last."""
    return one.touched, one.since, one.journey
