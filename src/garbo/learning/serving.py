"""The core's `Scorer`, over the latest good snapshot of each family. Pure Python, no River: about 2 us an answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import ValidationError

from garbo.core.scoring.scorer import Estimate
from garbo.errors import GarboError
from garbo.learning import registry, snapshots
from garbo.learning.learner import Formula
from garbo.learning.snapshots import SnapshotError


@dataclass(frozen=True, slots=True)
class Served:
    formula: Formula
    evidence: float
    version: str


class SnapshotScorer:
    """Answers for the families whose snapshots have arrived. Call `update` only between two batches."""

    def __init__(self) -> None:
        self._served: dict[str, Served] = {}
        self.refused = 0  # snapshots not taken since the start, for the metrics
        self.refusal = ""  # why the last one was not

    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        served = self._served.get(family)
        if served is None:
            return None
        return Estimate(served.formula(features), served.evidence, served.version)

    def update(self, snapshot: bytes) -> bool:
        """Take a newer version; False, and the last good one stays, when it cannot be used.

        The log's order decides which is newer, not the version's number: an operator may reset a model.
        """
        try:
            new = snapshots.decode(snapshot)
            formula = _tried(registry.serve(new.scorer, new.parameters))
        except (GarboError, ValidationError) as error:
            self.refused += 1
            self.refusal = str(error)
            return False
        self._served[new.family] = Served(formula, float(new.progressive.count), new.version)
        return True

    def forget(self, family: str) -> None:
        """The family's snapshot was deleted (a tombstone): its prior decides again."""
        self._served.pop(family, None)

    def versions(self) -> dict[str, str]:
        """What is being served, by family."""
        return {family: self._served[family].version for family in sorted(self._served)}


def _tried(formula: Formula) -> Formula:
    """`formula`, once it has answered with a probability: finite parts can still add up to nonsense."""
    if not 0.0 < formula({}) < 1.0:
        raise SnapshotError("snapshot answers with no probability")
    return formula
