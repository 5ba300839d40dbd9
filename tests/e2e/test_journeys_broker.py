"""The golden journeys end to end through a broker: real stages, real codec, real commits."""

from collections.abc import Iterator

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.demo import Heard, Theatre, play
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.engine.ports import Fact
from garbo.policy.loader import load
from garbo.simulation.journeys import Journey, antonio, martina, problems, rossi


class Deaf:
    """Nobody watches."""

    def happened(self, fact: Fact) -> None: ...

    def decided(self, heard: Heard) -> None: ...


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def theatre(request: pytest.FixtureRequest) -> Iterator[Theatre]:
    """One running pipeline for the module: the journeys are about different people."""
    folder = packaged_example()
    real = request.param == "kafka"
    bootstrap = request.getfixturevalue("kafka") if real else "127.0.0.1:1"
    settings = Settings(kafka=KafkaSettings(bootstrap), policy_dir=folder)
    with play(settings, load(folder), own_broker=not real) as stage:
        yield stage


@pytest.mark.parametrize("journey", [martina(), antonio(), rossi()], ids=lambda j: j.name)
def test_the_journey_comes_out_right(theatre: Theatre, journey: Journey) -> None:
    """Exactly the commands of the sources, in order, in time, with what they must say, and no dead letter."""
    story = theatre.play(journey, Deaf())
    assert problems(journey, story.commands) == []
    assert story.complaints == []
