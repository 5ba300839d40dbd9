import random
import subprocess
import sys
from typing import Any

import pytest
from river import linear_model, optim, preprocessing

from garbo.core.policy.models import Model
from garbo.errors import PolicyError
from garbo.learning import registry
from garbo.learning.models import logistic
from garbo.testing.models import examples


def test_it_separates_what_can_be_separated() -> None:
    learner = logistic.new(0.5, {})
    for features, label in examples(5000):
        learner.learn_one(features, label)
    right = [(learner.predict_one(features) > 0.5) == bool(label) for features, label in examples(1000, seed=8)]
    assert sum(right) / len(right) > 0.9


def test_it_is_rivers_own_logistic_regression() -> None:
    """Numbers through StandardScaler, indicators beside it: the same weights as River's objects wired by hand."""
    learner = logistic.new(0.5, {})
    scaler: Any = preprocessing.StandardScaler()
    river: Any = linear_model.LogisticRegression(optim.AdaGrad(0.1))
    for features, label in examples(1000):
        numbers = {key: value for key, value in features.items() if "=" not in key}
        scaler.learn_one(numbers)
        scaled = scaler.transform_one(numbers)
        scaled = {key: scaled.get(key, value) for key, value in features.items()}
        learner.learn_one(features, label)
        river.learn_one(scaled, label)
        assert river.predict_proba_one(scaled)[True] == pytest.approx(learner.predict_one(features), abs=1e-12)


def test_it_starts_at_even_odds_because_the_prior_is_weighed_elsewhere() -> None:
    assert 0.5 == logistic.new(0.02, {}).predict_one({"job=doctor": 1.0})


def test_the_scale_of_a_number_does_not_matter() -> None:
    rng = random.Random(3)
    small, large = logistic.new(0.5, {}), logistic.new(0.5, {})
    for _ in range(300):
        value = rng.gauss(0, 1)
        label = int(value + rng.gauss(0, 1) > 0)
        small.learn_one({"x": value}, label)
        large.learn_one({"x": value * 1e6 + 5e6}, label)
    assert small.predict_one({"x": 1.0}) == pytest.approx(large.predict_one({"x": 6e6}), abs=1e-6)


def test_the_learning_rate_is_the_policys() -> None:
    slow, fast = logistic.new(0.5, {"learning_rate": 0.01}), logistic.new(0.5, {"learning_rate": 1})
    for learner in (slow, fast):
        learner.learn_one({"c=a": 1.0}, 1)
    assert fast.predict_one({"c=a": 1.0}) > slow.predict_one({"c=a": 1.0}) > 0.5


@pytest.mark.parametrize("rate", [0, -1, 11, True, "fast", float("nan")])
def test_a_senseless_learning_rate_is_refused(rate: float) -> None:
    with pytest.raises(PolicyError, match="learning_rate"):
        registry.check(Model("loan", (), 0.1, 1, estimator={"preset": "adagrad", "parameters": {"lr": rate}}))


def test_scoring_does_not_import_river() -> None:
    """0.8 s and 100 MB that a decide worker need not pay."""
    code = "import sys, garbo.learning.serving; sys.exit('river' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
