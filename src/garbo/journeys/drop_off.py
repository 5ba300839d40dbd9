"""THE definition of drop-off: for the chain, the picture, the tables and the alerts alike.

A visit to a stage drops off when it ends and the journey is then neither at another open stage nor at the goal:
patience ran out (`drop`), the journey was ended (`end`), or it moved to an end of the map. Visits whose party was
merged into another are no exits. The rate is over all visits of the stage that ended.
"""

from collections.abc import Mapping
from typing import NamedTuple

from garbo.core.journeys.cells import EXITS, Cell
from garbo.journeys.plan import JourneyPlan

PATIENCE, ENDED = "(patience)", "(ended)"
"""How a visit dropped off without a move; the others are called by the end of the map."""


class DropOff(NamedTuple):
    """lost: how -> visits. exits: all visits that ended."""

    lost: Mapping[str, int]
    exits: int

    @property
    def total(self) -> int:
        """All visits that dropped off."""
        return sum(self.lost.values())

    @property
    def rate(self) -> float:
        """Of the visits that ended; 0 without any."""
        return self.total / self.exits if self.exits else 0.0


def exits_of(cell: Cell) -> int:
    """The visits that ended."""
    return sum(cell.count(name) for name in EXITS if name != "merged")


def drop_off(plan: JourneyPlan, cell: Cell) -> DropOff:
    """Of the visits that `cell` adds up."""
    lost = {PATIENCE: cell.count("drop"), ENDED: cell.count("end")}
    lost |= {end: cell.targets.get(end, 0) for end in plan.ends}
    return DropOff({how: n for how, n in lost.items() if n > 0}, exits_of(cell))
