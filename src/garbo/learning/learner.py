"""The parts of every model: a learner for the processor that learns, a formula for the one that decides."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

Features: TypeAlias = Mapping[str, float]

Formula: TypeAlias = Callable[[Features], float]
"""The probability of acceptance; equals the learner's `predict_one` to 1e-9."""

# Keys of a model, at most: a policy with more categories uses identifiers as features. Further keys are not learnt and
# score as unseen.
MAX_KEYS: Final = 4096
KEY_LENGTH: Final = 128
# UTF-8 bytes of all keys together. Without this bound 4,096 categories in four-byte characters would give a row that
# every broker refuses.
MAX_KEY_BYTES: Final = 256 * 1024
# Features of one example, at most: more than any policy needs, and too few for one message to fill the model.
MAX_FEATURES: Final = 256
# A probability of exactly 0 or 1 would make a log loss infinite and hide every other term of a sum of scores.
CERTAIN: Final = 1e-13


class Learner(Protocol):
    """Learns one example at a time."""

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        """Learn one example: `label` 1 accepted, 0 not; `weight` examples' worth of it, above 0."""

    def predict_one(self, features: Features) -> float:
        """The probability of acceptance, strictly between 0 and 1. Does not learn."""

    def state(self) -> bytes:
        """The whole state: enough to go on in another process as if never stopped."""

    def serving(self) -> bytes:
        """Enough to score (`estimators.serving`)."""


def bounded(probability: float) -> float:
    """`probability`, limited to [CERTAIN, 1 - CERTAIN]. The order of the arguments turns a NaN into the lower bound."""
    return min(max(CERTAIN, probability), 1.0 - CERTAIN)
