"""The core's `Scorer` on the latest valid snapshot of each model. Pure Python without River for compiled models."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from garbo.core.policy.reading import Classified
from garbo.core.scoring.scorer import Estimate
from garbo.learning import snapshots
from garbo.learning.learner import Formula
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.snapshots import SnapshotError
from garbo.text.linear import OneVsRest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    formula: Formula
    evidence: float
    version: str
    promoted: str


class SnapshotScorer:
    """Estimates for the models whose snapshots have arrived. Call `update` and `forget` only between two batches.

    An update never blocks for long: the sizes of a snapshot and of River's state in it are bounded
    (`snapshots.MAX_RIVER_BYTES`), and so is the time to read it.
    """

    def __init__(self, key: bytes = DEVELOPMENT_KEY) -> None:
        """key: with which the learner signs its snapshots."""
        self._key = key
        self._served: dict[str, Served] = {}
        self.refusal = ""  # why the last one was refused

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        served = self._served.get(model)
        if served is None:
            return None
        return Estimate(served.formula(features), served.evidence, served.version)

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        """Implements `core.policy.reading.TextModels`."""
        served = self._served.get(model)
        if served is None or not isinstance(served.formula, OneVsRest):
            return None
        found = served.formula.best(features, labels)
        return None if found is None else Classified(found, served.version)

    def promoted(self, champion: str) -> str:
        """The model that was promoted to the place of `champion`; empty if none was."""
        for model, served in self._served.items():
            if served.promoted == champion:
                return model
        return ""

    def update(self, snapshot: bytes) -> bool:
        """Use a newer snapshot.

        The log's order decides which snapshot is newer, not its version number: an operator may reset a model.

        Returns:
            False if the snapshot cannot be used; the last valid one stays.
        """
        try:
            new = snapshots.decode(snapshot, self._key)
            formula = snapshots.formula_of(new)
        except SnapshotError as error:
            self.refusal = str(error)
            log.warning("a model snapshot is refused, the last good one stays: %s", error)
            return False
        self._served[new.model] = Served(formula, float(new.progressive.count), new.version, new.promoted)
        return True

    def forget(self, model: str) -> None:
        """Remove the model, because its snapshot was deleted (a tombstone): the prior is used again."""
        self._served.pop(model, None)

    def versions(self) -> dict[str, str]:
        """The version in use, by model."""
        return {model: self._served[model].version for model in sorted(self._served)}
