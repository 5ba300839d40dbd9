"""What every model must keep, as checks that run without pytest: every model, every check.

    from garbo.testing.models import check_model

    def test_my_model() -> None:
        check_model({"class": "river.linear_model.PAClassifier", "parameters": {"C": 0.01}})

A learner of one's own goes through the same checks: give two functions that make it.

    from garbo.testing.models import Made, check_learner

    def test_my_learner() -> None:
        check_learner(Made(MyLearner, MyLearner.from_state))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from garbo.core.policy.models import Encoding, Model
from garbo.learning.conformance import CHECKS, Check, Subject, examples, failures, of_estimator
from garbo.learning.learner import Learner

__all__ = ["CHECKS", "Check", "Made", "Subject", "check_learner", "check_model", "examples"]


@dataclass(frozen=True, slots=True)
class Made:
    """A learner by two functions. new: without examples. restore: from what its `state` gave."""

    new: Callable[[], Learner]
    restore: Callable[[bytes], Learner]


def check_model(
    estimator: Mapping[str, Any], encoding: Encoding = Encoding(), calibration: str = "", *, early: bool = False  # noqa: B008
) -> None:  # fmt: skip
    """Run every check on an estimator, as a policy's models.yaml would name it. early: with `learn: early`.

    Raises:
        AssertionError: a check failed. It names all that did.
        PolicyError: the estimator cannot be made.
    """
    model = Model("own", (), 0.2, 10.0, estimator=estimator, encoding=encoding, calibration=calibration)
    check_learner(of_estimator(model), early=early)


def check_learner(subject: Subject, *, early: bool = False) -> None:
    """Run every check on a learner. early: it is taught a no at once, which a later yes corrects with a weight.

    Raises:
        AssertionError: a check failed. It names all that did.
    """
    found = failures(subject, early=early)
    if found:
        raise AssertionError("\n".join(found))
