"""The preset `constant`: how often the actions are accepted, without features. Every other model must be better."""

from typing import Final

import msgspec
from msgspec import Struct

from garbo.learning.estimators.heads import Constant
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.learner import Features, bounded

# The starting propensity weighs as much as this many examples: one refusal must not drive the rate to 0.
STARTING_WEIGHT: Final = 2.0


class Rate(Struct, forbid_unknown_fields=True):
    accepted: float
    total: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.accepted <= self.total or not 0.0 < self.total < float("inf"):
            raise ValueError("a rate needs 0 <= accepted <= total, total > 0")


class ConstantLearner:
    """Implements `learning.learner.Learner`."""

    def __init__(self, starting_propensity: float, state: bytes | None = None) -> None:
        self._prior = starting_propensity
        if state is None:
            self._rate = Rate(starting_propensity * STARTING_WEIGHT, STARTING_WEIGHT)
        else:
            self._rate = msgspec.msgpack.decode(state, type=Rate)

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        self._rate.accepted += label * weight
        self._rate.total += weight

    def predict_one(self, features: Features) -> float:
        return bounded(self._rate.accepted / self._rate.total)

    def state(self) -> bytes:
        return msgspec.msgpack.encode(self._rate)

    def serving(self) -> bytes:
        return encode_serving(Serving(bounded(self._prior), [], {}, Constant(self._rate.accepted / self._rate.total)))
