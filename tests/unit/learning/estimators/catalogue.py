"""The estimators that the tests make by configuration alone; docs/learning.md lists them."""

from collections.abc import Mapping
from typing import Any, Final

from garbo.core.policy.models import Feature, Model
from garbo.learning.estimators.presets import CONSTANT, PRESETS

FEATURES: Final = (
    *(Feature("age", "number"), Feature("euribor", "number")),
    *(Feature("job", "category"), Feature("group", "category", "action")),
)
LOGISTIC: Final[Mapping[str, Any]] = {"class": "river.linear_model.LogisticRegression"}


def of(path: str, **parameters: Any) -> Mapping[str, Any]:
    return {"class": f"river.{path}", "parameters": parameters}


def _ensemble(name: str, **more: Any) -> Mapping[str, Any]:
    return of(f"ensemble.{name}", model=LOGISTIC, n_models=3, seed=1, **more)


CONFORM: Final[Mapping[str, Mapping[str, Any]]] = {
    **{preset: {"preset": preset} for preset in PRESETS if preset != CONSTANT},
    "ALMAClassifier": of("linear_model.ALMAClassifier"),
    "LinearRegression": of("linear_model.LinearRegression"),
    "PAClassifier": of("linear_model.PAClassifier"),
    "PARegressor": of("linear_model.PARegressor"),
    "Perceptron": of("linear_model.Perceptron"),
    "SoftmaxRegression": of("linear_model.SoftmaxRegression"),
    "HoeffdingTreeClassifier": of("tree.HoeffdingTreeClassifier"),
    "ExtremelyFastDecisionTreeClassifier": of("tree.ExtremelyFastDecisionTreeClassifier", leaf_prediction="mc"),
    "LASTClassifier": of("tree.LASTClassifier"),
    "GaussianNB": of("naive_bayes.GaussianNB"),
    "FMClassifier": of("facto.FMClassifier", seed=1),
    "FFMClassifier": of("facto.FFMClassifier", seed=1),
    "FwFMClassifier": of("facto.FwFMClassifier", seed=1),
    "HOFMClassifier": of("facto.HOFMClassifier", seed=1),
    "ARFClassifier": of("forest.ARFClassifier", n_models=3, seed=1),
    "AdaBoostClassifier": _ensemble("AdaBoostClassifier"),
    "ADWINBaggingClassifier": _ensemble("ADWINBaggingClassifier"),
    "ADWINBoostingClassifier": _ensemble("ADWINBoostingClassifier"),
    "BOLEClassifier": _ensemble("BOLEClassifier"),
    "LeveragingBaggingClassifier": _ensemble("LeveragingBaggingClassifier"),
    "SRPClassifier": _ensemble("SRPClassifier"),
    "OneVsRestClassifier": of("multiclass.OneVsRestClassifier", classifier=LOGISTIC),
    "DriftRetrainingClassifier": of("drift.DriftRetrainingClassifier", model=LOGISTIC),
    "LogisticRegression with Adam": of("linear_model.LogisticRegression", optimizer=of("optim.Adam", lr=0.01)),
    "MinMaxScaler and LogisticRegression": {"pipeline": [of("preprocessing.MinMaxScaler"), LOGISTIC]},
}

REFUSED: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "MultinomialNB": (of("naive_bayes.MultinomialNB"), "empty vector: ValueError math domain error"),
    "ComplementNB": (of("naive_bayes.ComplementNB"), "empty vector: ValueError math domain error"),
    "KNNClassifier": (of("neighbors.KNNClassifier"), "deterministic: the same examples give another state"),
    "HoeffdingTreeRegressor": (of("tree.HoeffdingTreeRegressor"), "empty vector: TypeError"),
    "AMFClassifier": (of("forest.AMFClassifier", seed=1), "empty vector: TypeError"),
    "FMRegressor": (of("facto.FMRegressor", seed=1), "empty vector: AttributeError"),
    "VotingClassifier": (
        of("ensemble.VotingClassifier", models=[LOGISTIC, LOGISTIC]),
        "empty vector: NotImplementedError",
    ),
    "BaggingClassifier without a seed": (
        of("ensemble.BaggingClassifier", model=LOGISTIC, n_models=3),
        "deterministic: the same examples give another state; give it a seed",
    ),
    "SGTClassifier": (of("tree.SGTClassifier"), "state size: "),
    "ADWIN": (of("drift.ADWIN"), "neither classifies nor regresses"),
}


def model(estimator: Mapping[str, Any], **more: Any) -> Model:
    return Model("loan", FEATURES, 0.2, 10.0, estimator=estimator, **more)
