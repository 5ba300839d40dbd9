"""An estimator from plain data, and what a policy may not name."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from garbo.core.policy.models import Encoding
from garbo.errors import PolicyError
from garbo.learning import registry
from garbo.learning.estimators.allowed import MODULES, find, names
from garbo.learning.estimators.build import build
from garbo.learning.estimators.config import config_hash
from tests.unit.learning.estimators.catalogue import LOGISTIC, model, of

WRONG: Mapping[str, tuple[Any, str]] = {
    "unknown preset": ({"preset": "ftlr"}, "preset 'ftlr' does not exist; did you mean 'ftrl'"),
    "unknown class": (of("linear_model.LogisticRegresion"), "did you mean 'river.linear_model.LogisticRegression'"),
    "another module": (of("datasets.Bananas"), "'river.datasets.Bananas' is not allowed"),
    "not River": ({"class": "os.system"}, "'os.system' is not allowed"),
    "a function": (of("datasets.base.os.system"), "is not allowed"),
    "takes a function": (of("compose.FuncTransformer", func="x"), "does not exist or is not allowed"),
    "unknown parameter": (of("linear_model.PAClassifier", c=1), "has no parameter 'c'; known: C, "),
    "misspelt parameter": (of("naive_bayes.BernoulliNB", aplha=1), "did you mean 'alpha'"),
    "unknown preset parameter": ({"preset": "ftrl", "parameters": {"alfa": 1}}, "did you mean 'alpha'"),
    "parameter missing": (of("multiclass.OneVsRestClassifier"), "needs the parameter 'classifier'"),
    "too many members": (of("ensemble.BaggingClassifier", model=LOGISTIC, n_models=10**6), "at most 100"),
    "nan": (of("linear_model.PAClassifier", C=float("nan")), "parameter 'C' of river.linear_model.PAClassifier is nan"),
    "a refused value": (of("ensemble.VotingClassifier", models=[]), "cannot be made with these parameters: At least 2"),
    "two kinds": ({"preset": "ftrl", "class": "river.x"}, "exactly one of preset, class and pipeline"),
    "unknown key": ({"presets": "ftrl"}, "no key 'presets'; did you mean 'preset'"),
    "no list": ({"pipeline": "x"}, "a pipeline is a list"),
    "pipeline with parameters": ({"pipeline": [LOGISTIC], "parameters": {"a": 1}}, "give them to its steps"),
    "no mapping": ({"pipeline": ["x"]}, "an estimator is a mapping"),
    "a long text": (of("linear_model.PAClassifier", C="x" * 200), "more than 128 characters"),
    "an object": (of("linear_model.PAClassifier", C=object()), "neither a number, a text nor an estimator"),
}


@pytest.mark.parametrize(("estimator", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_estimator_is_refused_with_what_is_nearest(estimator: Mapping[str, Any], why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        build(estimator)
    assert why in str(refused.value)


def test_nesting_is_bounded() -> None:
    deep: Mapping[str, Any] = LOGISTIC
    for _ in range(20):
        deep = {"pipeline": [deep]}
    with pytest.raises(PolicyError, match="more than 8 deep"):
        build(deep)


def test_every_allowed_name_is_a_class_of_river() -> None:
    found = list(names())
    assert len(found) > 100
    assert all(isinstance(find(name), type) for name in found)
    assert not any("datasets" in module or "stream" in module for module in MODULES)


def test_nested_estimators_and_parameters_arrive() -> None:
    made = build(of("linear_model.LogisticRegression", optimizer=of("optim.Adam", lr=0.5), l2=0.25))
    assert ("Adam", 0.5, 0.25) == (type(made.optimizer).__name__, made.optimizer.learning_rate, made.l2)


def test_the_constant_has_no_parameters() -> None:
    with pytest.raises(PolicyError, match="'constant' has no parameter 'rate'"):
        registry.new(model({"preset": "constant", "parameters": {"rate": 1}}))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"encoding": Encoding("indicator")}, "encoding of categories 'indicator' does not exist; did you mean"),
        ({"encoding": Encoding(numbers="scaled")}, "encoding of numbers 'scaled' does not exist"),
        ({"calibration": "isotonic"}, "calibration 'isotonic' does not exist; known: none, platt"),
    ],
)
def test_a_wrong_encoding_or_calibration_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        registry.check(model(LOGISTIC, **changes))
    assert why in str(refused.value)


def test_a_preset_and_its_class_are_one_configuration_and_parameters_another() -> None:
    written = of(
        "linear_model.LogisticRegression", optimizer=of("optim.FTRLProximal", alpha=0.1, beta=1.0, l1=0.0, l2=1.0)
    )
    other = {"preset": "ftrl", "parameters": {"alpha": 0.2}}
    hashes = [config_hash(model(each)) for each in ({"preset": "ftrl"}, written, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_scoring_a_compiled_model_does_not_import_river() -> None:
    """0.8 s and 100 MB that a decide worker need not pay."""
    code = """
import sys
from garbo.learning.estimators.heads import Linear
from garbo.learning.estimators.serving import Serving, decode_serving, encode_serving, formula
from garbo.learning.serving import SnapshotScorer
score = formula(decode_serving(encode_serving(Serving(0.2, ["a"], {}, Linear(0.0, {"a": 1.0}, "sigmoid")))))
assert 0 < score({"a": 1.0}) < 1
sys.exit("river" in sys.modules or "numpy" in sys.modules)
"""
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
