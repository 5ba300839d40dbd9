"""What the analysis needs of the map: the stages of a journey, who is due there, and how soon.

`JourneyPlan` is plain data, so that a benchmark or a script can write one without a policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from garbo.core.policy.journey import CUSTOMER


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage of a journey.

    due: the class of the actions that advance the stage (such as `service` or `marketing`); "": nothing is due from the
    company there. within: how soon the company's answer is promised (ms); 0: no promise. patience: after how long
    without a touch the visit ends as a drop (ms). tolerate: cause -> the share of visits that the map accepts as usual.
    optional: to pass over the stage is not to skip it.
    """

    stage: str
    label: Mapping[str, str] = field(default_factory=dict)
    due: str = ""
    within: int = 0
    patience: int = 0
    tolerate: Mapping[str, float] = field(default_factory=dict)
    optional: bool = False
    turn: str = ""

    @property
    def promises(self) -> bool:
        """Does the company owe an answer there, and within a time? Only then can an answer be slow: on their own turn
        customers go on without one."""
        return bool(self.due) and self.within > 0 and self.turn != CUSTOMER


@dataclass(frozen=True, slots=True)
class JourneyPlan:
    """A journey. ideal: the ideal path, the goal last. ends: stages that end the journey without the goal.

    expect: the share of journeys that should reach the goal; 0: not said.
    """

    journey: str
    stages: Sequence[StagePlan]
    ideal: Sequence[str]
    goal: str
    ends: Sequence[str] = ()
    label: Mapping[str, str] = field(default_factory=dict)
    expect: float = 0.0

    @property
    def open_stages(self) -> list[StagePlan]:
        """The stages in which a journey goes on: neither the goal nor an end."""
        return [s for s in self.stages if s.stage != self.goal and s.stage not in self.ends]

    def stage(self, name: str) -> StagePlan:
        """The stage of this name. Raises KeyError if the map has none."""
        for stage in self.stages:
            if stage.stage == name:
                return stage
        raise KeyError(name)

    @property
    def path(self) -> Mapping[str, int]:
        """Stage of the ideal path -> its place on it, as `core.journeys.cells.exit_of` takes it."""
        return {stage: place for place, stage in enumerate(self.ideal)}
