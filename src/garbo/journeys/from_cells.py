"""From merged cells to the arrays of `tally`.

What the cells do not hold, and what is done instead:
 1. `answer` counts each visit without an answer, those held back too. So many waited and left as there are visits
    without an answer beyond those held back; their times are taken from all visits without an answer.
 2. Which exit followed a late answer is not in the cells: an answer that is late, yet comes, costs nothing here.
 3. What held a visit that moved to an end of the map is known with the exit `aside`; how many of these moves lead to an
    end is known for all visits of the stage together.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from garbo.core.journeys.cells import Cell, exit_of
from garbo.core.journeys.histogram import middle
from garbo.journeys import causes
from garbo.journeys.causes import cause_of
from garbo.journeys.merged import Merged
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.tally import BINS, EDGES, EXITS, LEFT, ONWARD, OUT, Array, Tally

_EXIT_OF_COUNT: Final = {"onward": ONWARD, "back": 1, "aside": 2, "drop": OUT, "end": OUT}


def to_tally(plans: Sequence[JourneyPlan], merged: Merged) -> Tally:
    """The arrays of all journeys of `plans`. Moves to and from stages that the plan does not have are left out."""
    stages = [(plan.journey, stage) for plan in plans for stage in plan.open_stages]
    index = {(journey, stage.stage): i for i, (journey, stage) in enumerate(stages)}
    mine = {place: cell for place, cell in merged.items() if (place.journey, place.stage) in index}
    channels = sorted({place.channel for place in mine})
    segments = sorted({place.segment for place in mine})
    seen = {cause_of(held)[0] for cell in mine.values() for held in cell.held}
    kinds = [causes.NONE, *(c for c in (*causes.HOLDING, *causes.AFTER) if c in seen)]
    n, by_name = len(stages), {plan.journey: plan for plan in plans}
    exits = np.zeros((n, len(channels), len(segments), len(kinds), len(EXITS)))
    waits = np.zeros((n, len(channels), len(segments), BINS, 2))
    details: dict[tuple[int, str], dict[str, int]] = {}
    for place, cell in mine.items():
        stage = index[place.journey, place.stage]
        at = (stage, channels.index(place.channel), segments.index(place.segment))
        exits[at] = _exits(cell, kinds)
        if stages[stage][1].promises:
            waits[at] = _waits(cell, stages[stage][1], exits[at], kinds)
            exits[at][0, OUT] -= waits[at][:, LEFT].sum()
        for held, count in cell.held.items():
            cause, name, _ = cause_of(held)
            if name:
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
    total = exits.sum((1, 2, 3))[..., None]
    return Tally(
        stages, channels, segments, kinds, exits, waits, np.zeros((n, len(EXITS))),
        routes=np.clip(moves / np.maximum(total, 1), 0, 1), starts=np.maximum(entered, 0), details=details,
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


def _waits(cell: Cell, plan: StagePlan, exits: Array, kinds: Sequence[str]) -> Array:
    """By (bin, answered or left), of the visits that nothing held back."""
    found = np.zeros((BINS, 2))
    for coded, count in cell.answer.items():
        bucket, left = divmod(coded, 2)
        found[int(np.searchsorted(EDGES, middle(bucket) / plan.within)), left] += max(count, 0)
    silent = found[:, LEFT].sum()
    held = exits[[k for k, cause in enumerate(kinds) if cause in causes.HOLDING]].sum()
    left = min(max(silent - held, 0), exits[0, OUT])
    found[:, LEFT] *= left / max(silent, 1)
    return found
