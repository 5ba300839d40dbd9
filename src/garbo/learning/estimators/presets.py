"""Estimators with a name of ours: a class path with parameters that were measured (docs/learning.md)."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from garbo.core.vocabulary.nearest import did_you_mean, quoted
from garbo.errors import PolicyError

CONSTANT: Final = "constant"


class Preset(NamedTuple):
    """estimator: plain data. inner: the parameter that holds the object which takes the preset's own parameters; empty:
    the estimator itself."""

    estimator: Mapping[str, Any]
    inner: str = ""


def _logistic(optimiser: str, **parameters: float) -> dict[str, Any]:
    return {
        "class": "river.linear_model.LogisticRegression",
        "parameters": {"optimizer": {"class": f"river.optim.{optimiser}", "parameters": parameters}},
    }


PRESETS: Final[Mapping[str, Preset]] = {
    "ftrl": Preset(_logistic("FTRLProximal", alpha=0.1, beta=1.0, l1=0.0, l2=1.0), "optimizer"),
    "adagrad": Preset(_logistic("AdaGrad", lr=0.1), "optimizer"),
    "hoeffding_adaptive_tree": Preset(
        {
            "class": "river.tree.HoeffdingAdaptiveTreeClassifier",
            # Majority class in the leaves: 11 kB serve it. The depth bounds the state, which is written at each commit.
            "parameters": {"leaf_prediction": "mc", "grace_period": 200, "max_depth": 6, "seed": 1},
        }
    ),
    "naive_bayes": Preset({"class": "river.naive_bayes.BernoulliNB", "parameters": {}}),
    "adpredictor": Preset({"class": "river.linear_model.AdPredictor", "parameters": {"epsilon": 0.0}}),
    "bayesian_linear": Preset({"class": "river.linear_model.BayesianLinearRegression", "parameters": {}}),
    "bagging": Preset(
        {
            "class": "river.ensemble.BaggingClassifier",
            "parameters": {
                "model": _logistic("FTRLProximal", alpha=0.1, beta=1.0, l1=0.0, l2=1.0),
                "n_models": 5,
                "seed": 1,
            },
        }
    ),
    CONSTANT: Preset({}),
}


def expand(name: object, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The estimator of a preset, with `parameters` in place of the preset's own. Not for `CONSTANT`.

    Raises:
        PolicyError: there is no such preset.
    """
    preset = PRESETS.get(name) if isinstance(name, str) else None
    if preset is None:
        raise PolicyError(f"estimator preset {quoted(str(name))} does not exist{did_you_mean(str(name), PRESETS)}")
    own = dict(preset.estimator.get("parameters", {}))
    if preset.inner:
        inside = own[preset.inner]
        own[preset.inner] = {**inside, "parameters": {**inside["parameters"], **parameters}}
    else:
        own.update(parameters)
    return {**preset.estimator, "parameters": own}
