"""The classes and functions that the state of an estimator may hold, from its configuration alone.

What a new estimator holds, and what it holds after some made-up lessons; of each package of River in there (trees and
their nodes, drift detectors, ...) all classes that River itself defines in it. Functions, methods, patterns and
constructors only as met, by their exact names.
"""

import random
import sys
from functools import lru_cache
from inspect import isclass
from typing import Any, Final

import msgspec

from garbo.learning.estimators.build import build
from garbo.learning.estimators.state_walk import Met, UnsafeState, met, path

LESSONS: Final = 60
# River's packages whose classes are made only while an estimator learns.
_GROWING: Final = ("drift", "forest", "proba", "stats", "tree", "utils", "neighbors", "rules", "optim", "facto")


def implied(estimator: bytes) -> Met:
    """What a state of the estimator may hold. estimator: its plain data as JSON.

    Raises:
        PolicyError: it cannot be made.
        UnsafeState: its state cannot be written as data.
    """
    return _implied(estimator)


@lru_cache(maxsize=64)
def _implied(estimator: bytes) -> Met:
    data = msgspec.json.decode(estimator)
    found = met(build(data))
    for text in (False, True):
        model = build(data)
        try:
            _teach(model, text)
            after = met(model)
        except UnsafeState:
            raise
        except Exception:  # noqa: BLE001  one for numbers takes no words; conformance says so
            continue
        found.classes |= after.classes
        found.made |= after.made
        found.functions |= after.functions
        found.methods |= after.methods
        found.patterns |= after.patterns
    packages = {name.partition(":")[0].split(".")[1] for name in found.classes if name.startswith("river.")}
    for package in packages & set(_GROWING):
        found.classes |= _of_package(f"river.{package}")
    return found


def _teach(model: Any, text: bool) -> None:
    rng = random.Random(1)
    for number in range(LESSONS):
        word = rng.choice("abc")
        x: dict[str, Any] = {"n": rng.gauss(0.0, 1.0), "m": rng.random(), ("w" if text else f"w={word}"): 1.0}
        if text:
            x["w"] = word
        model.learn_one(x, bool(number % 3 == 0))


def _of_package(package: str) -> set[str]:
    """The classes that the loaded modules of a package define."""
    return {
        path(member)
        for name, module in list(sys.modules.items())
        if name == package or name.startswith(package + ".")
        for member in list(vars(module).values())
        if isclass(member) and str(member.__module__).startswith(package)
    }
