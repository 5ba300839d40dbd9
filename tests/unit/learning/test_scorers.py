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


@pytest.mark.parametrize("preset", registry.PRESETS)
def test_an_unknown_option_is_refused_with_the_scorers_name(preset: str) -> None:
    with pytest.raises(PolicyError, match=f"{registry.PRESETS[preset]} has no parameter 'speed'"):
        registry.check(Model("loan", (), 0.2, 10.0, estimator={"preset": preset, "parameters": {"speed": 3}}))


def test_an_unknown_estimator_is_refused_by_name() -> None:
    with pytest.raises(PolicyError, match="unknown estimator 'oracle': use one of adagrad, constant"):
        registry.new(Model("loan", (), 0.2, 10.0, estimator={"preset": "oracle"}))
