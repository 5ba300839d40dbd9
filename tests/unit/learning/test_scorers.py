"""Every scorer, every check."""

import json
import random
from collections.abc import Iterator
from math import isfinite

import msgspec
import pytest

from garbo.core.policy.models import Model
from garbo.errors import PolicyError
from garbo.learning import registry
from garbo.learning.learner import MAX_KEYS, Learner, Parameters

Example = tuple[dict[str, float], int]
JOBS = ("student", "doctor", "teacher", "retired")


def model(scorer: str, **options: float) -> Model:
    return Model("loan", scorer, (), 0.2, 10.0, options)


def examples(count: int, seed: int = 7) -> Iterator[Example]:
    """Doctors and the young accept; the euribor is noise on a large mean."""
    rng = random.Random(seed)
    for _ in range(count):
        job, age = rng.choice(JOBS), rng.uniform(18, 90)
        features = {f"job={job}": 1.0, "euribor": rng.gauss(5000, 3)}
        if rng.random() < 0.9:
            features["age"] = age
        yield features, int(job == "doctor" or age < 30)


def taught(scorer: str, count: int = 500) -> Learner:
    learner = registry.new(model(scorer))
    for features, label in examples(count):
        learner.learn_one(features, label)
    return learner


@pytest.fixture(params=registry.SCORERS)
def scorer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_learns_how_often_the_family_is_accepted(scorer: str) -> None:
    learner = taught(scorer, 2000)
    tests = list(examples(1000, seed=8))
    predicted = sum(learner.predict_one(features) for features, _ in tests) / len(tests)
    assert sum(label for _, label in tests) / len(tests) == pytest.approx(predicted, abs=0.05)


def test_predicting_learns_nothing(scorer: str) -> None:
    learner = taught(scorer)
    before = learner.parameters()
    for features, _ in examples(20, seed=9):
        learner.predict_one(features)
    learner.predict_one({"job=astronaut": 1.0, "moon": 3.0})
    assert before == learner.parameters()


def test_it_goes_on_from_its_parameters_as_if_never_stopped(scorer: str) -> None:
    one = taught(scorer)
    data = msgspec.msgpack.decode(msgspec.msgpack.encode(one.parameters()))
    other = registry.restore(model(scorer), data)
    for features, label in examples(500, seed=11):
        features[f"day={label}{len(features)}"] = 1.0
        assert one.predict_one(features) == other.predict_one(features)
        one.learn_one(features, label)
        other.learn_one(features, label)
    assert list(one.parameters().items()) == list(other.parameters().items())


def test_parameters_are_plain_data_in_a_stable_order(scorer: str) -> None:
    assert json.dumps(taught(scorer).parameters()) == json.dumps(taught(scorer).parameters())


def test_parameters_are_a_copy(scorer: str) -> None:
    learner = taught(scorer)
    before = json.dumps(kept := learner.parameters())
    learner.learn_one({"job=doctor": 1.0, "age": 20.0, "new": 1.0}, 1)
    assert before == json.dumps(kept)


def test_serving_answers_as_the_learner_does(scorer: str) -> None:
    learner = taught(scorer)
    formula = registry.serve(scorer, learner.parameters())
    unseen: list[Example] = [({}, 0), ({"job=astronaut": 1.0, "moon": 3.0}, 0), ({"age": 1e12}, 0), ({"age": -1e12}, 0)]
    for features, _ in [*examples(300, seed=10), *unseen]:
        assert learner.predict_one(features) == pytest.approx(formula(features), abs=1e-12, rel=0)


def test_serving_a_scorer_that_has_seen_nothing(scorer: str) -> None:
    learner = registry.new(model(scorer))
    assert learner.predict_one({"age": 30.0}) == registry.serve(scorer, learner.parameters())({"age": 30.0})


def test_extreme_numbers_leave_no_nan(scorer: str) -> None:
    learner = registry.new(model(scorer))
    extremes = (0.0, 9e14, -9e14, 1e-300, 5e-324, -0.0, 0.1, 0.1, 0.1 + 1e-16, 1e-12)
    for turn, value in enumerate(extremes * 30):
        learner.learn_one({"x": value, f"c={turn % 3}": 1.0}, turn % 2)
        assert 0.0 < learner.predict_one({"x": -value, "y": value}) < 1.0
    for table in learner.parameters().values():
        assert all(isfinite(value) for value in (table.values() if isinstance(table, dict) else (table,)))
    formula = registry.serve(scorer, learner.parameters())
    assert all(0.0 < formula({"x": value}) < 1.0 for value in (*extremes, float("nan"), float("inf")))


def test_labels_of_one_kind_never_become_certainty(scorer: str) -> None:
    for label in (0, 1):
        learner = registry.new(model(scorer))
        for _ in range(3000):
            learner.learn_one({"c=a": 1.0, "x": 3.0}, label)
        assert 0.0 < learner.predict_one({"c=a": 1.0, "x": 3.0}) < 1.0


def test_an_example_without_features_is_learnt(scorer: str) -> None:
    learner = registry.new(model(scorer))
    before = learner.predict_one({})
    learner.learn_one({}, 1)
    assert learner.predict_one({}) > before


def test_keys_do_not_grow_without_bound(scorer: str) -> None:
    learner = registry.new(model(scorer))
    for number in range(MAX_KEYS + 50):
        learner.learn_one({f"customer={number}": 1.0, f"n{number}": 1.0}, number % 2)
    assert all(len(table) <= MAX_KEYS for table in learner.parameters().values() if isinstance(table, dict))
    assert 0.0 < learner.predict_one({f"customer={MAX_KEYS + 40}": 1.0}) < 1.0


def test_an_unknown_option_is_refused(scorer: str) -> None:
    with pytest.raises(PolicyError, match=f"{scorer} has no parameter 'speed'"):
        registry.check(model(scorer, speed=3))


def test_parameters_of_another_shape_are_refused(scorer: str) -> None:
    wrong: list[Parameters] = [{}, {"weights": {"a": 1.0}}, {**taught(scorer).parameters(), "more": 1.0}]
    for parameters in wrong:
        with pytest.raises(msgspec.ValidationError):
            registry.serve(scorer, parameters)


def test_an_unknown_scorer_is_refused_by_name() -> None:
    with pytest.raises(PolicyError, match="unknown scorer 'oracle': use one of base_rate, logistic_adagrad"):
        registry.new(model("oracle"))
