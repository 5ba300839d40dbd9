"""Encoding, calibration, heads and the key, each alone."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from river import linear_model, optim, preprocessing

from garbo.errors import ConfigError
from garbo.learning import registry
from garbo.learning.conformance import examples
from garbo.learning.estimators.calibration import Platt
from garbo.learning.estimators.encoding import Encoder, Scaler
from garbo.learning.estimators.heads import Linear, Node, Tree
from garbo.learning.estimators.serving import decode_serving, formula
from garbo.learning.model_key import DEVELOPMENT_KEY, read_key
from tests.unit.learning.estimators.catalogue import FEATURES, model


def encoder(text: bool = False, raw: bool = False, crosses: tuple[tuple[str, str], ...] = ()) -> Encoder:
    return Encoder(frozenset({"age", "rate", "job", "group"}), crosses, text, raw, Scaler([], {}, {}, {}))


def test_numbers_are_standardised_and_words_are_words() -> None:
    plain, words = encoder(), encoder(text=True, raw=True)
    for age in (20.0, 40.0):
        for each in (plain, words):
            each.learn({"age": age, "job=doctor": 1.0})
    assert {"age": 1.0, "job=doctor": 1.0} == plain.encode({"age": 40.0, "job=doctor": 1.0})
    assert {"age": 40.0, "job": "doctor"} == words.encode({"age": 40.0, "job=doctor": 1.0})


def test_another_models_features_and_unseen_ones_do_not_reach_the_estimator() -> None:
    each = encoder()
    assert {"job=doctor": 1.0} == each.learn({"job=doctor": 1.0, "income": 5.0, "moon=full": 1.0})
    assert {} == each.encode({"job=astronaut": 1.0, "income": 5.0})


def test_crosses_multiply_what_the_estimator_sees() -> None:
    crosses = (("job", "group"), ("job", "age"), ("age", "rate"))
    plain, words = encoder(crosses=crosses), encoder(text=True, raw=True, crosses=crosses)
    vector = {"job=a": 1.0, "group=g": 1.0, "age": 4.0, "rate": 3.0}
    for each in (plain, words):
        each.learn({**vector, "age": 2.0, "rate": 1.0})
        each.learn(vector)
    found = plain.encode(vector)
    assert (1.0, 1.0, 1.0) == (found["job=a*group=g"], found["age*job=a"], found["age*rate"])
    found = words.encode(vector)
    assert ("a*g", 4.0, 12.0) == (found["job*group"], found["age*job=a"], found["age*rate"])


@pytest.mark.parametrize("preset", ["ftrl", "hoeffding_adaptive_tree", "bayesian_linear"])
def test_a_model_with_crosses_serves_what_it_learnt(preset: str) -> None:
    learner = registry.new(model({"preset": preset}, crosses=(("job", "group"), ("age", "job"))))
    for features, label in examples(500):
        learner.learn_one(features, label)
    score = formula(decode_serving(learner.serving()))
    for features, _ in examples(50, seed=3):
        assert learner.predict_one(features) == pytest.approx(score(features), abs=1e-9)


def test_the_adagrad_preset_is_rivers_own_logistic_regression() -> None:
    """Numbers through StandardScaler, indicators beside it: the same answers as River's objects wired by hand."""
    learner = registry.new(model({"preset": "adagrad"}))
    scaler: Any = preprocessing.StandardScaler()
    river: Any = linear_model.LogisticRegression(optim.AdaGrad(0.1))
    names = {feature.name for feature in FEATURES}
    for place, (features, label) in enumerate(examples(1000)):
        numbers = {key: value for key, value in features.items() if "=" not in key}
        scaler.learn_one(numbers)
        scaled = scaler.transform_one(numbers)
        scaled = {key: scaled.get(key, value) for key, value in features.items() if key.partition("=")[0] in names}
        learner.learn_one(features, label)
        river.learn_one(scaled, bool(label))
        if place:
            assert river.predict_proba_one(scaled)[True] == pytest.approx(learner.predict_one(features), abs=1e-9)


def test_platt_finds_what_a_score_is_worth() -> None:
    """A score of .9 that comes true in 30 of 100 cases, and one of .1 that does in 5."""
    rng, platt = random.Random(2), Platt()
    for _ in range(8000):
        score = rng.choice((0.1, 0.9))
        platt.learn(score, int(rng.random() < (0.3 if score == 0.9 else 0.05)), 1.0)
    assert 0.3 == pytest.approx(platt.probability(0.9), abs=0.04)
    assert 0.05 == pytest.approx(platt.probability(0.1), abs=0.02)


def test_platt_before_a_lesson_says_what_the_score_says_and_never_is_certain() -> None:
    platt = Platt()
    assert 0.25 == pytest.approx(platt.probability(0.25))
    assert 0.0 < platt.probability(0.0) < platt.probability(1.0) < 1.0


IMPOSSIBLE: dict[str, Any] = {
    "a circle": {"nodes": [["age", 1.0, {}, -1, 0, 0, 0]], "type": "tree"},
    "no child": {"nodes": [["age", 1.0, {}, -1, 1, 2, 1], [], []][:2], "type": "tree"},
    "no nodes": {"nodes": [], "type": "tree"},
    "a share": {"nodes": [["", None, {}, -1, -1, -1, -1, -1, 2.0, 0.0]], "type": "tree"},
}


@pytest.mark.parametrize("data", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_tree_is_refused(data: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(data, Tree)


def test_a_tree_sends_the_missing_and_the_unknown_the_common_way() -> None:
    leaves = [Node(yes=0.1, no=0.9), Node(yes=0.7, no=0.3), Node(yes=0.4, no=0.6)]
    numbers = Tree([Node("age", 30.0, left=1, right=2, common=2), *leaves[:2]])
    assert [0.1, 0.7, 0.7, 0.7] == [numbers.score(x) for x in ({"age": 30.0}, {"age": 31.0}, {}, {"age": "old"})]
    words = Tree([Node("job", words={"a": 1, "b": 2}, common=3), *leaves])
    assert [0.1, 0.7, 0.4, 0.4] == [words.score(x) for x in ({"job": "a"}, {"job": "b"}, {"job": "c"}, {})]


def test_a_linear_head_with_an_unknown_link_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "linear", "intercept": 0.0, "weights": {}, "link": "probit"}, Linear)


def test_the_key_is_the_files_or_the_one_for_development(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"sixteen bytes and more\n")
    assert (DEVELOPMENT_KEY, b"sixteen bytes and more") == (read_key(None), read_key(file))
    file.write_bytes(b"short")
    with pytest.raises(ConfigError, match="has 5 bytes: give 16 to 64"):
        read_key(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key(tmp_path / "none")
