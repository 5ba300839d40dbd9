"""Scores an estimator that only River can score. Imports River."""

from collections.abc import Callable

from garbo.learning.estimators.encoding import Encoded
from garbo.learning.estimators.heads import River, digest_of
from garbo.learning.estimators.implied import implied
from garbo.learning.estimators.scores import score
from garbo.learning.estimators.state_load import load
from garbo.learning.estimators.state_walk import UnsafeState
from garbo.learning.estimators.version import VERSION


def scorer(head: River) -> Callable[[Encoded], float | None]:
    """The score of a vector; None where the estimator fails: then the prior decides.

    Raises:
        UnsafeState: the state is not that of the estimator, or of another version of River.
        PolicyError: the estimator cannot be made.
    """
    if head.version != VERSION:
        raise UnsafeState(f"the state is of River {head.version[:16]!r}, this worker has {VERSION}")
    if head.digest != digest_of(head.state):
        raise UnsafeState("the state is not the one its writer saw")
    model = load(head.state, implied(head.estimator))

    def answer(encoded: Encoded) -> float | None:
        try:
            return score(model, encoded)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001  code in Rust panics with a BaseException
            return None

    return answer
