"""What River's estimators answer, as one number."""

from inspect import signature
from typing import Any, Final

from garbo.learning.estimators.encoding import Encoded

BIAS: Final = "*"
"""The key of the intercept where an estimator has none of its own; no feature has this name."""
WITHOUT_INTERCEPT: Final = "BayesianLinearRegression"
MAJORITY: Final = "mc"
"""River's name for leaves that answer with the shares of their classes."""


def score(model: Any, encoded: Encoded) -> float | None:
    """The share of "yes" in the answer of a classifier, or a regression's answer cut to [0, 1]; None for an answer
    that says nothing (`{}`: many models know no class before they have learnt both, or one)."""
    if getattr(model, "leaf_prediction", "") == MAJORITY and hasattr(model, "predict_proba_one"):
        yes, no = _reached(model._root, encoded) if model._root is not None else (0.0, 0.0)
        return yes / (yes + no) if yes + no > 0.0 else None
    if hasattr(model, "predict_proba_one"):
        return share(model.predict_proba_one(encoded))
    answer = float(model.predict_one(_with_bias(model, encoded)))
    if answer != answer:
        raise ValueError("the estimator answers NaN")
    return min(max(0.0, answer), 1.0)


def teach(model: Any, encoded: Encoded, label: int, weight: float | None) -> None:
    """Learn one example. weight: None where the estimator does not weigh its examples (`takes_weight`)."""
    target: bool | float = bool(label) if hasattr(model, "predict_proba_one") else float(label)
    if weight is None:
        model.learn_one(_with_bias(model, encoded), target)
    else:
        model.learn_one(_with_bias(model, encoded), target, w=weight)


def _with_bias(model: Any, encoded: Encoded) -> Encoded:
    """River's Bayesian regression has no intercept, and raises for a vector without features."""
    return {**encoded, BIAS: 1.0} if type(model).__name__ == WITHOUT_INTERCEPT else encoded


def _reached(node: Any, encoded: Encoded) -> tuple[float, float]:
    """The shares of "yes" and "no" in the leaf of a tree that `encoded` reaches, and in all alternate trees on the way.

    River 0.26's own walk raises where an alternate tree has forks itself, and where a leaf has seen nothing.
    """
    yes = no = 0.0
    while hasattr(node, "children"):
        alternate = getattr(node, "_alternate_tree", None)
        if alternate is not None:
            more = _reached(alternate, encoded)
            yes += more[0]
            no += more[1]
        try:
            node = node.next(encoded)
        except (KeyError, TypeError):  # missing, a word that no branch knows, or a word in a number's place
            node = node.most_common_path()[1]
    one, other = float(node.stats.get(True, 0.0)), float(node.stats.get(False, 0.0))
    total = one + other
    return (yes + one / total, no + other / total) if total else (yes, no)


def share(answer: Any) -> float | None:
    """The share of "yes" among an answer's classes.

    Raises:
        ValueError: the answer is not finite or negative.
    """
    if not answer:
        return None
    yes, no = float(answer.get(True, 0.0)), float(answer.get(False, 0.0))
    total = yes + no
    if not 0.0 <= yes <= total < float("inf"):
        raise ValueError("the estimator answers with something that is no probability")
    return yes / total if total > 0.0 else None


def takes_weight(model: Any) -> bool:
    """Does the estimator weigh its examples (`w` of `learn_one`)?"""
    steps = getattr(model, "steps", None)
    if isinstance(steps, dict):
        return takes_weight(next(reversed(steps.values())))
    inner = getattr(model, "model", None)
    parameters = signature(model.learn_one).parameters
    if "w" in parameters:
        return True
    takes_more = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return takes_more and inner is not None and takes_weight(inner)
