"""The port to the acceptance models.

A decision only asks for estimates. The models change between two batches, never during one: the host passes on what
arrives on model-snapshots.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Estimate(NamedTuple):
    """A model's answer. evidence: labelled examples it has learnt from. version: of the snapshot that answered."""

    probability: float
    evidence: float
    version: str


LATE = Estimate(-1.0, 0.0, "")
"""There is a model, and it did not answer in time: the starting propensity decides, and the record says so."""


class Scorer(Protocol):
    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        """The probability of acceptance by the model of `family`; None when there is no model yet, `LATE` when it did
        not answer in time."""

    def update(self, snapshot: bytes) -> bool:
        """Take a snapshot. False when it cannot be used: the last good one of its family stays."""

    def forget(self, family: str) -> None:
        """The snapshot of `family` was deleted: there is no model any more. Nothing happens if there was none."""


class NoModels:
    """No model has learnt yet, so the starting propensity decides. Snapshots are refused."""

    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        return None

    def update(self, snapshot: bytes) -> bool:
        return False

    def forget(self, family: str) -> None:
        pass
