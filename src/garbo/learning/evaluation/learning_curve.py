"""How the figures went while the model learnt: blocks of examples in order, at most `POINTS` of them.

When there are too many, neighbours are merged and later blocks are twice as long, so the curve always spans the whole
life of a model. An AUC compares examples of one block only: a rate that rises over months lifts the AUC of all examples
together, and not this one. All numbers of a block add up, so merging loses nothing but detail.
"""

from math import isfinite
from typing import Final

from msgspec import Struct, field

POINTS: Final = 64
FIRST_BLOCK: Final = 64  # examples of the first blocks
# Bins of the block that is not yet full, over logits -8..8: .125 a bin moves a block's AUC by less than .003.
BINS: Final = 128
_REACH: Final = 8.0
_PER_UNIT: Final = BINS / (2 * _REACH)


class Block(Struct, array_like=True):
    """examples: how many, of them `accepted`. loss: their log losses together. expected: their predictions together.

    pairs, won: pairs of an accepted and a refused example, and how many were ranked rightly (a tie counts half).
    """

    examples: int = 0
    accepted: int = 0
    loss: float = 0.0
    expected: float = 0.0
    pairs: int = 0
    won: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.accepted <= self.examples or self.pairs < 0:
            raise ValueError("the counts of a block contradict each other")
        if not all(map(isfinite, (self.loss, self.expected, self.won))):
            raise ValueError("a figure of a block is not finite")

    def plus(self, other: "Block") -> "Block":
        return Block(
            self.examples + other.examples,
            self.accepted + other.accepted,
            self.loss + other.loss,
            self.expected + other.expected,
            self.pairs + other.pairs,
            self.won + other.won,
        )

    @property
    def auc(self) -> float | None:
        """The AUC within the block; None without an example of each label."""
        return self.won / self.pairs if self.pairs else None

    @property
    def log_loss(self) -> float | None:
        """In nats per example; None without examples."""
        return self.loss / self.examples if self.examples else None


def _bins() -> list[int]:
    return [0] * BINS


class LearningCurve(Struct, array_like=True):
    """blocks: full ones, oldest first, each of `size` examples. last: the one that is not full, without its pairs.

    accepted, refused: predictions of the last block, by logit.
    """

    size: int = FIRST_BLOCK
    blocks: list[Block] = field(default_factory=list)
    last: Block = field(default_factory=Block)
    accepted: list[int] = field(default_factory=_bins)
    refused: list[int] = field(default_factory=_bins)

    def __post_init__(self) -> None:
        if self.size < 1 or len(self.blocks) > POINTS or len(self.accepted) != BINS or len(self.refused) != BINS:
            raise ValueError("a learning curve of another size")
        if min(self.accepted) < 0 or min(self.refused) < 0 or any(not block.examples for block in self.blocks):
            raise ValueError("a block of a learning curve is empty, or a count negative")

    def add(self, probability: float, logit: float, label: int, loss: float) -> None:
        """Count one prediction. loss: its log loss."""
        last = self.last
        position = min(max(int((logit + _REACH) * _PER_UNIT), 0), BINS - 1)
        (self.accepted if label else self.refused)[position] += 1
        last.examples += 1
        last.accepted += label
        last.loss += loss
        last.expected += probability
        if last.examples >= self.size:
            self.blocks.append(self._with_pairs())
            self.last, self.accepted, self.refused = Block(), _bins(), _bins()
            if len(self.blocks) == POINTS:
                self.blocks = [a.plus(b) for a, b in zip(self.blocks[::2], self.blocks[1::2], strict=True)]
                self.size *= 2

    def points(self) -> list[Block]:
        """All blocks, oldest first; the last one may be shorter."""
        return [*self.blocks, self._with_pairs()] if self.last.examples else list(self.blocks)

    def _with_pairs(self) -> Block:
        pairs, won = ranked(self.accepted, self.refused)
        last = self.last
        return Block(last.examples, last.accepted, last.loss, last.expected, pairs, won)


def ranked(accepted: list[int], refused: list[int]) -> tuple[int, float]:
    """Pairs of an accepted and a refused example, and how many are ranked rightly; both by bins of the prediction."""
    below, won = 0, 0.0
    for positives, negatives in zip(accepted, refused, strict=True):
        if positives:
            won += positives * (below + negatives / 2)
        below += negatives
    return sum(accepted) * below, won
