"""An estimator from plain data.

{"preset": NAME, "parameters": {...}}
{"class": "river.module.Class", "parameters": {...}}    a parameter may be such a mapping itself, or a list of them
{"pipeline": [estimator, ...]}
"""

from collections.abc import Mapping
from inspect import Parameter, signature
from math import isfinite
from typing import Any, Final

from garbo.core.vocabulary.nearest import did_you_mean, quoted
from garbo.errors import PolicyError
from garbo.learning.estimators.allowed import find
from garbo.learning.estimators.presets import CONSTANT, expand

_KEYS: Final = ("preset", "class", "pipeline", "parameters")
MAX_DEPTH: Final = 8
# Of members of an ensemble, neighbours, steps: more makes a model of many megabytes.
MAX_COUNT: Final = 100
MAX_NUMBER: Final = 1e9
_COUNTS: Final = ("n_models", "n_estimators", "n_components", "n_neighbors")
_MAX_TEXT: Final = 128


def build(estimator: Mapping[str, Any]) -> Any:
    """A new estimator of River.

    Raises:
        PolicyError: a class, a preset or a parameter does not exist, or the class refuses a value.
    """
    return _build(estimator, 0)


def is_constant(estimator: Mapping[str, Any]) -> bool:
    """Does `estimator` name the preset `constant`, which needs no River?

    Raises:
        PolicyError: it has parameters; there are none.
    """
    if estimator.get("preset") != CONSTANT:
        return False
    for name in estimator.get("parameters") or ():
        raise PolicyError(f"estimator preset 'constant' has no parameter {quoted(str(name))}: remove it")
    return True


def _build(estimator: object, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise PolicyError(f"an estimator is nested more than {MAX_DEPTH} deep")
    if not isinstance(estimator, Mapping):
        raise PolicyError("an estimator is a mapping with preset, class or pipeline")
    for key in estimator:
        if key not in _KEYS:
            raise PolicyError(f"an estimator has no key {quoted(str(key))}{did_you_mean(str(key), _KEYS)}")
    kinds = [key for key in ("preset", "class", "pipeline") if key in estimator]
    if len(kinds) != 1:
        raise PolicyError("an estimator has exactly one of preset, class and pipeline")
    parameters = estimator.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise PolicyError("an estimator's parameters are a mapping of names to values")
    if kinds == ["pipeline"]:
        return _pipeline(estimator["pipeline"], parameters, depth)
    if kinds == ["preset"]:
        return _build(expand(estimator["preset"], parameters), depth + 1)
    return _instance(str(estimator["class"]), parameters, depth)


def _pipeline(steps: object, parameters: Mapping[str, Any], depth: int) -> Any:
    from river import compose

    if not isinstance(steps, list | tuple) or not 0 < len(steps) <= MAX_COUNT:
        raise PolicyError(f"a pipeline is a list of 1 to {MAX_COUNT} estimators")
    if parameters:
        raise PolicyError("a pipeline has no parameters: give them to its steps")
    return compose.Pipeline(*(_build(step, depth + 1) for step in steps))


def _instance(path: str, parameters: Mapping[str, Any], depth: int) -> Any:
    cls = find(path)
    known = signature(cls.__init__).parameters if cls.__init__ is not object.__init__ else {}
    named = [
        name
        for name, parameter in known.items()
        if name != "self" and parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    ]
    for name in parameters:
        if name not in named:
            raise PolicyError(f"{path} has no parameter {quoted(str(name))}{did_you_mean(str(name), named)}")
    for name in named:
        if known[name].default is Parameter.empty and name not in parameters:
            raise PolicyError(f"{path} needs the parameter '{name}'")
    values = {name: _value(path, name, value, depth) for name, value in parameters.items()}
    try:
        return cls(**values)
    except Exception as problem:  # noqa: BLE001  whatever a class of River raises for a value it does not take
        raise PolicyError(f"{path} cannot be made with these parameters: {str(problem)[:200]}") from None


def _value(path: str, name: str, value: object, depth: int) -> Any:
    if isinstance(value, Mapping):
        if not {"class", "preset", "pipeline"}.isdisjoint(value):
            return _build(value, depth + 1)
        return {str(key): _value(path, name, each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        if len(value) > MAX_COUNT or depth > MAX_DEPTH:
            raise PolicyError(f"parameter '{name}' of {path} is too long or too deep")
        return [_value(path, name, each, depth + 1) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > _MAX_TEXT:
            raise PolicyError(f"parameter '{name}' of {path} has more than {_MAX_TEXT} characters")
        return value
    if isinstance(value, int | float):
        most = MAX_COUNT if name in _COUNTS else MAX_NUMBER
        if not isfinite(value) or abs(value) > most:
            raise PolicyError(f"parameter '{name}' of {path} is {value}: at most {most:g}")
        return value
    raise PolicyError(f"parameter '{name}' of {path} is neither a number, a text nor an estimator")
