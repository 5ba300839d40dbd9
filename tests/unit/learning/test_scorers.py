"""Every scorer, every check of `garbo.testing.models`."""

import pytest

from garbo.core.policy.models import Model
from garbo.errors import PolicyError
from garbo.learning import registry
from garbo.testing.models import CHECKS


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("scorer", registry.SCORERS)
def test_every_scorer_passes_every_check(scorer: str, check: str) -> None:
    CHECKS[check](registry.SCORERS[scorer], {})


@pytest.mark.parametrize("scorer", registry.SCORERS)
def test_an_unknown_option_is_refused_with_the_scorers_name(scorer: str) -> None:
    with pytest.raises(PolicyError, match=f"{scorer} has no parameter 'speed'"):
        registry.SCORERS[scorer].check({"speed": 3})


def test_an_unknown_scorer_is_refused_by_name() -> None:
    with pytest.raises(PolicyError, match="unknown estimator 'oracle': use one of adagrad, constant"):
        registry.new(Model("loan", (), 0.2, 10.0, estimator={"preset": "oracle"}))
