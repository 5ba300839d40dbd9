"""The parts of every scorer: a learner for the processor that learns, a formula for the one that decides."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from garbo.core.vocabulary.events import Scalar

Features: TypeAlias = Mapping[str, float]
Parameters: TypeAlias = dict[str, float | dict[str, float]]
"""A learner's state: scalars and tables of numbers. Order matters: sums run in the order of the tables."""

Formula: TypeAlias = Callable[[Features], float]
"""The probability of acceptance; equals the learner's `predict_one` to 1e-12."""

# Keys of a model, at most: a policy with more categories uses identifiers as features. Further keys are not learnt and
# score as unseen.
MAX_KEYS = 4096
KEY_LENGTH = 128
# UTF-8 bytes of all keys together: 128 each. Each key is in five tables, so a snapshot stays under 3 MB. Without this
# bound 4,096 categories in four-byte characters would give a row that every broker refuses.
MAX_KEY_BYTES = MAX_KEYS * KEY_LENGTH
# Features of one example, at most: more than any policy needs, and too few for one message to fill the model.
MAX_FEATURES = 256
# A probability of exactly 0 or 1 would make a log loss infinite and hide every other term of a sum of scores.
CERTAIN = 1e-13


class Learner(Protocol):
    """Learns one example at a time."""

    def learn_one(self, features: Features, label: int) -> None:
        """Learn one example: `label` 1 accepted, 0 not. Features must be finite."""

    def predict_one(self, features: Features) -> float:
        """The probability of acceptance, strictly between 0 and 1. Does not learn."""

    def parameters(self) -> Parameters:
        """The whole state as plain data: enough to continue in another process."""


class Kind(NamedTuple):
    """The functions of a scorer. `options` are the policy's (`Model.parameters`).

    check: raises `PolicyError` for unknown options; needs no River. new: a learner without examples, from the starting
    propensity. restore: a learner from parameters. serve: a formula from parameters, in pure Python without River.
    restore and serve raise `msgspec.ValidationError` if the parameters have another layout.
    """

    check: Callable[[Mapping[str, Scalar]], None]
    new: Callable[[float, Mapping[str, Scalar]], Learner]
    restore: Callable[[Parameters, Mapping[str, Scalar]], Learner]
    serve: Callable[[Parameters], Formula]


def bounded(probability: float) -> float:
    """`probability`, limited to [CERTAIN, 1 - CERTAIN]. The order of the arguments turns a NaN into the lower bound."""
    return min(max(CERTAIN, probability), 1.0 - CERTAIN)
