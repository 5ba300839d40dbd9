"""Each check of a model finds the defect it is for, in a model that keeps everything else."""

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from garbo.errors import PolicyError
from garbo.learning.learner import Parameters
from garbo.testing.models import CHECKS, Kind, check_model


class Rate(Struct, forbid_unknown_fields=True):
    accepted: float
    total: float
    seen: dict[str, float] = {}


class Model:
    """How often it was accepted, whoever was asked. Sound; each subclass below has one defect."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate

    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        self.rate.accepted += label
        self.rate.total += 1.0

    def predict_one(self, features: Mapping[str, float]) -> float:
        return self.rate.accepted / self.rate.total

    def parameters(self) -> Parameters:
        return {"accepted": self.rate.accepted, "total": self.rate.total, "seen": dict(self.rate.seen)}


def strict(options: Mapping[str, Any]) -> None:
    for name in options:
        raise PolicyError(f"no parameter {name!r}")


def served(parameters: Parameters) -> Callable[[Mapping[str, float]], float]:
    rate = msgspec.convert(parameters, Rate)
    return lambda features: rate.accepted / rate.total


def kind(model: type[Model] = Model, **doors: Callable[..., Any]) -> Kind:
    sound = Kind(
        strict,
        lambda propensity, options: model(Rate(propensity * 2, 2.1)),
        lambda parameters, options: model(msgspec.convert(parameters, Rate)),
        served,
    )
    return sound._replace(**doors)


class NeverLearns(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        self.rate.total += 1e-9


class LearnsFromAsking(Model):
    def predict_one(self, features: Mapping[str, float]) -> float:
        self.rate.total += 1e-6
        return super().predict_one(features)


class Forgets(Model):
    """What it hands out lacks what it saw."""

    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        super().learn_one(features, label)
        self.private = getattr(self, "private", 0) + 1

    def predict_one(self, features: Mapping[str, float]) -> float:
        return super().predict_one(features) * (0.999 if getattr(self, "private", 0) > 400 else 1.0)


class Random(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        super().learn_one(features, label)
        self.rate.accepted += random.random() * 1e-6


class HandsOutItself(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        super().learn_one(features, label)
        self.rate.seen["n"] = self.rate.total

    def parameters(self) -> Parameters:
        return {**super().parameters(), "seen": self.rate.seen}


class NotPlain(Model):
    def parameters(self) -> Parameters:
        return {**super().parameters(), "seen": {1, 2}}  # type: ignore[dict-item]


class Blown(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        super().learn_one(features, label)
        self.rate.seen["sum"] = self.rate.seen.get("sum", 0.0) + features.get("x", 0.0) * 1e300
        self.rate.seen["sum"] -= self.rate.seen["sum"] * 0.5


class Certain(Model):
    def predict_one(self, features: Mapping[str, float]) -> float:
        found = super().predict_one(features)
        return round(found) if not 0.01 < found < 0.99 else found


class NeedsFeatures(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        if features:
            super().learn_one(features, label)


class Grows(Model):
    def learn_one(self, features: Mapping[str, float], label: int) -> None:
        super().learn_one(features, label)
        self.rate.seen.update(features)


BROKEN: dict[str, tuple[str, Kind]] = {
    "never learns": ("learns_how_often_the_family_is_accepted", kind(NeverLearns)),
    "learns from being asked": ("predicting_learns_nothing", kind(LearnsFromAsking)),
    "forgets": ("goes_on_from_its_parameters_as_if_never_stopped", kind(Forgets)),
    "random": ("parameters_are_plain_data_in_a_stable_order", kind(Random)),
    "not plain data": ("parameters_are_plain_data_in_a_stable_order", kind(NotPlain)),
    "hands out itself": ("parameters_are_a_copy", kind(HandsOutItself)),
    "serves otherwise": ("serving_answers_as_the_learner_does", kind(serve=lambda p: lambda f: 0.5)),
    "serves nothing at first": (
        "serving_works_before_the_first_example",
        kind(serve=lambda p: lambda f: p["accepted"] / (p["total"] if p["total"] > 3 else math.inf)),
    ),
    "blown": ("extreme_numbers_leave_no_nan", kind(Blown)),
    "certain": ("labels_of_one_kind_never_become_certainty", kind(Certain)),
    "needs features": ("an_example_without_features_is_learnt", kind(NeedsFeatures)),
    "grows": ("keys_do_not_grow_without_bound", kind(Grows)),
    "takes any option": ("an_unknown_option_is_refused", kind(check=lambda options: None)),
    "takes any shape": ("parameters_of_another_shape_are_refused", kind(serve=lambda p: lambda f: 0.2)),
}


def test_a_sound_model_passes() -> None:
    check_model(kind())


def test_every_check_has_a_broken_model() -> None:
    assert {check for check, _ in BROKEN.values()} == set(CHECKS)


@pytest.mark.parametrize(("check", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_check_finds_its_defect(check: str, broken: Kind) -> None:
    with pytest.raises(AssertionError):
        CHECKS[check](broken, {})


def test_a_failure_names_every_check_that_failed() -> None:
    with pytest.raises(AssertionError, match=r"(?s)labels_of_one_kind.*an_unknown_option_is_refused: check accepts"):
        check_model(kind(Certain, check=lambda options: None))
