"""Where the party stands: the steps of the life cycle and the fold of the map, applied to the row and written as flows.

Rules
 1. The fold knows only happenings (`core.journeys`). This module makes them of events and decisions, keeps the result
    on the row, and sets the timer at which the patience of a stage ends.
 2. A happening has the time of its event, never later than the party's own; what a decision said has the party's.
 3. The timer may fire too early, never too late: a touch does not move it, it is set again when it fires.
 4. `party.stage`, `stage_since` and `journey` are those of the open journey touched last, and stay when it has ended.
"""

from typing import Final, NamedTuple

from garbo.core.journeys import journal
from garbo.core.journeys.instance import Fact, Happening, Instance, latest
from garbo.core.journeys.journal import Placed, Signed
from garbo.core.journeys.lifecycle import Step, lifecycle_steps
from garbo.core.journeys.placement import due
from garbo.core.party.state import Party, Timer
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.journey import EVERYONE, REST
from garbo.core.policy.journey_map import ANSWERED, CHANGED, HELD, PATIENCE, JourneyMap
from garbo.core.policy.vocabulary import Vocabulary
from garbo.core.vocabulary.effects import Flow, FlowKind

INTENT, ID = "journey", "journey"
"""Of the timer at which the patience of a stage ends."""

JOURNEY, LIFECYCLE = "journey", "lifecycle"

_PLACES: Final = frozenset((FlowKind.MOVE, FlowKind.ENTER, FlowKind.DROP, FlowKind.END, FlowKind.MERGED))
_TIES: Final = 2**31


class Situation(NamedTuple):
    """What the conditions of the map say of the party at an event. enters: the journey of its theme may start. exits: a
    bit for each journey whose exit condition holds."""

    segment: str = EVERYONE
    enters: bool = True
    exits: int = 0


EVERYWHERE: Final = Situation()


# ---- the life cycle --------------------------------------------------------------------------------------------------


def advance(party: Party, compiled: CompiledPolicy, trigger: str, at: int) -> list[Flow]:
    """Move `party` along the life cycle by what happened (a touchpoint's kind or an outcome's status)."""
    target = compiled.policy.lifecycle.get(trigger)
    if target is None or target == party.lifecycle:
        return []
    return move_lifecycle(party, target, trigger, at, compiled.policy.vocabulary)


def move_lifecycle(party: Party, target: str, trigger: str, at: int, words: Vocabulary) -> list[Flow]:
    """Go to `target` through every legal step; an illegal move changes nothing."""
    flows = []
    for step in lifecycle_steps(words, party.lifecycle, party.lifecycle_since, target, at):
        party.lifecycle, party.lifecycle_since = step.target, at
        flows.append(_flow_of(party, step, trigger, at))
    return flows


def _flow_of(party: Party, step: Step, trigger: str, at: int) -> Flow:
    return Flow(party.id, at, LIFECYCLE, step.origin, step.target, trigger, step.dwell_ms)


# ---- the map ---------------------------------------------------------------------------------------------------------


def concerns(map_: JourneyMap, kind: str, theme: str) -> bool:
    """Can what happened mean something on the map? It depends on the words alone, so the journal has no gaps."""
    if not map_.courses or kind not in map_.kinds.numbers:
        return False
    return kind in map_.moving if not theme else map_.course(theme) is not None


def happened(
    party: Party, map_: JourneyMap, fingerprint: int, at: int, kind: str, theme: str, channel: str, situation: Situation
) -> list[Flow]:
    """Fold a touchpoint or an outcome of instant `at` (ms)."""
    if not (situation.exits or concerns(map_, kind, theme)) or kind not in map_.kinds.numbers:
        return []
    return _fold(
        party,
        map_,
        Happening(
            at,
            _tie(fingerprint),
            kind,
            theme if theme in map_.themes.numbers else REST,
            channel if channel in map_.channels.numbers else "",
            situation.segment,
            situation.enters,
            situation.exits,
        ),
    )


