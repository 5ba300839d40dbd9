"""Cells of a period, merged over windows and partitions: one for each stage, channel and segment of a journey."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from garbo.core.journeys.cells import LIFE_CYCLE, Cell, CellKey, add, decode, merge
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.plan import JourneyPlan

RIPE_PATIENCES = 1.5
"""From so many of a journey's longest patience after its first entry on, slow exits are there as well as quick ones."""


class Place(NamedTuple):
    """Where a visit was."""

    journey: str
    stage: str
    channel: str
    segment: str


class PartitionCell(NamedTuple):
    """A cell as it is stored: `partition` is that of the facts it adds up."""

    partition: int
    key: CellKey
    cell: Cell


Merged: TypeAlias = Mapping[Place, Cell]


def decoded(cells: Mapping[tuple[int, CellKey], bytes]) -> list[PartitionCell]:
    """Cells from their bytes, by partition and key. The life cycle and facts of no journey are left out."""
    return [
        PartitionCell(partition, key, decode(raw))
        for (partition, key), raw in cells.items()
        if key.journey not in ("", LIFE_CYCLE)
    ]


def merge_period(cells: Iterable[PartitionCell], since: int, until: int) -> Merged:
    """The sums of what happened in the windows from `since` (inclusive) to `until` (exclusive), both in ms."""
    found: dict[Place, Cell] = {}
    first, last = since // HOUR, -(-until // HOUR)
    for _, key, cell in cells:
        if first <= key.window < last:
            add(found.setdefault(Place(*key[1:]), Cell()), cell)
    return found


def ripe_from(plan: JourneyPlan, first: int) -> int:
    """From when on exits count (ms), if the journey's first entry was at `first`.

    A cell counts an exit in the hour of the exit. Soon after the journey's begin only quick exits have happened, and
    most quick exits lead onward: its first weeks look better than they are. (By the hour of the *entry*, the same holds
    of the youngest visits.)
    """
    return first + int(RIPE_PATIENCES * max((s.patience for s in plan.open_stages), default=0))


def first_entry(cells: Iterable[PartitionCell], journey: str) -> int:
    """When the first window of the journey begins (ms); 0 without one."""
    return min((key.window for _, key, _ in cells if key.journey == journey), default=0) * HOUR


def ripe_cells(
    plan: JourneyPlan, cells: Iterable[PartitionCell], until: int, since: int = 0
) -> tuple[int, list[PartitionCell]]:
    """From when on exits of the journey count (ms): `ripe_from`, or `since` if that is later; and its cells of the
    windows from then on and before `until`."""
    mine = [c for c in cells if c.key.journey == plan.journey]
    first = max(ripe_from(plan, first_entry(mine, plan.journey)), since)
    return first, [c for c in mine if first <= c.key.window * HOUR < until]


def ripe(cells: Sequence[PartitionCell], plans: Iterable[JourneyPlan], until: int) -> Merged:
    """The sums of all ripe windows before `until` (ms), journey by journey."""
    found: dict[Place, Cell] = {}
    for plan in plans:
        found |= merge_period(ripe_cells(plan, cells, until)[1], 0, until)
    return found


def at_stage(merged: Merged, journey: str, stage: str) -> Cell:
    """The sum over channels and segments."""
    return merge(cell for place, cell in merged.items() if (place.journey, place.stage) == (journey, stage))
