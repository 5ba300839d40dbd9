"""The scorers, by the names that a policy uses."""

from collections.abc import Mapping

from garbo.core.policy.models import PRESETS as NAMES
from garbo.core.policy.models import Model
from garbo.core.vocabulary.events import Scalar
from garbo.errors import PolicyError
from garbo.learning.learner import Formula, Kind, Learner, Parameters
from garbo.learning.models import base_rate, logistic

SCORERS: Mapping[str, Kind] = {
    "base_rate": Kind(base_rate.check, base_rate.new, base_rate.restore, base_rate.serve),
    "logistic_adagrad": Kind(logistic.check, logistic.new, logistic.restore, logistic.serve),
}


# Presets of models.yaml that have a scorer here.
PRESETS: Mapping[str, str] = {"adagrad": "logistic_adagrad", "constant": "base_rate"}


def scorer(model: Model) -> str:
    """The name of the scorer behind a model's preset.

    Raises:
        PolicyError: the estimator is no preset, or there is no such one; the message lists the known ones.
    """
    preset = model.estimator.get("preset") if model.estimator else NAMES[0]
    found = PRESETS.get(preset) if isinstance(preset, str) else None
    if found is None:
        raise PolicyError(f"unknown estimator {preset or dict(model.estimator)!r}: use one of {', '.join(PRESETS)}")
    return found


def options(model: Model) -> Mapping[str, Scalar]:
    """The parameters of a model's preset."""
    given = model.estimator.get("parameters")
    named = given if isinstance(given, dict) else {}
    return {"learning_rate" if name == "lr" else name: value for name, value in named.items()}


def kind(scorer: str) -> Kind:
    """The scorer of that name.

    Raises:
        PolicyError: there is none; the message lists the known names.
    """
    found = SCORERS.get(scorer)
    if found is None:
        raise PolicyError(f"unknown scorer {scorer!r}: use one of {', '.join(SCORERS)}")
    return found


def check(model: Model) -> None:
    """Check a model's estimator and its parameters.

    Raises:
        PolicyError: the estimator, or a parameter of it, does not exist.
    """
    kind(scorer(model)).check(options(model))


def new(model: Model) -> Learner:
    """A learner without examples. Raises the same errors as `check`."""
    return kind(scorer(model)).new(model.starting_propensity, options(model))


def restore(model: Model, parameters: Parameters) -> Learner:
    """A learner that continues from `parameters`, with the options of the current policy."""
    return kind(scorer(model)).restore(parameters, options(model))


def serve(scorer: str, parameters: Parameters) -> Formula:
    """The formula of a learner's `predict_one`, for processors that decide."""
    return kind(scorer).serve(parameters)
