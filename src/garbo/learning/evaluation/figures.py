"""Everything that is measured about a model while it learns, as plain data for its row and its snapshot.

Each example is tested before it is learnt (`progressive`). When a "no" turns out to be a "yes" later (a model that
learns early, or an answer after its window), the count moves from one side to the other, so that each contact counts
once and with its last label. These counts never depend on what a model believes about itself.

Size: histograms 2-6 kB, learning curve up to 4 kB, ADWIN 1-2 kB, features about 100 bytes each.
"""

from collections.abc import Mapping
from math import log
from typing import Final

from msgspec import field

from garbo.core.scoring.summary import Summary
from garbo.learning.evaluation import calibration
from garbo.learning.evaluation.calibration import Group
from garbo.learning.evaluation.drift import Adwin
from garbo.learning.evaluation.feature_use import FeatureUse
from garbo.learning.evaluation.learning_curve import LearningCurve
from garbo.learning.evaluation.progressive import REACH, Progressive
from garbo.learning.learner import bounded

# Answers with yes that a model needs before its figures mean something; Pega's adaptive models use the same number.
MATURE_AT: Final = 200
# Examples without a feature after which it counts as gone: one that 1 person in 100 has is missing so long by chance
# once in 23,000 times.
STALE_AFTER: Final = 1000

# Kinds of examples that are a yes of a contact whose no was an example already.
TURNS: Final = frozenset({"early_yes", "late_yes"})


class Figures(Progressive, array_like=True):
    """Append fields with defaults, never remove or reorder them: rows of earlier versions decode for ever.

    A row from before these fields begins its curve, its window and its features at the present example.
    """

    curve: LearningCurve = field(default_factory=LearningCurve)
    residual: Adwin = field(default_factory=Adwin)
    use: FeatureUse = field(default_factory=FeatureUse)

    def take(self, kind: str, probability: float, label: int, features: Mapping[str, float]) -> bool:
        """Count an example of any kind (`Learn.kind`), before it is learnt. True when the residual drifted just now."""
        if kind in TURNS:
            return self.turn(probability)
        return self.add_example(probability, label, features)

    def add_example(self, probability: float, label: int, features: Mapping[str, float]) -> bool:
        """Count one prediction made before its label was learnt. True when the residual drifted just now."""
        p = bounded(probability)
        before = self.loss
        self.add(p, label)
        logit = log(p / (1.0 - p))
        self.curve.add(p, logit, label, self.loss - before)
        self.use.add(features, logit)
        return self.residual.add(label - p)

    def turn(self, probability: float) -> bool:
        """A "no" that was counted with about this probability is a "yes" after all. True when the residual drifted.

        Without such a "no" nothing changes. The learning curve keeps what was known when its block was full.
        """
        p = bounded(probability)
        position = self.nearest_refusal(p)
        if position is None:
            return False
        self.refused[position] -= 1
        self.accepted[position] += 1
        self.loss = max(self.loss + log(1.0 - p) - log(p), 0.0)
        return self.residual.add(1.0)

    def calibration(self) -> list[Group]:
        """Groups of equal mass, from low to high predictions."""
        return calibration.curve(self.accepted, self.refused, REACH)

    @property
    def evidence(self) -> int:
        """Answers with yes: the scarce side, and what the maturity of a model goes by."""
        return sum(self.accepted)

    @property
    def mature(self) -> bool:
        """Are there enough answers with yes to trust the other figures?"""
        return self.evidence >= MATURE_AT

    def summary(self) -> Summary:
        """All figures as they are now."""
        groups = self.calibration()
        blocks = self.curve.points()
        pairs = sum(block.pairs for block in blocks)
        return Summary(
            examples=self.count,
            evidence=self.evidence,
            auc=self.auc,
            block_auc=sum(block.won for block in blocks) / pairs if pairs else None,
            log_loss=self.log_loss,
            calibration_error=calibration.error(groups),
            calibration_noise=calibration.noise(groups),
            drifts=self.residual.alarms,
            mature=self.mature,
            stale=tuple(self.use.stale(STALE_AFTER)),
        )