def changed(party: Party, map_: JourneyMap, fingerprint: int, at: int, exits: int) -> list[Flow]:
    """An attribute or a consent changed at instant `at` (ms). exits: as of `Situation`."""
    if not any(
        i.stage and exits >> map_.by_name[i.journey].number & 1 for i in party.journeys if i.journey in map_.by_name
    ):
        return []
    return _fold(party, map_, Happening(at, _tie(fingerprint), CHANGED, exits=exits))


def held(party: Party, map_: JourneyMap, fingerprint: int, at: int, journey: str, obstacle: str) -> list[Flow]:
    """A decision found only obstacles for the actions that advance the party's stage in `journey`."""
    return _fold(party, map_, Happening(at, _tie(fingerprint) + 1, HELD, journey, detail=obstacle))


def answered(party: Party, map_: JourneyMap, fingerprint: int, at: int, journey: str, action: str) -> list[Flow]:
    """An action that advances the party's stage in `journey` was made."""
    return _fold(party, map_, Happening(at, _tie(fingerprint) + 1, ANSWERED, journey, detail=action))


def out_of_patience(party: Party, map_: JourneyMap, at: int) -> list[Flow]:
    """The timer has fired: who was not touched for the patience of the stage has left it. at: the party's time (ms)."""
    ends = due(map_, party.journeys)
    if not ends or ends > at:
        wind(party, map_)
        return []
    return _fold(party, map_, Happening(ends, 0, PATIENCE))


def merge(winner: Party, loser: Party, map_: JourneyMap, at: int) -> list[Flow]:
    """Two rows of one person: their journeys become one map. at: the instant of the merge (ms)."""
    if not map_.courses or not (winner.journal or loser.journal):
        return []
    placed, other = _placed(winner), _placed(loser)
    winner.timers = [t for t in winner.timers if t.intent != INTENT]
    return _kept(winner, map_, placed, journal.merge(map_, placed, other, at))


def wind(party: Party, map_: JourneyMap) -> None:
    """Set the timer at which the patience of some stage ends, unless one is set that fires before (rule 3)."""
    ends = due(map_, party.journeys)
    if not ends:
        return
    for place, timer in enumerate(party.timers):
        if timer.intent == INTENT:
            if timer.due <= ends:
                return
            del party.timers[place]
            break
    party.timers.append(Timer(id=ID, due=ends, intent=INTENT))


def moved(flows: list[Flow]) -> bool:
    """Did the party enter or leave a stage?"""
    return any(flow.kind in _PLACES and flow.axis == JOURNEY for flow in flows)


# ---- inside ----------------------------------------------------------------------------------------------------------


def _fold(party: Party, map_: JourneyMap, happening: Happening) -> list[Flow]:
    placed = _placed(party)
    return _kept(party, map_, placed, journal.place(map_, placed, happening))


def _placed(party: Party) -> Placed:
    return Placed(party.journeys, party.journey_base, party.journal, party.settled)


def _kept(party: Party, map_: JourneyMap, placed: Placed, said: list[Signed]) -> list[Flow]:
    party.journeys, party.journey_base = placed.now, placed.base
    party.journal, party.settled = placed.journal, placed.settled
    found: Instance | None = latest(placed.now)
    if found is not None:
        party.journey, party.stage, party.stage_since = found.journey, found.stage, found.since
    wind(party, map_)
    return [_flow_from(party.id, sign, fact) for sign, fact in said]


def _flow_from(party: str, sign: int, fact: Fact) -> Flow:
    (
        at, kind, journey, origin, target, trigger, dwell_ms, channel, to_channel, segment, obstacle, answered_ms,
    ) = fact  # fmt: skip
    return Flow(
        party, at, JOURNEY, origin, target, trigger, dwell_ms, kind, journey, sign, channel, to_channel, segment,
        obstacle, answered_ms,
    )  # fmt: skip


def _tie(fingerprint: int) -> int:
    """An even number below 2**32; the one after it is the decision's on the event."""
    return fingerprint % _TIES * 2
