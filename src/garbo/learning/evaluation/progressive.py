"""Progressive validation: every example is a test first and a lesson after, so the figures need no hold-out.

Blum, Kalai, Langford 1999, "Beating the hold-out". Plain data that adds up: two partitions' figures merge into one.
The AUC comes from two histograms over the logit: within .002 of the exact one (a test compares), at a fixed size.
"""

from math import log
from typing import Self

import msgspec
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
    """accepted, refused: predictions by logit. loss: the sum of log losses, nats."""

    loss: float = 0.0
    accepted: list[int] = field(default_factory=_bins)
    refused: list[int] = field(default_factory=_bins)

    def __post_init__(self) -> None:
        if len(self.accepted) != BINS or len(self.refused) != BINS:
            raise ValueError(f"a histogram must have {BINS} bins")
        if min(self.accepted) < 0 or min(self.refused) < 0 or not 0.0 <= self.loss < float("inf"):
            raise ValueError("a histogram or a loss is negative")

    def add(self, probability: float, label: int) -> None:
        """One prediction, made before its label was learnt."""
        p = bounded(probability)
        position = int((log(p / (1.0 - p)) + REACH) * _PER_UNIT)
        bins = self.accepted if label else self.refused
        bins[min(max(position, 0), BINS - 1)] += 1
        self.loss -= log(p if label else 1.0 - p)

    def merge(self, other: "Progressive") -> "Progressive":
        """The figures of both together."""
        return Progressive(
            self.loss + other.loss,
            [a + b for a, b in zip(self.accepted, other.accepted, strict=True)],
            [a + b for a, b in zip(self.refused, other.refused, strict=True)],
        )

    @property
    def count(self) -> int:
        """Examples tested and learnt."""
        return sum(self.accepted) + sum(self.refused)

    @property
    def auc(self) -> float | None:
        """P(an acceptance scores above a refusal), half for a tie; None until there is one of each."""
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
        """Nats an example; None before the first."""
        count = self.count
        return self.loss / count if count else None

    def to_data(self) -> list[object]:
        """Lists and numbers, for any encoding."""
        data: list[object] = msgspec.to_builtins(self)
        return data

    @classmethod
    def from_data(cls, data: object) -> Self:
        """The inverse. Raises `msgspec.ValidationError`."""
        return msgspec.convert(data, cls)
