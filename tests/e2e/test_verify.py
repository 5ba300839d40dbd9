"""`garbo verify` against a broker: exit code 0 after an honest run, 1 with a counter-example after a forgery."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.cli import app
from garbo.embedded.broker import EmbeddedBroker
from garbo.errors import ConfigError, NotFoundError
from garbo.faust_host.run import ProcessorHost
from garbo.processors.topics import CHANNELS, Topics
from garbo.replay.pipeline import Pipeline
from garbo.simulation.world import world

PARTITIONS = 4


@pytest.fixture(scope="module")
def ran() -> Iterator[KafkaSettings]:
    """A small world and some garbage have gone through a worker, which has left."""
    with ExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker(as_counts(topic_specs(PARTITIONS))))
        kafka = KafkaSettings(broker.bootstrap, transactional=False, client={"log.connection.close": "false"})
        host = ProcessorHost(
            wiring.hosted_processors(Settings(kafka=kafka, policy_dir=packaged_example(), clock="stream"))
        )
        with ExitStack() as working:
            working.callback(host.stop)
            host.start()
            host.wait_ready()
            pipeline = Pipeline(kafka, AvroCodec(PackagedRegistry()), PARTITIONS)
            working.callback(pipeline.close)
            # Day by day, so that consents are known before what they allow comes: some eighty contacts meet a cap.
            last = 0
            facts = world(7, 100, 30, duplicates=0.03, late=0.03)
            while part := list(islice(facts, 100)):
                for fact in part:
                    pipeline.send(fact)
                    last = max(last, fact.at)
                pipeline.wait_idle()
            with Writer(kafka) as writer:
                for topic in ("touchpoints", "party-events"):
                    writer.write(topic, b"k", b"garbage")
            pipeline.wait_idle()
            pipeline.tick(last + 86_400_000)
            pipeline.wait_idle()
        yield kafka


def verify(kafka: KafkaSettings, *words: str) -> Result:
    return CliRunner().invoke(app, ["verify", "--bootstrap", kafka.bootstrap, "--no-transactional", *words])


def replay(kafka: KafkaSettings, *words: str) -> Result:
    return CliRunner().invoke(app, ["replay-decision", "--bootstrap", kafka.bootstrap, *words])


def test_decisions_are_made_again_to_the_byte(ran: KafkaSettings) -> None:
    codec = AvroCodec(PackagedRegistry())
    records = [codec.decision(r.value or b"") for r in read_all(ran, ["decisions"])]
    everything = replay(ran, "--all")
    assert 0 == everything.exit_code, everything.output
    assert f"{len(records):,} decisions recomputed: {len(records):,} byte-equal" in everything.output
    acted = next(r for r in records if r.action_id)
    for wanted in (acted.decision_id, acted.action_id):
        one = replay(ran, wanted)
        assert 0 == one.exit_code, one.output
        assert f"byte-equal  {acted.decision_id}" in one.output
    assert 0 == replay(ran, "--party", acted.party).exit_code


def test_decision_nobody_made_is_said_not_to_be_there(ran: KafkaSettings) -> None:
    refused = replay(ran, "d-nobody")
    assert isinstance(refused.exception, NotFoundError)
    assert "no decision d-nobody" in str(refused.exception)
    assert isinstance(replay(ran).exception, ConfigError)


def test_an_honest_run_passes_and_a_forged_command_does_not(ran: KafkaSettings) -> None:
    honest = verify(ran)
    assert 0 == honest.exit_code, honest.output
    assert "2 dead letters" in honest.output
    told = json.loads(verify(ran, "--json").stdout)
    assert 0 == told["violations"]
    assert {"I1", "I2", "I3", "I4", "I6", "I8"} <= {n for n, i in told["invariants"].items() if i["checked"] > 0}

    codec = AvroCodec(PackagedRegistry())
    one = next(iter(read_all(ran, Topics().of_channels(CHANNELS))))
    made = codec.command(one.value or b"")
    forged = codec.encode(replace(made, message=made.message + "!"))
    with Writer(ran) as writer:
        writer.write(one.topic, one.key, forged)
    caught = verify(ran)
    assert 1 == caught.exit_code
    assert "I2" in caught.output
    assert "1 VIOLATIONS" in caught.output
