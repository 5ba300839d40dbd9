"""The port through which the decision sees a model: an estimate for a feature vector, or None for no model yet."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Estimate(NamedTuple):
    """A model's answer. evidence: labelled examples it has learnt from. version: names the snapshot that spoke."""

    probability: float
    evidence: float
    version: str


class Scorer(Protocol):
    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        """The model's probability of acceptance for `family`; None when no snapshot has arrived."""


class NoModels:
    """Before any model has learnt: the prior decides."""

    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        return None
