"""What the narrowing feeds back into arbitration, as feedback.yaml has it. A policy without that file weighs nothing.

Rules
 1. A weight lies between `LEAST` and `MOST` and moves by at most `STEP` a week: a weight without bound feeds itself.
 2. It multiplies the context of an action that the map lists under `advance` of the stage where the person stands. It
    weighs in arbitration alone: no gate and no cap reads it, and of the classes only marketing is weighed.
 3. The version is the week of the last step. Every decision record names it.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.journey import Journey

LEAST: Final = 1.0
MOST: Final = 1.25
STEP: Final = 0.05
"""A weight moves by so much a week at most."""

Weighed: TypeAlias = Mapping[str, Mapping[tuple[str, str], float]]
"""Action -> (journey, stage) -> weight; only weights other than 1."""


class StageWeight(Struct, frozen=True):
    """The weight of a stage, and what it was estimated from: for the reader, nothing is computed from it.

    gain: the share of visits that go onward, of the treated less that of the hold-out. low, high: its interval.
    visits, held_out: how many visits of the treated and of the hold-out were compared.
    """

    weight: float = LEAST
    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0
    visits: int = 0
    held_out: int = 0


class JourneyWeights(Struct, frozen=True):
    """The weights of a journey's stages, by name. A stage that is not there has the weight 1."""

    stages: Mapping[str, StageWeight] = {}


class Feedback(Struct, frozen=True):
    """week: the ISO week of the last step, such as "2026-W48": the version; "": off. weights: by journey."""

    week: str = ""
    weights: Mapping[str, JourneyWeights] = {}

    def weight(self, journey: str, stage: str) -> float:
        """The weight of the stage."""
        found = self.weights.get(journey)
        return found.stages.get(stage, StageWeight()).weight if found is not None else LEAST


def weighed(feedback: Feedback, journeys: Mapping[str, Journey], actions: Mapping[str, Action]) -> Weighed:
    """What each action's context is multiplied by, and where."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for name, journey in journeys.items():
        for stage in journey.stages.values():
            weight = feedback.weight(name, stage.name)
            for action in stage.advance if weight != LEAST else ():
                if action in actions and actions[action].action_class is ActionClass.MARKETING:
                    found.setdefault(action, {})[name, stage.name] = weight
    return found
