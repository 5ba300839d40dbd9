"""The learner of a model: encoder, estimator and calibration. Imports River."""

from typing import Any

import msgspec
from msgspec import Struct

from garbo.core.policy.models import Model
from garbo.errors import PolicyError
from garbo.learning.estimators.build import build
from garbo.learning.estimators.calibration import Platt
from garbo.learning.estimators.compile import compiled, proven
from garbo.learning.estimators.config import Config, config_of
from garbo.learning.estimators.encoding import Encoded, Encoder, Scaler
from garbo.learning.estimators.heads import Head, River
from garbo.learning.estimators.implied import implied
from garbo.learning.estimators.scores import score, takes_weight, teach
from garbo.learning.estimators.serving import Serving, encode_serving, probes
from garbo.learning.estimators.state_load import load
from garbo.learning.estimators.state_walk import UnsafeState, dump
from garbo.learning.estimators.version import VERSION
from garbo.learning.learner import Features, bounded


class Learnt(Struct, forbid_unknown_fields=True):
    """The learning state. version: River's."""

    count: int
    scaler: Scaler
    platt: Platt | None
    estimator: bytes
    version: str


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Learnt)


class EstimatorLearner:
    """Implements `learning.learner.Learner` for an estimator of River."""

    def __init__(self, model: Model, state: bytes | None = None) -> None:
        """
        Raises:
            PolicyError: the estimator cannot be made.
            UnsafeState: `state` is not that of this estimator.
        """
        self._config: Config = config_of(model)
        self._prior = model.starting_propensity
        estimator = build(self._config.estimator)
        if not hasattr(estimator, "predict_proba_one") and not _regresses(estimator):
            raise PolicyError(f"estimator {type(estimator).__name__} neither classifies nor regresses: choose another")
        self._weighs = takes_weight(estimator)
        learnt = self._restored(state) if state is not None else None
        if learnt is None:
            learnt = Learnt(0, Scaler([], {}, {}, {}), Platt() if self._config.platt else None, b"", "")
        else:
            estimator = load(learnt.estimator, implied(self._config.data))
        self._estimator: Any = estimator  # River's objects have no types
        self._platt = learnt.platt if self._config.platt else None
        self._count = learnt.count
        names = frozenset(feature.name for feature in model.features)
        self._encoder = Encoder(names, model.crosses, self._config.text, self._config.raw, learnt.scaler)

    def predict_one(self, features: Features) -> float:
        if not self._count:
            return bounded(self._prior)
        found = self.raw_score(features)
        if found is None:
            return bounded(self._prior)
        return bounded(found if self._platt is None else self._platt.probability(found))

    def raw_score(self, features: Features) -> float | None:
        """What the estimator answers before calibration. Raises what River raises."""
        return score(self._estimator, self._encoder.encode(features))

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        encoded = self._encoder.learn(features)
        if self._platt is not None and self._count:
            found = score(self._estimator, encoded)
            if found is not None:
                self._platt.learn(found, label, weight)
        teach(self._estimator, encoded, label, weight if self._weighs else None)
        self._count += 1

    def state(self) -> bytes:
        learnt = Learnt(self._count, self._encoder.scaler, self._platt, dump(self._estimator), VERSION)
        return _encoder.encode(learnt)

    def serving(self) -> bytes:
        return encode_serving(self._serving())

    def _serving(self) -> Serving:
        head = self._compiled() if self._count else None
        if head is None:
            head = River.of(self._config.data, dump(self._estimator), VERSION)
        return self._around(head)

    def _around(self, head: Head) -> Serving:
        encoder = self._encoder
        return Serving(
            prior=bounded(self._prior),
            keys=list(encoder.scaler.keys),
            numbers={key: encoder.spread(key) for key in encoder.scaler.means},
            head=head,
            text=encoder.text,
            raw=encoder.raw,
            crosses=encoder.crosses,
            platt=None if self._platt is None else (self._platt.intercept, self._platt.slope),
            most=encoder.most,
        )

    def _compiled(self) -> Head | None:
        head = compiled(self._estimator)
        if head is None:
            return None
        encoded: list[Encoded] = [self._encoder.encode(probe) for probe in probes(self._around(head))]
        return head if proven(self._estimator, head, encoded) else None

    def _restored(self, state: bytes) -> Learnt:
        learnt = _decoder.decode(state)
        if learnt.version != VERSION:
            raise UnsafeState(f"the state is of River {learnt.version[:16]!r}, this worker has {VERSION}")
        return learnt


def _regresses(estimator: Any) -> bool:
    from river import base

    return isinstance(estimator, base.Regressor)
