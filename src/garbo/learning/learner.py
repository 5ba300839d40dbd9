"""What every scorer offers: a learner where examples arrive, and a formula where decisions are made."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from garbo.core.vocabulary.events import Value

Features: TypeAlias = Mapping[str, float]
Parameters: TypeAlias = dict[str, float | dict[str, float]]
"""What was learnt: scalars and tables of numbers. Order matters: sums run in the order of the tables."""

Formula: TypeAlias = Callable[[Features], float]
"""The probability of acceptance; equals the learner's `predict_one` to 1e-12."""

# Keys a model keeps: a policy whose categories outgrow it is using identifiers as features. Keys beyond are not learnt,
# and score as unseen.
MAX_KEYS = 4096
KEY_LENGTH = 128
# UTF-8 bytes of all keys together: 128 each. A number stands in five tables, so a snapshot stays under 3 MB; without
# it, 4,096 categories in four-byte characters would make a row that no broker takes.
MAX_KEY_BYTES = MAX_KEYS * KEY_LENGTH
# Features of one example: more than any policy needs, few enough that one message cannot fill the model.
MAX_FEATURES = 256
# A probability of exactly 0 or 1 would make a log loss infinite and a sum of scores blind to everything else.
CERTAIN = 1e-13


class Learner(Protocol):
    """Learns one example at a time."""

    def learn_one(self, features: Features, label: int) -> None:
        """Take one example: `label` 1 accepted, 0 not. Features must be finite."""

    def predict_one(self, features: Features) -> float:
        """The probability of acceptance, strictly between 0 and 1. Learns nothing."""

    def parameters(self) -> Parameters:
        """All it takes to go on learning elsewhere, as plain data."""


class Kind(NamedTuple):
    """A scorer, by its doors. `options` are the policy's (`Model.parameters`).

    check: raises `PolicyError` for options it does not know; needs no River. new: a learner that has seen nothing,
    given the starting propensity. restore: a learner from parameters. serve: pure Python, needs no River.
    restore and serve raise `msgspec.ValidationError` when the parameters are of another shape.
    """

    check: Callable[[Mapping[str, Value]], None]
    new: Callable[[float, Mapping[str, Value]], Learner]
    restore: Callable[[Parameters, Mapping[str, Value]], Learner]
    serve: Callable[[Parameters], Formula]


def bounded(probability: float) -> float:
    """`probability`, kept off 0 and 1. The order of the arguments matters: a NaN becomes the lower bound."""
    return min(max(CERTAIN, probability), 1.0 - CERTAIN)
