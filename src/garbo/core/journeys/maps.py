"""What the KPIs need of a policy's journeys: their stages, and their ideal paths."""

from collections.abc import Mapping
from typing import TypeAlias

from garbo.core.policy.policy import Policy

Ideal: TypeAlias = Mapping[str, tuple[str, ...]]
"""Journey -> the stages of its ideal path, in order."""


def ideal_of(policy: Policy) -> Ideal:
    """The ideal path of each journey of the policy."""
    return {name: journey.ideal for name, journey in policy.journeys.items()}


def stages_of(policy: Policy) -> frozenset[tuple[str, str]]:
    """Each journey and stage of the policy's map."""
    return frozenset((name, stage) for name, journey in policy.journeys.items() for stage in journey.stages)
