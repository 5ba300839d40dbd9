"""The golden journeys end to end through a broker: real processors, real codec, real commits."""

from collections.abc import Iterator

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.demo.journeys import Journey, antonio, martina, problems, rossi
from garbo.demo.runner import DemoRunner, play
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.replay.outputs import OutputRecord


class NoObserver:
    """An observer that does nothing."""

    def happened(self, fact: InboundMessage) -> None: ...

    def decided(self, output: OutputRecord) -> None: ...


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def demo(request: pytest.FixtureRequest) -> Iterator[DemoRunner]:
    """One running pipeline for the module: the journeys are about different people."""
    folder = packaged_example()
    real = request.param == "kafka"
    bootstrap = request.getfixturevalue("kafka") if real else "127.0.0.1:1"
    settings = Settings(kafka=KafkaSettings(bootstrap), policy_dir=folder)
    with play(settings, load(folder), own_broker=not real) as runner:
        yield runner


@pytest.mark.parametrize("journey", [martina(), antonio(), rossi()], ids=lambda j: j.name)
def test_the_journey_comes_out_right(demo: DemoRunner, journey: Journey) -> None:
    """Exactly the commands of the sources, in order, in time, with what they must say, and no dead letter."""
    story = demo.play(journey, NoObserver())
    assert problems(journey, story.commands) == []
    assert story.problems == []
