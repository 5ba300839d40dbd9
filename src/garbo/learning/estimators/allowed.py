"""The River classes that a policy may name, by their exact path.

Only classes, never functions: a policy is data. A class must be listed in the `__all__` of an allowed module.
`river.datasets`, `river.stream` and `river.evaluate` read files and networks and are not here. The modules of `compose`
that take a function are not here either, because plain data has no functions.
"""

from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract, isclass
from typing import Any, Final

from garbo.core.vocabulary.nearest import did_you_mean, quoted
from garbo.errors import PolicyError

MODULES: Final = (
    "river.compose",
    "river.drift",
    "river.drift.binary",
    "river.dummy",
    "river.ensemble",
    "river.facto",
    "river.feature_extraction",
    "river.feature_selection",
    "river.forest",
    "river.imblearn",
    "river.linear_model",
    "river.multiclass",
    "river.naive_bayes",
    "river.neighbors",
    "river.optim",
    "river.optim.initializers",
    "river.optim.losses",
    "river.optim.schedulers",
    "river.preprocessing",
    "river.stats",
    "river.tree",
    "river.tree.splitter",
)
# Classes of those modules that take functions, learn while they score, or switch River's own state.
_LEFT_OUT: Final = frozenset(
    {
        "river.compose.FuncTransformer",
        "river.compose.Grouper",
        "river.compose.Pipeline",  # written as {"pipeline": [...]}
        "river.compose.TransformerProduct",
        "river.compose.TransformerUnion",
        "river.compose.learn_during_predict",
        "river.compose.pure_inference_mode",
        "river.feature_extraction.Agg",
        "river.feature_extraction.TargetAgg",
    }
)


def find(path: str) -> Any:
    """The class at `path`.

    Raises:
        PolicyError: a policy may not name it; the message says what is nearest.
    """
    module, _, name = path.rpartition(".")
    if module not in MODULES:
        hint = did_you_mean(path, names())
        raise PolicyError(f"estimator class {quoted(path)} is not allowed{hint or '; use a class of River'}")
    found = _classes(module).get(name)
    if found is None or path in _LEFT_OUT:
        hint = did_you_mean(path, names())
        raise PolicyError(f"estimator class {quoted(path)} does not exist or is not allowed{hint}")
    return found


def names() -> Iterator[str]:
    """The paths of all allowed classes."""
    for module in MODULES:
        for name in _classes(module):
            if f"{module}.{name}" not in _LEFT_OUT:
                yield f"{module}.{name}"


def _classes(module: str) -> dict[str, Any]:
    loaded = import_module(module)
    return {
        name: member
        for name in getattr(loaded, "__all__", ())
        if isclass(member := getattr(loaded, name, None)) and not isabstract(member)
    }
