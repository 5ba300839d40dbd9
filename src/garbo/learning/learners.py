"""From a policy's model to its learner. River is imported only when an estimator of it is made."""

from garbo.core.policy.models import Model
from garbo.core.policy.reading import of_texts
from garbo.learning.constant import ConstantLearner
from garbo.learning.estimators.build import is_constant
from garbo.learning.estimators.config import estimator_of
from garbo.learning.learner import Learner
from garbo.learning.text import TextLearner


def new(model: Model) -> Learner:
    """A learner without examples.

    Raises:
        PolicyError: its estimator cannot be made; the message names what is wrong and what is nearest.
    """
    return _learner(model, None)


def restore(model: Model, state: bytes) -> Learner:
    """A learner that goes on from `state`.

    Raises:
        GarboError, msgspec.MsgspecError: the state cannot be read, or is of another estimator.
    """
    return _learner(model, state)


def _learner(model: Model, state: bytes | None) -> Learner:
    if of_texts(model.id):
        return TextLearner(state or b"")
    if is_constant(estimator_of(model)):
        return ConstantLearner(model.starting_propensity, state)
    from garbo.learning.estimators.learner import EstimatorLearner  # imports River

    return EstimatorLearner(model, state)
