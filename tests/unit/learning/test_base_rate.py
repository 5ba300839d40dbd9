import pytest

from garbo.learning.models import base_rate


def test_it_starts_at_the_starting_propensity_and_gives_way_to_what_happens() -> None:
    learner = base_rate.new(0.2, {})
    assert 0.2 == learner.predict_one({})
    for _ in range(8):
        learner.learn_one({"age": 30.0}, 1)
    assert (0.4 + 8) / 10 == pytest.approx(learner.predict_one({"job=doctor": 1.0}))
