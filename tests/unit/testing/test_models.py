"""Each check of a model finds the defect it is for, in a model that keeps everything else."""

import random
import time

import msgspec
import pytest

from garbo.learning import conformance
from garbo.learning.constant import ConstantLearner
from garbo.learning.estimators.heads import Constant
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.learner import Features, Learner
from garbo.testing.models import CHECKS, Made, check_learner, check_model


class Sound(ConstantLearner):
    """How often it was accepted. Sound; each subclass below has one defect."""

    def __init__(self, state: bytes | None = None) -> None:
        super().__init__(0.2, state)


class WrongAtFirst(Sound):
    learnt = False

    def predict_one(self, features: Features) -> float:
        return super().predict_one(features) if self.learnt else 0.0

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        self.learnt = True
        super().learn_one(features, label, weight)


class NeedsFeatures(Sound):
    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        max(features)
        super().learn_one(features, label, weight)


class Deaf(Sound):
    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        super().learn_one(features, 1, weight)


class LearnsWhenAsked(Sound):
    def predict_one(self, features: Features) -> float:
        probability = super().predict_one(features)
        if "new" in features:
            super().learn_one(features, 1)
        return probability


class ChangesTheExample(Sound):
    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        super().learn_one(features, label, weight)
        if isinstance(features, dict):
            features["job=doctor"] = 2.0


class Certain(Sound):
    labels: frozenset[int] = frozenset()

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        self.labels |= {label}
        super().learn_one(features, label, weight)

    def predict_one(self, features: Features) -> float:
        return 1.0 if self.labels == {1} and features else super().predict_one(features)


class BelievesNumbers(Sound):
    def predict_one(self, features: Features) -> float:
        age = features.get("age", 0.0)
        return 0.9 if age > 1000 else super().predict_one(features)


class PoisonedByNumbers(Sound):
    poisoned = False

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        self.poisoned |= features.get("age", 0.0) > 1000
        super().learn_one(features, label, weight)

    def predict_one(self, features: Features) -> float:
        return 0.95 if self.poisoned else super().predict_one(features)


class Surprised(Sound):
    def predict_one(self, features: Features) -> float:
        return 2.0 if features == {"moon": 1.0} else super().predict_one(features)


class Forgets(Sound):
    def __init__(self, state: bytes | None = None) -> None:
        super().__init__(None)


class ServesAnother(Sound):
    def serving(self) -> bytes:
        return encode_serving(Serving(0.2, [], {}, Constant(0.5)))


class Drawn(Sound):
    def state(self) -> bytes:
        return msgspec.msgpack.encode(msgspec.msgpack.decode(super().state()) | {"noise": random.random()})

    @staticmethod
    def restored(state: bytes) -> Learner:
        return Sound(msgspec.msgpack.encode({k: v for k, v in msgspec.msgpack.decode(state).items() if k != "noise"}))


class Large(Sound):
    def state(self) -> bytes:
        return super().state() + bytes(conformance.MAX_STATE)

    @staticmethod
    def restored(state: bytes) -> Learner:
        return Sound(state[: -conformance.MAX_STATE])


BROKEN = {
    "before any lesson": Made(WrongAtFirst, WrongAtFirst),
    "empty vector": Made(NeedsFeatures, NeedsFeatures),
    "learns the rate": Made(Deaf, Deaf),
    "score does not learn": Made(LearnsWhenAsked, LearnsWhenAsked),
    "learning leaves the example": Made(ChangesTheExample, ChangesTheExample),
    "one label only": Made(Certain, Certain),
    "absurd numbers scored": Made(BelievesNumbers, BelievesNumbers),
    "absurd numbers learnt": Made(PoisonedByNumbers, PoisonedByNumbers),
    "unseen and vanished features": Made(Surprised, Surprised),
    "snapshot round trip": Made(Forgets, Forgets),
    "serving answers as the learner": Made(ServesAnother, ServesAnother),
    "deterministic": Made(Drawn, Drawn.restored),
    "state size": Made(Large, Large.restored),
}


def test_a_sound_model_passes() -> None:
    check_learner(Made(Sound, Sound))


def test_every_check_has_a_broken_model() -> None:
    assert {*BROKEN, "time of a score"} == set(CHECKS)


@pytest.mark.parametrize(("check", "broken"), BROKEN.items(), ids=BROKEN)
def test_a_check_finds_its_defect(check: str, broken: Made) -> None:
    with pytest.raises(AssertionError, match=check):
        check_learner(broken)


def test_a_slow_model_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(serving: Serving) -> object:
        return lambda features: time.sleep(0.01) or 0.2

    monkeypatch.setattr(conformance, "formula", slow)
    assert CHECKS["time of a score"](Made(Sound, Sound)).endswith("at most 2000")


def test_a_failure_names_every_check_that_failed() -> None:
    class Both(Certain, BelievesNumbers):
        pass

    with pytest.raises(AssertionError, match=r"(?s)one label only: .*absurd numbers scored: "):
        check_learner(Made(Both, Both))


def test_an_estimator_of_a_policy_passes_or_is_refused_by_name() -> None:
    check_model({"class": "river.linear_model.PAClassifier", "parameters": {"C": 0.01}})
    with pytest.raises(AssertionError, match="empty vector: ValueError math domain error"):
        check_model({"class": "river.naive_bayes.MultinomialNB"})


class Unweighted(Sound):
    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        super().learn_one(features, label)


def test_a_model_that_takes_no_weight_may_not_learn_early() -> None:
    check_learner(Made(Unweighted, Unweighted))
    check_learner(Made(Sound, Sound), early=True)
    with pytest.raises(AssertionError, match="weighs its examples: takes no weight"):
        check_learner(Made(Unweighted, Unweighted), early=True)
