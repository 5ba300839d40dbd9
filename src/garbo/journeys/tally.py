"""The arrays from which a narrowing is found: sums over finished visits, nothing personal.

Axes, in this order: stage, channel by which the stage was entered, segment, cause, exit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from garbo.journeys.plan import StagePlan

Array = NDArray[np.float64]

EXITS: Final = ("onward", "back", "aside", "out")
ONWARD, BACK, ASIDE, OUT = range(4)

EDGES: Final[Array] = 2.0 ** (np.arange(-12, 15) / 2)
"""Upper ends of the bins of waiting, as multiples of the promised time: half octaves from 1/64 to 128."""
IN_TIME: Final = int(np.searchsorted(EDGES, 1.0)) + 1
"""The bins before this one are in time."""
BINS: Final = len(EDGES) + 1
ANSWERED, LEFT = 0, 1


@dataclass(frozen=True)
class Tally:
    """What is known of the visits to each stage.

    stages: (journey, stage) of the axis, journey by journey. causes: of the axis; the first, "", is no obstacle.
    exits: visits answered or held back, by (stage, channel, segment, cause, exit).
    waits: visits not held back where an answer was due, by (stage, channel, segment, bin, ANSWERED or LEFT).
    late: visits answered after the promised time, by (stage, exit); without a negative response; zeros: not known.
    routes: where an exit of a kind leads, by (stage, exit, stage or, last, the goal); each row sums to 1 or is zero.
    starts: journeys begun, by (stage, segment). alone: visits that waited and went on by themselves before an answer
    came, by (stage, segment, exit); None: there were none.
    details: (stage, cause) -> name of the rule, cap or channel -> visits.
    """

    stages: Sequence[tuple[str, StagePlan]]
    channels: Sequence[str]
    segments: Sequence[str]
    causes: Sequence[str]
    exits: Array
    waits: Array
    late: Array
    routes: Array
    starts: Array
    details: Mapping[tuple[int, str], Mapping[str, int]] = field(default_factory=dict)
    alone: Array | None = None

    @property
    def visits(self) -> Array:
        """By (stage, channel, segment), those answered or held back."""
        total: Array = self.exits.sum((3, 4))
        return total

    @property
    def left(self) -> Array:
        """By stage: visits that left before an answer came."""
        total: Array = self.waits[..., LEFT].sum((1, 2, 3))
        return total

    @property
    def unaided(self) -> Array:
        """`alone`, zeros where there were none."""
        return np.zeros((*self.starts.shape, len(EXITS))) if self.alone is None else self.alone

    @property
    def finished(self) -> Array:
        """By stage: all finished visits."""
        total: Array = self.visits.sum((1, 2)) + self.left + self.unaided.sum((1, 2))
        return total

    def journeys(self) -> dict[str, list[int]]:
        """Journey -> places of its stages on the axis."""
        found: dict[str, list[int]] = {}
        for place, (journey, _) in enumerate(self.stages):
            found.setdefault(journey, []).append(place)
        return found
