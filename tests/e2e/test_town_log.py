"""A town's log on a real broker: the checker finds nothing, and each decision is made again to the byte.

Its policy is the bank's with so few slots that they are used up: what was left is read from the record then.
"""

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.cli import app, own_pipeline
from garbo.core.vocabulary.reasons import Reason
from garbo.replay.pipeline import Pipeline

pytestmark = pytest.mark.kafka

PARTITIONS = 4
TOWN = ("--closed-loop", "--seed", "5", "--parties", "100", "--days", "2", "--slice", "240")
# Of these a town this small has something to check; the others need more persons and weeks.
CHECKED = {"I1", "I2", "I3", "I4", "I6", "I7", "I8", "I15", "I16", "I17", "I18"}


class Played(NamedTuple):
    kafka: KafkaSettings
    policy: Path


@pytest.fixture(scope="module")
def played(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A small town has been played through a worker, which has left."""
    folder = tmp_path_factory.mktemp("town")
    settings = Settings(
        kafka=KafkaSettings(bootstrap=kafka, prefix=f"town-log-{os.urandom(4).hex()}."),
        policy_dir=scarce(folder / "policy"),
    )
    create(settings.kafka, topic_specs(PARTITIONS, settings.kafka.prefix))
    done = Played(settings.kafka, settings.policy_dir)
    with ExitStack() as stack:
        own_pipeline.worker(stack, settings, folder, commit_ms=5)
        town = garbo(done, "simulate", *TOWN, "--json")
        assert 0 == town.exit_code, town.output
        assert 0 == json.loads(town.stdout)["dead_letters"]
        pipeline = Pipeline(settings.kafka, AvroCodec(PackagedRegistry()), PARTITIONS)
        stack.callback(pipeline.close)
        for topic in ("touchpoints", "party-events"):
            pipeline.send_raw(topic, b"k", b"garbage")
        pipeline.wait_idle()
    return done


def scarce(folder: Path) -> Path:
    """The bank's policy, with four e-mails a day and four calls an hour: one for each partition."""
    shutil.copytree(packaged_example(), folder)
    written = yaml.safe_load((folder / "policy.yaml").read_text("utf-8"))
    for channel, per in (("email", "day"), ("call_centre", "hour")):
        written["channels"][channel]["capacity"] = {"at_most": PARTITIONS, "per": per}
    (folder / "policy.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    return folder


def garbo(played: Played, command: str, *words: str) -> Result:
    policy = () if command == "simulate" else ("--policy", str(played.policy))
    place = ("--bootstrap", played.kafka.bootstrap, "--prefix", played.kafka.prefix)
    return CliRunner().invoke(app, [command, *words, *place, *policy])


def test_the_checker_finds_nothing(played: Played) -> None:
    checked = garbo(played, "verify", "--json")
    assert 0 == checked.exit_code, checked.output
    report = json.loads(checked.stdout)
    assert 0 == report["violations"]
    assert CHECKED <= {name for name, found in report["invariants"].items() if found["checked"]}


def test_each_decision_is_made_again_to_the_byte_though_slots_ran_out(played: Played) -> None:
    codec = AvroCodec(PackagedRegistry())
    records = [codec.decision(r.value or b"") for r in read_all(played.kafka, [f"{played.kafka.prefix}decisions"])]
    spent = {b.detail.partition(":")[0] for r in records for b in r.blocked if b.reason is Reason.NO_CAPACITY}
    assert "email" in spent
    again = garbo(played, "replay-decision", "--all")
    assert 0 == again.exit_code, again.output
    assert f"{len(records):,} decisions recomputed: {len(records):,} byte-equal" in again.output
