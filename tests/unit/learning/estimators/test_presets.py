"""The names of the presets stand in the policy's model and in the table of River's classes: they are the same."""

from garbo.core.policy import models
from garbo.learning.estimators import presets


def test_the_policy_knows_the_presets_that_there_are() -> None:
    assert sorted(models.PRESETS) == sorted(presets.PRESETS)


def test_the_default_is_one_of_them() -> None:
    assert models.DEFAULT_ESTIMATOR["preset"] in presets.PRESETS
