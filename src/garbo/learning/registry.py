"""What the rest of Garbo asks of a policy's model: is it one, a learner of it, a learner that goes on."""

from garbo.core.policy.models import Model
from garbo.core.policy.reading import of_texts
from garbo.learning.estimators.build import is_constant
from garbo.learning.estimators.config import estimator_of
from garbo.learning.learners import new, restore

__all__ = ["check", "new", "restore"]


def check(model: Model) -> None:
    """Make the model and run the conformance checks (`conformance`), as workers do before they use it.

    Raises:
        PolicyError: it cannot be made, or fails a check; the message names the check.
    """
    if of_texts(model.id) or is_constant(estimator_of(model)):
        return
    from garbo.learning.conformance import conform  # imports River

    conform(model)
