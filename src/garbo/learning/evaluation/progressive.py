"""Progressive validation: each example is first tested and then learnt, so the figures need no hold-out.

Blum, Kalai, Langford 1999, "Beating the hold-out". The figures are additive: those of two partitions merge into one.
The AUC comes from two histograms over the logit: within .002 of the exact one (a test compares), at a fixed size.
"""

from math import log

from msgspec import Struct, field

from garbo.learning.learner import bounded

# 1,024 bins over logits -8..8 (probabilities .0003 to .9997): .016 a bin, finer than a model's own noise even
# for scores crowded around a rate of 1 %, and 2-6 kB as msgpack.
BINS = 1024
REACH = 8.0
_PER_UNIT = BINS / (2 * REACH)


def _bins() -> list[int]:
    return [0] * BINS


class Progressive(Struct, array_like=True):
    """accepted, refused: number of predictions by logit, in `BINS` bins. loss: the sum of log losses, in nats."""

    loss: float = 0.0
    accepted: list[int] = field(default_factory=_bins)
    refused: list[int] = field(default_factory=_bins)

    def __post_init__(self) -> None:
        if len(self.accepted) != BINS or len(self.refused) != BINS:
            raise ValueError(f"a histogram must have {BINS} bins")
        if min(self.accepted) < 0 or min(self.refused) < 0 or not 0.0 <= self.loss < float("inf"):
            raise ValueError("a histogram or a loss is negative")

    def add(self, probability: float, label: int) -> None:
        """Count one prediction that was made before its label was learnt."""
        p = bounded(probability)
        bins = self.accepted if label else self.refused
        bins[_position(p)] += 1
        self.loss -= log(p if label else 1.0 - p)

    def nearest_refusal(self, probability: float) -> int | None:
        """The bin with a refusal that is nearest to `probability`; None without refusals."""
        start = _position(bounded(probability))
        for distance in range(BINS):
            for position in (start - distance, start + distance):
                if 0 <= position < BINS and self.refused[position]:
                    return position
        return None

    def merge(self, other: "Progressive") -> "Progressive":
        """The sum of both figures."""
        return Progressive(
            self.loss + other.loss,
            [a + b for a, b in zip(self.accepted, other.accepted, strict=True)],
            [a + b for a, b in zip(self.refused, other.refused, strict=True)],
        )

    @property
    def count(self) -> int:
        """The number of examples tested and learnt."""
        return sum(self.accepted) + sum(self.refused)

    @property
    def auc(self) -> float | None:
        """The probability that an acceptance scores above a refusal, a tie counts half; None without one of each."""
        pairs = sum(self.accepted) * sum(self.refused)
        if not pairs:
            return None
        below, won = 0, 0.0
        for accepted, refused in zip(self.accepted, self.refused, strict=True):
            won += accepted * (below + refused / 2)
            below += refused
        return won / pairs

    @property
    def log_loss(self) -> float | None:
        """Log loss in nats per example; None without examples."""
        count = self.count
        return self.loss / count if count else None


def _position(p: float) -> int:
    """The bin of a probability that is neither 0 nor 1."""
    return min(max(int((log(p / (1.0 - p)) + REACH) * _PER_UNIT), 0), BINS - 1)
