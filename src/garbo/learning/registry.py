"""The scorers, by the names that a policy uses."""

from collections.abc import Mapping

from garbo.core.policy.models import Model
from garbo.errors import PolicyError
from garbo.learning.learner import Formula, Kind, Learner, Parameters
from garbo.learning.models import base_rate, logistic

SCORERS: Mapping[str, Kind] = {
    "base_rate": Kind(base_rate.check, base_rate.new, base_rate.restore, base_rate.serve),
    "logistic_adagrad": Kind(logistic.check, logistic.new, logistic.restore, logistic.serve),
}


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
    """Check a model's scorer and parameters.

    Raises:
        PolicyError: the scorer, or a parameter of it, does not exist.
    """
    kind(model.scorer).check(model.parameters)


def new(model: Model) -> Learner:
    """A learner without examples. Raises the same errors as `check`."""
    return kind(model.scorer).new(model.starting_propensity, model.parameters)


def restore(model: Model, parameters: Parameters) -> Learner:
    """A learner that continues from `parameters`, with the options of the current policy."""
    return kind(model.scorer).restore(parameters, model.parameters)


def serve(scorer: str, parameters: Parameters) -> Formula:
    """The formula of a learner's `predict_one`, for processors that decide."""
    return kind(scorer).serve(parameters)
