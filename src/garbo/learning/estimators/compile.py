"""Compiles an estimator into a head that needs no River. The caller proves it by probing (`proven`)."""

from collections.abc import Iterable
from typing import Any, Final

from garbo.learning.estimators.encoding import Encoded
from garbo.learning.estimators.heads import IDENTITY, NO_NODE, SIGMOID, Linear, Mean, Node, Tree
from garbo.learning.estimators.scores import BIAS, MAJORITY, score

TOLERANCE: Final = 1e-9


def compiled(model: Any) -> Linear | Tree | Mean | None:
    """A head for `model`; None when only River can score it."""
    from river import ensemble, linear_model, tree

    t = type(model)
    if t is linear_model.LogisticRegression:
        return Linear(float(model.intercept), {k: float(v) for k, v in model.weights.items()}, SIGMOID)
    if t is linear_model.BayesianLinearRegression:
        model._ensure_m()
        weights = {name: float(model._m_arr[i]) for name, i in model._idx.items()}
        return Linear(weights.pop(BIAS, 0.0), weights, IDENTITY)
    if t in (tree.HoeffdingTreeClassifier, tree.HoeffdingAdaptiveTreeClassifier):
        return _tree(model)
    if t is ensemble.BaggingClassifier:
        members = [compiled(member) for member in model]
        if all(isinstance(member, Linear | Tree) for member in members):
            return Mean(members)  # type: ignore[arg-type]
    return None


def proven(model: Any, head: Linear | Tree | Mean, probes: Iterable[Encoded]) -> bool:
    """Does `head` give the scores of River on every probe?"""
    for encoded in probes:
        one, other = score(model, encoded), head.score(encoded)
        if (one is None) != (other is None) or (one is not None and other is not None and abs(one - other) > TOLERANCE):
            return False
    return True


class _UnknownNodeError(Exception):
    """A tree has a node that no head describes."""


def _tree(model: Any) -> Tree | None:
    """The tree as nodes, if its leaves answer with the shares of the classes alone."""
    if model.leaf_prediction != MAJORITY or model._root is None:
        return None
    nodes: list[Node] = []
    try:
        _add(model._root, nodes)
    except _UnknownNodeError:
        return None
    return Tree(nodes)


def _add(fork: Any, nodes: list[Node]) -> int:
    """Append `fork` and what is below it; its number."""
    number = len(nodes)
    nodes.append(Node())
    if not hasattr(fork, "children"):
        yes, no = float(fork.stats.get(True, 0.0)), float(fork.stats.get(False, 0.0))
        total = yes + no
        nodes[number] = Node(yes=yes / total, no=no / total) if total else Node()
        return number
    children = [_add(child, nodes) for child in fork.children]
    alternate = getattr(fork, "_alternate_tree", None)
    beside = NO_NODE if alternate is None else _add(alternate, nodes)
    common = children[fork.most_common_path()[0]]
    feature, threshold, words, other, left, right = str(fork.feature), None, {}, NO_NODE, NO_NODE, NO_NODE
    if hasattr(fork, "threshold"):
        threshold = float(fork.threshold)
        left, right = children
    elif hasattr(fork, "value"):
        words, other = {str(fork.value): children[0]}, children[1]
    elif hasattr(fork, "radius"):
        raise _UnknownNodeError  # numbers into many slots
    else:
        words = {str(word): children[place] for word, place in fork._mapping.items()}
    nodes[number] = Node(feature, threshold, words, other, left, right, common, beside)
    return number
