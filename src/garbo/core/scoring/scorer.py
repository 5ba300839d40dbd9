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
    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        """The probability of acceptance by that model; None when it has no snapshot yet, `LATE` when it did not answer
        in time."""

    def update(self, snapshot: bytes) -> bool:
        """Take a snapshot. False when it cannot be used: the last good one of its model stays."""

    def forget(self, model: str) -> None:
        """The model's snapshot was deleted: there is none any more. Nothing happens if there was none."""

    def promoted(self, champion: str) -> str:
        """The challenger that decides in the place of that champion, because its snapshot says so; "" for none."""


class NoModels:
    """No model has learnt yet, so the starting propensity decides. Snapshots are refused."""

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        return None

    def update(self, snapshot: bytes) -> bool:
        return False

    def forget(self, model: str) -> None:
        pass

    def promoted(self, champion: str) -> str:
        return ""
