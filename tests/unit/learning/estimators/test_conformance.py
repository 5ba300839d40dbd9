"""River's classes by configuration alone: those that conform, restored elsewhere; the others, refused by name."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from garbo.core.policy.models import Target
from garbo.core.vocabulary.instants import DAY
from garbo.errors import PolicyError
from garbo.learning import registry
from garbo.learning.conformance import examples
from tests.unit.learning.estimators.catalogue import CONFORM, REFUSED, model
from tests.unit.learning.estimators.restored import answers

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("estimator", CONFORM.values(), ids=CONFORM)
def test_an_estimator_conforms(estimator: Mapping[str, Any]) -> None:
    registry.check(model(estimator))


@pytest.mark.parametrize(("estimator", "why"), REFUSED.values(), ids=REFUSED)
def test_an_estimator_is_refused_by_the_name_of_the_check(estimator: Mapping[str, Any], why: str) -> None:
    with pytest.raises(PolicyError) as refused:
        registry.check(model(estimator))
    assert why in str(refused.value)


def test_every_estimator_is_restored_to_the_bit_in_another_process_under_another_hash_seed(tmp_path: Path) -> None:
    kept, expected = {}, {}
    for name, estimator in CONFORM.items():
        learner = registry.new(model(estimator))
        for features, label in examples(600):
            learner.learn_one(features, label)
        kept[name] = (learner.state(), learner.serving())
        expected[name] = answers(learner, kept[name][1])
    assert len(kept) >= 15
    file = tmp_path / "states"
    file.write_bytes(msgspec.msgpack.encode(kept))
    for seed in ("1", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.unit.learning.estimators.restored", str(file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert expected == msgspec.json.decode(done.stdout)


UNWEIGHTED = (
    "naive_bayes", "adpredictor", "bayesian_linear", "ALMAClassifier", "PAClassifier", "PARegressor",
    "SoftmaxRegression", "GaussianNB", "ARFClassifier", "SRPClassifier", "OneVsRestClassifier",
)  # fmt: skip
EARLY = Target(window=DAY, learn="early")


@pytest.mark.parametrize("name", UNWEIGHTED)
def test_an_estimator_without_weights_is_refused_where_it_would_learn_early(name: str) -> None:
    registry.check(model(CONFORM[name]))
    with pytest.raises(PolicyError, match="weighs its examples: takes no weight, and `learn: early` needs it"):
        registry.check(model(CONFORM[name], target=EARLY))


@pytest.mark.parametrize("name", ["ftrl", "hoeffding_adaptive_tree", "bagging", "MinMaxScaler and LogisticRegression"])
def test_an_estimator_with_weights_may_learn_early(name: str) -> None:
    registry.check(model(CONFORM[name], target=EARLY))


def test_the_page_lists_what_conforms_and_what_is_refused() -> None:
    page = (ROOT / "docs/learning.md").read_text()
    for name in CONFORM:
        assert f"`{name}`" in page, name
    for name, (_, why) in REFUSED.items():
        assert f"| `{name}` | {why.partition(':')[0]}" in page, name
