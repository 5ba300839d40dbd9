"""From merged cells to the arrays of `tally`.

What the cells do not hold, and what is done instead: what held a visit that moved to an end of the map is known with
the exit `aside`; how many of these moves lead to an end is known for all visits of the stage together.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from garbo.core.journeys.cells import Cell, exit_of, waited
from garbo.core.journeys.histogram import middle
from garbo.journeys import causes
from garbo.journeys.causes import cause_of
from garbo.journeys.merged import Merged
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.tally import ANSWERED, BINS, EDGES, EXITS, IN_TIME, LEFT, ONWARD, OUT, Array, Tally

_EXIT_OF_COUNT: Final = {"onward": ONWARD, "back": 1, "aside": 2, "drop": OUT, "end": OUT}


def to_tally(plans: Sequence[JourneyPlan], merged: Merged) -> Tally:
    """The arrays of all journeys of `plans`. Moves to and from stages that the plan does not have are left out."""
    stages = [(plan.journey, stage) for plan in plans for stage in plan.open_stages]
    index = {(journey, stage.stage): i for i, (journey, stage) in enumerate(stages)}
    mine = {place: cell for place, cell in merged.items() if (place.journey, place.stage) in index}
    channels = sorted({place.channel for place in mine})
    segments = sorted({place.segment for place in mine})
    seen = {cause for cell in mine.values() for cause, _, how in map(cause_of, cell.held) if how in _EXIT_OF_COUNT}
    kinds = [causes.NONE, *(c for c in (*causes.HOLDING, *causes.AFTER) if c in seen)]
    n, by_name = len(stages), {plan.journey: plan for plan in plans}
    exits = np.zeros((n, len(channels), len(segments), len(kinds), len(EXITS)))
    waits = np.zeros((n, len(channels), len(segments), BINS, 2))
    late, alone = np.zeros((n, len(EXITS))), np.zeros((n, len(segments), len(EXITS)))
    details: dict[tuple[int, str], dict[str, int]] = {}
    for place, cell in mine.items():
        stage = index[place.journey, place.stage]
        at = (stage, channels.index(place.channel), segments.index(place.segment))
        exits[at] = _exits(cell, kinds)
        if stages[stage][1].promises:
            waits[at], after, unaided = _waits(cell, stages[stage][1])
            late[stage] += after
            alone[at[0], at[2]] += unaided
            unaided[OUT] = waits[at][:, LEFT].sum()
            exits[at][0] = np.maximum(exits[at][0] - unaided, 0)
        for held, count in cell.held.items():
            cause, name, how = cause_of(held)
            if name and how in _EXIT_OF_COUNT:
                names = details.setdefault((stage, cause), {})
                names[name] = names.get(name, 0) + count
    moves, entered = np.zeros((n, len(EXITS), n + 1)), np.zeros((n, len(segments)))
    for place, cell in mine.items():
        stage, plan = index[place.journey, place.stage], by_name[place.journey]
        segment = segments.index(place.segment)
        entered[stage, segment] += cell.count("enter")
        for target, count in cell.targets.items():
            to = n if target == plan.goal else index.get((place.journey, target))
            if to is None:  # an end of the map
                continue
            moves[stage, EXITS.index(exit_of(plan.path, place.stage, target)), to] += count
            if to < n:
                entered[to, segment] -= count
    total = (exits.sum((1, 2, 3)) + alone.sum(1))[..., None]
    return Tally(
        stages, channels, segments, kinds, exits, waits, late,
        routes=np.clip(moves / np.maximum(total, 1), 0, 1), starts=np.maximum(entered, 0), details=details, alone=alone,
    )  # fmt: skip


def _exits(cell: Cell, kinds: Sequence[str]) -> Array:
    """By (cause, exit)."""
    found = np.zeros((len(kinds), len(EXITS)))
    for name, place in _EXIT_OF_COUNT.items():
        found[0, place] += cell.count(name)
    for held, count in cell.held.items():
        cause, _, how = cause_of(held)
        place = _EXIT_OF_COUNT.get(how, -1)
        if cause in kinds and place >= 0:
            found[kinds.index(cause), place] += count
            found[0, place] -= count
    return np.maximum(found, 0)


def _waits(cell: Cell, plan: StagePlan) -> tuple[Array, Array, Array]:
    """Of the visits that nothing held back: by (bin, answered or left); by exit, those answered late without a negative
    response; by exit, those that went on by themselves before an answer came."""
    found, late, alone = np.zeros((BINS, 2)), np.zeros(len(EXITS)), np.zeros(len(EXITS))
    for coded, count in cell.answer.items():
        visit = waited(coded)
        if count <= 0 or visit.held:
            continue
        place = _EXIT_OF_COUNT[visit.exit]
        bin_ = int(np.searchsorted(EDGES, middle(visit.bucket) / plan.within))
        if visit.answered or place == OUT:
            found[bin_, ANSWERED if visit.answered else LEFT] += count
        elif not visit.refused:
            alone[place] += count
        if visit.answered and bin_ >= IN_TIME and not visit.refused:
            late[place] += count
    return found, late, alone
