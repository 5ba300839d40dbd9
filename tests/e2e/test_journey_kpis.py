"""A month of a small town: its KPI cells are streamed, shown, and equal to those recomputed from the log.

On the embedded broker and on a real Kafka: the same commands, the same words.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.cli import app
from garbo.core.journeys.cells import LIFE_CYCLE
from garbo.core.vocabulary.effects import FlowKind
from garbo.errors import ConfigError, NotFoundError
from garbo.faust_host.run import ProcessorHost
from garbo.processors.topics import Topics
from garbo.replay.pipeline import Pipeline
from garbo.simulation.world import world

PARTITIONS = 4
CODEC = AvroCodec(PackagedRegistry())
DAY = 86_400_000
MOVES = {FlowKind.ENTER: 1, FlowKind.MOVE: 2, FlowKind.DROP: 1, FlowKind.END: 1, FlowKind.MERGED: 1}
"""Kind -> entries and exits; what is not here is neither."""


class Scene(NamedTuple):
    """A pipeline at rest, and what a person sees of it. moves: entries into stages and exits from them."""

    kafka: KafkaSettings
    moves: int

    def garbo(self, *words: str) -> Result:
        options = ["--bootstrap", self.kafka.bootstrap, "--prefix", self.kafka.prefix]
        env = {"GARBO_TRANSACTIONAL": str(self.kafka.transactional).lower(), "COLUMNS": "150"}
        return CliRunner().invoke(app, ["journey", *words, *options], env=env)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    if request.param == "kafka":
        kafka: KafkaSettings = request.getfixturevalue("kafka_settings")
        create(kafka, topic_specs(PARTITIONS, kafka.prefix))
    else:
        kafka = request.getfixturevalue("embedded")
    host = ProcessorHost(wiring.hosted_processors(Settings(kafka=kafka, clock="stream")))
    host.start()
    pipeline = Pipeline(kafka, CODEC, PARTITIONS)
    try:
        story = list(world(11, 40, 30, duplicates=0.03, late=0.05))
        for happened in story:
            pipeline.send(happened)
        pipeline.wait_idle()
        pipeline.tick(story[-1].at + 7 * DAY)
        pipeline.wait_idle()
        log = read_all(kafka, [Topics(kafka.prefix).flows])
        facts = [fact for record in log if (fact := CODEC.flow(record.value or b"")).axis == "journey"]
        yield Scene(kafka, sum(fact.sign * MOVES.get(fact.kind, 0) for fact in facts))
    finally:
        pipeline.close()
        host.stop()


def test_the_cells_are_shown_and_are_those_of_the_log(scene: Scene) -> None:
    assert scene.moves > 20
    same = scene.garbo("recompute")
    assert (0, True) == (same.exit_code, same.stdout.endswith(": 0 differ.\n")), same.stdout

    found = scene.garbo("kpis", "--since", "2020-01-01", "--json")
    assert 0 == found.exit_code, found.exception
    journeys = {journey["journey"]: journey for journey in json.loads(found.stdout)}
    lines = [line for journey in journeys.values() for line in journey["lines"]]
    counted = sum(line["exits"] + line["counts"].get("enter", 0) for line in lines)
    assert counted == scene.moves
    assert LIFE_CYCLE not in journeys

    shown = scene.garbo(
        "kpis",
        next(iter(journeys)),
        "--since",
        "2020-01-01",
        "--by",
        "week",
        "--split",
        "stage,channel",
        "--only",
        "segment=",
    )
    assert 0 == shown.exit_code, shown.exception
    assert "entries" in shown.stdout
    assert " began, " in shown.stdout

    states = json.loads(scene.garbo("kpis", LIFE_CYCLE, "--since", "2020-01-01", "--json").stdout)
    assert sum(line["counts"]["lifecycle"] for line in states[0]["lines"]) > 10
    assert "No journey has a cell" in scene.garbo("kpis", "--since", "1h").stdout

    for words, message in (
        (["kpis", "--by", "dya"], "did you mean 'day'"),
        (["kpis", "--split", "stge"], "did you mean 'stage'"),
        (["kpis", "--since", "soon"], "write for example"),
        (["kpis", "--only", "chanel=web"], "did you mean 'channel'"),
        (["kpis", "--only", "channel"], "write PART=NAME"),
    ):
        failed = scene.garbo(*words)
        assert isinstance(failed.exception, ConfigError), failed.exception
        assert message in str(failed.exception)
    assert isinstance(scene.garbo("kpis", "yacht").exception, NotFoundError)

    topics = Topics(scene.kafka.prefix)
    record = next(iter(read_all(scene.kafka, [topics.kpis])))
    with Writer(scene.kafka) as writer:
        writer.write(topics.kpis, record.key, None, partition=record.partition)
    other = scene.garbo("recompute")
    assert 1 == other.exit_code
    assert "1 differ" in other.stdout
    assert "no cell was streamed" in other.stdout
