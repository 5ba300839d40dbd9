"""logistic_adagrad: River's logistic regression with AdaGrad; numbers are standardised, indicators are not.

AdaGrad: Duchi, Hazan, Singer 2011 (JMLR 12). Why the indicators are not scaled: on the UCI bank data scaling them
as well costs .011 of AUC and .006 of log loss (docs/learning.md). When learning, the scaler counts the example before
it scales it, as River's pipelines do, so a first value is never divided by 0.
"""

from collections.abc import Mapping
from math import exp, sqrt
from typing import Any

import msgspec
from msgspec import Struct

from garbo.core.scoring.features import is_category
from garbo.core.vocabulary.events import Scalar
from garbo.errors import PolicyError
from garbo.learning.learner import MAX_KEY_BYTES, MAX_KEYS, Features, Formula, Parameters, bounded

LEARNING_RATE = 0.1  # on the bank data SGD(.05) falls to AUC .722 and AdaGrad(.1) does not; not tuned further
# A deviation under 1e-12 of the mean is the rounding of a running mean (1e-16), not a variation.
ROUNDING = 1e-24
# River cuts its sigmoid here; exp(-30) has CERTAIN's order of magnitude.
LOGIT_BOUND = 30.0
UNSEEN = (0.0, 0.0)


class Learnt(Struct, forbid_unknown_fields=True):
    """weights, intercept: the regression's; squares, iterations: AdaGrad's; counts, means, variances: the scaler's."""

    intercept: float
    iterations: float
    weights: dict[str, float]
    squares: dict[str, float]
    counts: dict[str, float]
    means: dict[str, float]
    variances: dict[str, float]

    def __post_init__(self) -> None:
        if self.iterations < 0 or any(n < 1.0 for n in self.counts.values()):
            raise ValueError("a count is negative")
        if any(v < 0.0 for v in self.variances.values()) or any(v < 0.0 for v in self.squares.values()):
            raise ValueError("a variance or a sum of squares is negative")
        if self.squares.keys() != self.weights.keys():
            raise ValueError("weights and their sums of squares have different features")
        if not self.counts.keys() == self.means.keys() == self.variances.keys():
            raise ValueError("the scaler's tables have different features")


class LogisticAdaGrad:
    """The learner. River's two objects hold the state; this class decides which features are scaled and admitted."""

    def __init__(self, learnt: Learnt, learning_rate: float = LEARNING_RATE) -> None:
        # Imported here: a worker that only scores never imports River (rule 1 of the package).
        from river import linear_model, optim, preprocessing, utils

        optimizer = optim.AdaGrad(learning_rate)
        optimizer.g2.update(learnt.squares)
        optimizer.n_iterations = int(learnt.iterations)
        # River's state has no types: the two `Any` stay inside this class.
        self._model: Any = linear_model.LogisticRegression(optimizer, intercept_init=learnt.intercept)
        self._model._weights = utils.VectorDict(learnt.weights)  # River has no public setter; a test covers this one
        self._scaler: Any = preprocessing.StandardScaler()
        self._scaler.counts.update(learnt.counts)
        self._scaler.means.update(learnt.means)
        self._scaler.vars.update(learnt.variances)
        self._known: set[str] = set(learnt.weights)
        self._key_bytes = sum(len(key.encode()) for key in self._known)

    def predict_one(self, features: Features) -> float:
        return bounded(float(self._model.predict_proba_one(self._scaled(features))[True]))

    def learn_one(self, features: Features, label: int) -> None:
        if not self._known.issuperset(features):
            features = self._admitted(features)
        self._scaler.learn_one({key: value for key, value in features.items() if not is_category(key)})
        self._model.learn_one(self._scaled(features), label)

    def parameters(self) -> Parameters:
        return {
            "intercept": float(self._model.intercept),
            "iterations": float(self._model.optimizer.n_iterations),
            "weights": self._model.weights,
            "squares": dict(self._model.optimizer.g2),
            "counts": {key: float(count) for key, count in self._scaler.counts.items()},
            "means": dict(self._scaler.means),
            "variances": dict(self._scaler.vars),
        }

    def _admitted(self, features: Features) -> Features:
        """`features` without new keys beyond the bounds; the other keys become known."""
        known = self._known
        admitted = {}
        for key, value in features.items():
            if key not in known:
                size = len(key.encode())
                if len(known) >= MAX_KEYS or self._key_bytes + size > MAX_KEY_BYTES:
                    continue
                known.add(key)
                self._key_bytes += size
            admitted[key] = value
        return admitted

    def _scaled(self, features: Features) -> dict[str, float]:
        means, variances = self._scaler.means, self._scaler.vars
        scaled = {}
        for key, value in features.items():
            if is_category(key):
                scaled[key] = value
            else:
                mean = means.get(key, 0.0)
                scaled[key] = (value - mean) * _scale(mean, variances.get(key, 0.0))
        return scaled


def check(options: Mapping[str, Scalar]) -> None:
    _learning_rate(options)


def new(starting_propensity: float, options: Mapping[str, Scalar]) -> LogisticAdaGrad:
    """A learner that starts at even odds.

    Arbitration already weighs the starting propensity against the evidence. An intercept that starts there would count
    it twice and costs .005 of AUC (small first gradients leave AdaGrad too fast).
    """
    return LogisticAdaGrad(Learnt(0.0, 0.0, {}, {}, {}, {}, {}), _learning_rate(options))


def restore(parameters: Parameters, options: Mapping[str, Scalar]) -> LogisticAdaGrad:
    return LogisticAdaGrad(msgspec.convert(parameters, Learnt), _learning_rate(options))


def serve(parameters: Parameters) -> Formula:
    """A dot product over (slope, centre) of each feature. Centre 0 for an indicator, slope 0 for an unseen feature."""
    learnt = msgspec.convert(parameters, Learnt)
    intercept = learnt.intercept
    terms: dict[str, tuple[float, float]] = {}
    for key, weight in learnt.weights.items():
        if is_category(key):
            terms[key] = (weight, 0.0)
        else:
            mean = learnt.means.get(key, 0.0)
            terms[key] = (weight * _scale(mean, learnt.variances.get(key, 0.0)), mean)
    term = terms.get

    def formula(features: Features) -> float:
        logit = intercept
        for key, value in features.items():
            slope, centre = term(key, UNSEEN)
            logit += slope * (value - centre)
        return sigmoid(logit)

    return formula


def sigmoid(logit: float) -> float:
    """The probability of a logit, limited by `bounded`."""
    if logit > LOGIT_BOUND:
        return bounded(1.0)
    if logit < -LOGIT_BOUND:
        return bounded(0.0)
    return bounded(1.0 / (1.0 + exp(-logit)))


def _scale(mean: float, variance: float) -> float:
    """The factor of a centred number; 0 for a number that has not varied yet."""
    return 1.0 / sqrt(variance) if variance > ROUNDING * mean * mean else 0.0


def _learning_rate(options: Mapping[str, Scalar]) -> float:
    for name in sorted(options):
        if name != "learning_rate":
            raise PolicyError(f"scorer logistic_adagrad has no parameter {name!r}: use learning_rate")
    rate = options.get("learning_rate", LEARNING_RATE)
    if isinstance(rate, str | bool) or not 0.0 < rate <= 10.0:
        raise PolicyError(f"learning_rate of logistic_adagrad is {rate!r}: give a number above 0 and at most 10")
    return float(rate)
