"""The stories of every policy end to end through a broker: real processors, real codec, real commits."""

from functools import cache

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings
from garbo.demo.runner import Played, play
from garbo.stories.check import problems
from garbo.stories.model import Story
from tests.policies import EXAMPLES, policies, policy_of, stories

BROKERS = ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]


@cache
def played(policy: str, bootstrap: str) -> dict[str, Played]:
    """The policy's stories, played on one pipeline. bootstrap: of a real Kafka; empty: an embedded broker."""
    settings = Settings(kafka=KafkaSettings(bootstrap or "127.0.0.1:1"), policy_dir=EXAMPLES / policy)
    with play(settings, policy_of(policy), own_broker=not bootstrap) as runner:
        return {one.story.name: one for one in runner.play(stories(policy))}


@pytest.mark.parametrize(
    ("policy", "story"), [pytest.param(p, s, id=f"{p}-{s.name}") for p in policies() for s in stories(p)]
)
@pytest.mark.parametrize("broker", BROKERS)
def test_the_story_comes_out_as_written(request: pytest.FixtureRequest, broker: str, policy: str, story: Story) -> None:
    """Exactly the commands it expects, in time and on their topics, with what they must say, and no dead letter."""
    bootstrap = request.getfixturevalue("kafka") if broker == "kafka" else ""
    one = played(policy, bootstrap)[story.name]
    assert problems(story, one.seen) == []
    assert one.seen.decisions != []
