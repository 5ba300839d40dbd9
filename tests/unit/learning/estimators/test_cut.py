"""A standardised number is cut at `MOST_DEVIATIONS`: in the learner, in the scorer, in crosses, in the snapshot."""

import random
from math import inf, nan

import msgspec
import pytest

from garbo.core.policy.models import Encoding, Feature, Model
from garbo.learning import registry, snapshots
from garbo.learning.estimators import config, encoding
from garbo.learning.estimators.config import config_hash
from garbo.learning.estimators.encoding import MOST_DEVIATIONS, Encoder, Scaler
from garbo.learning.estimators.heads import Linear
from garbo.learning.estimators.serving import Serving, decode_serving, encode_serving, formula
from garbo.learning.learner import Learner

FEATURES = (Feature("level", "number"), Feature("age", "number"), Feature("job", "category"))
FAR = 103.0  # the level was 100 for 500 examples: far beyond the cut


def model(**changes: object) -> Model:
    return msgspec.structs.replace(Model("loan", FEATURES, 0.2, 10.0), **changes)


def taught(model: Model) -> Learner:
    """A level that is constant, and then another for one example."""
    learner, rng = registry.new(model), random.Random(1)
    for number in range(501):
        age, job = float(rng.randrange(20, 70)), rng.choice("ab")
        features = {"level": 100.0 if number < 500 else 101.0, "age": age, f"job={job}": 1.0}
        learner.learn_one(features, int(rng.random() < (0.5 if job == "a" else 0.1)))
    return learner


def encoder(crosses: tuple[tuple[str, str], ...] = (), raw: bool = False) -> Encoder:
    scaler = Scaler(["a", "b", "a*b"], {"a": 100.0, "b": 100.0}, {"a": 0.0, "b": 10.0}, {"a": 1.0, "b": 4.0})
    return Encoder(frozenset("ab"), crosses, text=False, raw=raw, scaler=scaler)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3.0, 3.0), (-3.0, -3.0), (MOST_DEVIATIONS, MOST_DEVIATIONS), (900.0, MOST_DEVIATIONS), (-7.0, -MOST_DEVIATIONS)],
)
def test_a_number_is_cut_on_both_sides(value: float, shown: float) -> None:
    assert {"a": shown} == encoder().encode({"a": value})


def test_a_cross_is_the_product_of_what_is_cut() -> None:
    encoded = encoder((("a", "b"),)).encode({"a": 900.0, "b": 14.0})
    assert {"a": MOST_DEVIATIONS, "b": 2.0, "a*b": 2.0 * MOST_DEVIATIONS} == encoded


def test_raw_numbers_are_not_cut() -> None:
    assert {"a": 900.0} == encoder(raw=True).encode({"a": 900.0})


def test_the_learner_learns_what_the_scorer_sees() -> None:
    learning = encoder()
    shown = learning.learn({"a": 900.0})
    assert {"a": MOST_DEVIATIONS} == shown == learning.encode({"a": 900.0})


@pytest.mark.parametrize(
    "estimator",
    [
        {"preset": "ftrl"},
        {"preset": "bayesian_linear"},
        {"preset": "bagging"},
        {"class": "river.linear_model.ALMAClassifier"},
    ],
)
def test_the_scorer_equals_the_learner_beyond_the_cut(estimator: dict[str, object]) -> None:
    learner = taught(model(estimator=estimator))
    score = formula(decode_serving(learner.serving()))
    for level in (100.0, 101.0, FAR, -FAR, 1e9, -1e9, 1e14, 1e300, nan, inf):
        for age in (40.0, 10_000.0, -10_000.0):
            vector = {"level": level, "age": age, "job=a": 1.0}
            assert score(vector) == pytest.approx(learner.predict_one(vector), abs=1e-12)


def test_beyond_the_cut_the_answer_stays_and_is_not_certain() -> None:
    learner = taught(model())
    far, farther = ({"level": level, "age": 40.0, "job=a": 1.0} for level in (FAR, 10 * FAR))
    assert learner.predict_one(far) == learner.predict_one(farther)
    assert 0.001 < learner.predict_one(far) < 0.999


def test_golden_probes_reach_beyond_the_cut_in_the_range_of_the_sum() -> None:
    """So a worker that does not cut, or cuts elsewhere, refuses the snapshot."""
    serving = taught(model()).serving()
    probes = snapshots.golden(serving)
    for other in (inf, MOST_DEVIATIONS + 0.5):
        score = formula(msgspec.structs.replace(decode_serving(serving), most=other))
        assert any(score(vector) != expected for vector, expected in probes)


def test_a_serving_state_of_before_scores_as_its_learner_did() -> None:
    plain = msgspec.msgpack.decode(
        encode_serving(Serving(0.2, ["a"], {"a": (0.0, 1.0)}, Linear(0.0, {"a": 0.5}, "sigmoid")))
    )
    del plain["most"]
    score = formula(decode_serving(msgspec.msgpack.encode(plain)))
    assert score({"a": 10.0}) == 1.0 / (1.0 + 2.718281828459045**-5.0)


@pytest.mark.parametrize("most", [0.0, -5.0, nan])
def test_a_senseless_cut_is_refused(most: float) -> None:
    with pytest.raises(ValueError, match="within one deviation"):
        Serving(0.2, [], {}, Linear(0.0, {}, "sigmoid"), most=most)


def test_another_cut_is_another_configuration_where_numbers_are_standardised(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = model(encoding=Encoding(numbers="raw"))
    before = config_hash(model()), config_hash(raw)
    for module in (config, encoding):
        monkeypatch.setattr(module, "MOST_DEVIATIONS", MOST_DEVIATIONS + 1.0)
    after = config_hash(model()), config_hash(raw)
    assert before[0] != after[0]
    assert before[1] == after[1]
