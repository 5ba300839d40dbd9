"""Which stages customers avoid, to which they come back, why, and where they like to stop.

avoided   of those whom the ideal path leads to a stage (first entries and those who passed over it), who passed over.
          Nobody avoids an optional stage: the map says so, and placement reports no skip.
returned  entries that are returns, for each of those whom the ideal path leads there.
pull      avoided and returned in one figure: entries for each of those led there. 1 is the ideal path.
why       what had held back, at the stage they came from, those who passed over, against those who entered.
liked     where it is the customer's turn: touches in the stage for each visit, beyond the one that led there, how long
          they stay, and how often they come back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from garbo.core.journeys.cells import Cell, merge
from garbo.core.journeys.histogram import quantile
from garbo.journeys.causes import cause_of
from garbo.journeys.jackknife import Estimate, jackknife, ratio, share
from garbo.journeys.merged import PartitionCell
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.tally import Array

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Why:
    """An obstacle at the stage they came from. avoiders, enterers: the shares that it had held back there. difference:
    between them."""

    obstacle: str
    avoiders: float
    enterers: float
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Attraction:
    """A stage of the ideal path. led: those whom the path leads there. whys: clear ones, the largest first."""

    stage: str
    led: int
    avoided: Estimate
    returned: Estimate
    pull: Estimate
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class LikedStop:
    """A stage in which it is the customer's turn. touches: for each entry. dwell: median (ms), None without an exit."""

    stage: str
    entries: int
    touches: Estimate
    returned: Estimate
    dwell: int | None


def attraction(plan: JourneyPlan, cells: Sequence[PartitionCell]) -> list[Attraction]:
    """The stages of the ideal path, in its order; those to which nobody was led are left out."""
    parts, found = _by_partition(plan, cells), []
    for stage in plan.ideal:
        counts = _counts(parts, stage, ("enter", "return", "skip"))
        led = np.stack([counts[:, 0] - counts[:, 1], counts[:, 2]]).sum(0)
        if led.sum() <= 0:
            continue
        found.append(
            Attraction(
                stage, int(led.sum()),
                avoided=share(np.stack([counts[:, 2], led], 1)).as_share(),
                returned=share(np.stack([counts[:, 1], led], 1)),
                pull=share(np.stack([counts[:, 0], led], 1)),
                whys=_whys(parts, stage),
            )
        )  # fmt: skip
    return found


def liked_stops(plan: JourneyPlan, cells: Sequence[PartitionCell]) -> list[LikedStop]:
    """Where it is the customer's turn, the most touched first."""
    parts, found = _by_partition(plan, cells), []
    for stage in plan.open_stages:
        counts = _counts(parts, stage.stage, ("enter", "stay", "return"))
        if stage.turn != CUSTOMER or counts[:, 0].sum() <= 0:
            continue
        dwell: dict[int, int] = {}
        for coded, count in merge(part[stage.stage] for part in parts if stage.stage in part).dwell.items():
            dwell[coded // 4] = dwell.get(coded // 4, 0) + count
        found.append(
            LikedStop(
                stage.stage, int(counts[:, 0].sum()), share(counts[:, [1, 0]]), share(counts[:, [2, 0]]),
                quantile(dwell, 0.5),
            )
        )  # fmt: skip
    return sorted(found, key=lambda s: (-s.touches.value, s.stage))


def _by_partition(plan: JourneyPlan, cells: Sequence[PartitionCell]) -> list[Mapping[str, Cell]]:
    """For each partition, a stage's cells in one."""
    found: dict[int, dict[str, list[Cell]]] = {}
    for partition, key, cell in cells:
        if key.journey == plan.journey:
            found.setdefault(partition, {}).setdefault(key.stage, []).append(cell)
    return [{stage: merge(some) for stage, some in found[p].items()} for p in sorted(found)]


def _counts(parts: Sequence[Mapping[str, Cell]], stage: str, names: Sequence[str]) -> Array:
    """(partition, name)."""
    empty = Cell()
    found = [[part.get(stage, empty).count(name) for name in names] for part in parts]
    return np.array(found, np.float64).reshape(-1, len(names))


def _whys(parts: Sequence[Mapping[str, Cell]], stage: str) -> tuple[Why, ...]:
    """Obstacles whose shares differ for sure: the interval of the difference leaves out 0."""
    entered, skipped = _counts(parts, stage, ("enter", "skip")).T
    held: dict[str, Array] = {}
    for place, part in enumerate(parts):
        for key, count in (part[stage].held if stage in part else {}).items():
            cause, name, how = cause_of(key)
            if how in ("enter", "skip"):
                met = held.setdefault(f"{cause}:{name}" if name else cause, np.zeros((len(parts), 2)))
                met[place, 1 if how == "enter" else 0] += count
    found = []
    for obstacle, met in held.items():
        table = np.stack([met[:, 0], skipped, met[:, 1], entered], 1)
        whole = table.sum(0)
        gap = jackknife(table, lambda t: ratio(t[:2]) - ratio(t[2:]))
        if gap.low is not None and gap.low > 0:
            found.append(Why(obstacle, ratio(whole[:2]), ratio(whole[2:]), gap))
    return tuple(sorted(found, key=lambda w: (-w.difference.value, w.obstacle)))
