"""What every model must keep, as checks that run without pytest: every model, every check.

    from garbo.testing.models import Kind, check_model

    def test_my_model() -> None:
        check_model(Kind(my_model.check, my_model.new, my_model.restore, my_model.serve))

A new model goes into `garbo.learning.registry` once these pass.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from math import isfinite
from typing import Final, TypeAlias

import msgspec

from garbo.core.vocabulary.events import Scalar
from garbo.errors import PolicyError
from garbo.learning.learner import MAX_KEYS, Kind, Learner, Parameters

__all__ = ["CHECKS", "Kind", "check_model", "examples"]

Example: TypeAlias = tuple[dict[str, float], int]
Options: TypeAlias = Mapping[str, Scalar]
Check: TypeAlias = Callable[[Kind, Options], None]

JOBS: Final = ("student", "doctor", "teacher", "retired")
PROPENSITY: Final = 0.2
_UNSEEN: Final[tuple[dict[str, float], ...]] = ({}, {"job=astronaut": 1.0, "moon": 3.0}, {"age": 1e12}, {"age": -1e12})


def check_model(kind: Kind, options: Options | None = None) -> None:
    """Run every check on a model.

    Args:
        kind: the model by its four functions.
        options: parameters of the model, as a policy's `models.yaml` would give them.

    Raises:
        AssertionError: a check failed. It names all that did.
    """
    failures = []
    for name, check in CHECKS.items():
        try:
            check(kind, options or {})
        except AssertionError as failure:
            failures.append(f"{name}: {failure}")
    if failures:
        raise AssertionError("\n".join(failures))


def examples(count: int, seed: int = 7) -> Iterator[Example]:
    """Labelled examples: doctors and the young accept; "euribor" is noise on a large mean; "age" is often missing."""
    rng = random.Random(seed)
    for _ in range(count):
        job, age = rng.choice(JOBS), rng.uniform(18, 90)
        features = {f"job={job}": 1.0, "euribor": rng.gauss(5000, 3)}
        if rng.random() < 0.9:
            features["age"] = age
        yield features, int(job == "doctor" or age < 30)


def _trained(kind: Kind, options: Options, count: int = 500) -> Learner:
    learner = kind.new(PROPENSITY, options)
    for features, label in examples(count):
        learner.learn_one(features, label)
    return learner


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _learns_how_often_the_family_is_accepted(kind: Kind, options: Options) -> None:
    learner, tests = _trained(kind, options, 2000), list(examples(1000, seed=8))
    predicted = sum(learner.predict_one(features) for features, _ in tests) / len(tests)
    accepted = sum(label for _, label in tests) / len(tests)
    _require(abs(accepted - predicted) <= 0.05, f"it predicts {predicted:.3f} on average; {accepted:.3f} accepted")


def _predicting_learns_nothing(kind: Kind, options: Options) -> None:
    learner = _trained(kind, options)
    before = json.dumps(learner.parameters())
    for features in (*(features for features, _ in examples(20, seed=9)), *_UNSEEN):
        learner.predict_one(features)
    _require(before == json.dumps(learner.parameters()), "predict_one changed the parameters")


def _goes_on_from_its_parameters_as_if_never_stopped(kind: Kind, options: Options) -> None:
    one = _trained(kind, options)
    other = kind.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(one.parameters())), options)
    for features, label in examples(500, seed=11):
        features[f"day={label}{len(features)}"] = 1.0
        same = one.predict_one(features) == other.predict_one(features)
        _require(same, "a restored learner predicts otherwise than the one that never stopped, to the last bit")
        one.learn_one(features, label)
        other.learn_one(features, label)
    same = json.dumps(one.parameters()) == json.dumps(other.parameters())
    _require(same, "a restored learner has other parameters than the one that never stopped, or in another order")


def _parameters_are_plain_data_in_a_stable_order(kind: Kind, options: Options) -> None:
    try:
        one, other = (json.dumps(_trained(kind, options).parameters()) for _ in range(2))
    except TypeError as problem:
        raise AssertionError(f"the parameters are no plain data: {problem}") from None
    _require(one == other, "the same examples give other parameters, or another order")


def _parameters_are_a_copy(kind: Kind, options: Options) -> None:
    learner = _trained(kind, options)
    before = json.dumps(kept := learner.parameters())
    learner.learn_one({"job=doctor": 1.0, "age": 20.0, "new": 1.0}, 1)
    _require(before == json.dumps(kept), "learn_one changed parameters that were handed out")


def _serving_answers_as_the_learner_does(kind: Kind, options: Options) -> None:
    learner = _trained(kind, options)
    formula = kind.serve(learner.parameters())
    for features in (*(features for features, _ in examples(300, seed=10)), *_UNSEEN):
        learnt, served = learner.predict_one(features), formula(features)
        _require(abs(learnt - served) <= 1e-12, f"serve answers {served!r}, the learner {learnt!r} for {features}")


def _serving_works_before_the_first_example(kind: Kind, options: Options) -> None:
    learner = kind.new(PROPENSITY, options)
    learnt, served = learner.predict_one({"age": 30.0}), kind.serve(learner.parameters())({"age": 30.0})
    _require(learnt == served, f"serve answers {served!r}, the learner {learnt!r}")


def _extreme_numbers_leave_no_nan(kind: Kind, options: Options) -> None:
    learner = kind.new(PROPENSITY, options)
    extremes = (0.0, 9e14, -9e14, 1e-300, 5e-324, -0.0, 0.1, 0.1, 0.1 + 1e-16, 1e-12)
    for turn, value in enumerate(extremes * 30):
        learner.learn_one({"x": value, f"c={turn % 3}": 1.0}, turn % 2)
        _probability(learner.predict_one({"x": -value, "y": value}))
    for name, table in learner.parameters().items():
        numbers = table.values() if isinstance(table, dict) else (table,)
        _require(all(map(isfinite, numbers)), f"parameter {name} is not finite")
    formula = kind.serve(learner.parameters())
    for value in (*extremes, float("nan"), float("inf")):
        _probability(formula({"x": value}))


def _labels_of_one_kind_never_become_certainty(kind: Kind, options: Options) -> None:
    for label in (0, 1):
        learner = kind.new(PROPENSITY, options)
        for _ in range(3000):
            learner.learn_one({"c=a": 1.0, "x": 3.0}, label)
        _probability(learner.predict_one({"c=a": 1.0, "x": 3.0}))


def _an_example_without_features_is_learnt(kind: Kind, options: Options) -> None:
    learner = kind.new(PROPENSITY, options)
    before = learner.predict_one({})
    learner.learn_one({}, 1)
    _require(learner.predict_one({}) > before, "an acceptance without features did not raise the probability")


def _keys_do_not_grow_without_bound(kind: Kind, options: Options) -> None:
    learner = kind.new(PROPENSITY, options)
    for number in range(MAX_KEYS + 50):
        learner.learn_one({f"customer={number}": 1.0, f"n{number}": 1.0}, number % 2)
    for name, table in learner.parameters().items():
        size = len(table) if isinstance(table, dict) else 1
        _require(size <= MAX_KEYS, f"parameter {name} has {size} keys; a snapshot holds {MAX_KEYS}")
    _probability(learner.predict_one({f"customer={MAX_KEYS + 40}": 1.0}))


def _an_unknown_option_is_refused(kind: Kind, options: Options) -> None:
    try:
        kind.check({**options, "no_such_option": 3})
    except PolicyError as refused:
        _require("no_such_option" in str(refused), f"the error does not name the option: {refused}")
    else:
        raise AssertionError("check accepts an option that does not exist")


def _parameters_of_another_shape_are_refused(kind: Kind, options: Options) -> None:
    wrong: list[Parameters] = [{}, {"no_such_table": {"a": 1.0}}, {**_trained(kind, options).parameters(), "more": 1.0}]
    for parameters in wrong:
        for door in (kind.serve, lambda p: kind.restore(p, options)):
            with suppress(msgspec.ValidationError):
                door(parameters)
                raise AssertionError(f"parameters {sorted(parameters)} are accepted; raise msgspec.ValidationError")


def _probability(value: float) -> None:
    _require(0.0 < value < 1.0, f"{value!r} lies not strictly between 0 and 1")


CHECKS: Final[Mapping[str, Check]] = {
    check.__name__.strip("_"): check
    for check in (
        _learns_how_often_the_family_is_accepted,
        _predicting_learns_nothing,
        _goes_on_from_its_parameters_as_if_never_stopped,
        _parameters_are_plain_data_in_a_stable_order,
        _parameters_are_a_copy,
        _serving_answers_as_the_learner_does,
        _serving_works_before_the_first_example,
        _extreme_numbers_leave_no_nan,
        _labels_of_one_kind_never_become_certainty,
        _an_example_without_features_is_learnt,
        _keys_do_not_grow_without_bound,
        _an_unknown_option_is_refused,
        _parameters_of_another_shape_are_refused,
    )
}
"""The checks by name, for a test that runs them one by one."""
