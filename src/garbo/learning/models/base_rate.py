"""base_rate: how often the family is accepted, without features. Every other scorer must be better than this one."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from garbo.core.vocabulary.events import Scalar
from garbo.errors import PolicyError
from garbo.learning.learner import Features, Formula, Parameters, bounded

# The starting propensity weighs as much as this many examples: one refusal must not drive the rate to 0.
STARTING_WEIGHT = 2.0


class Rate(Struct, forbid_unknown_fields=True):
    accepted: float
    total: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.accepted <= self.total or self.total <= 0.0:
            raise ValueError("a rate needs 0 <= accepted <= total, total > 0")


class BaseRate:
    def __init__(self, rate: Rate) -> None:
        self._rate = rate

    def learn_one(self, features: Features, label: int) -> None:
        self._rate.accepted += label
        self._rate.total += 1.0

    def predict_one(self, features: Features) -> float:
        return bounded(self._rate.accepted / self._rate.total)

    def parameters(self) -> Parameters:
        return {"accepted": self._rate.accepted, "total": self._rate.total}


def check(options: Mapping[str, Scalar]) -> None:
    if options:
        raise PolicyError(f"scorer base_rate has no parameter {min(options)!r}: remove it")


def new(starting_propensity: float, options: Mapping[str, Scalar]) -> BaseRate:
    check(options)
    return BaseRate(Rate(starting_propensity * STARTING_WEIGHT, STARTING_WEIGHT))


def restore(parameters: Parameters, options: Mapping[str, Scalar]) -> BaseRate:
    check(options)
    return BaseRate(msgspec.convert(parameters, Rate))


def serve(parameters: Parameters) -> Formula:
    rate = msgspec.convert(parameters, Rate)
    probability = bounded(rate.accepted / rate.total)
    return lambda features: probability
