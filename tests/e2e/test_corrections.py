"""A clerk corrects how a letter was read: the next letter is read, and decided, by what was learnt.

On the embedded broker and on a real Kafka, through a restart. Then the log alone: every decision again to the byte, no
invariant broken, and no word of a letter anywhere but in the events that brought it.
"""

import json
import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import LEARN_CHANGELOG, create, topic_specs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.cli import app
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.faust_host.run import ProcessorHost
from garbo.learning import snapshots
from garbo.processors.ports import ConsumerRecord, InboundMessage
from garbo.replay.pipeline import Pipeline
from garbo.testing import consent, touchpoint

PARTITIONS: Final = 4
PATIENCE_S: Final = 30.0
CODEC = AvroCodec(PackagedRegistry())
LETTER = "Somebody took all my savings in Caracas"
ADA, BOB = {"customer_id": "ada", "phone": "+39 333 1234567"}, {"customer_id": "bob"}
RIGHT = {"right_intent": "fraud", "right_theme": "none"}
RELABEL = "touchpoints:\n  relabel: {meaning: a clerk corrects a reading, channels: [call_centre], corrects: true}\n"


class Town:
    """Workers that come and go on one broker, and what they have written."""

    def __init__(self, kafka: KafkaSettings, policy: Path) -> None:
        self.kafka, self._policy = kafka, policy
        self._pipeline = Pipeline(kafka, CODEC, PARTITIONS)
        self._host = self._started()
        self._minutes = 0

    def restart(self) -> None:
        self._host.stop()
        self._host = self._started()

    def close(self) -> None:
        self._pipeline.close()
        self._host.stop()

    def send(self, *messages: InboundMessage) -> None:
        for message in messages:
            self._pipeline.send(message)
            self._pipeline.wait_idle()

    def letter(self, who: dict[str, str] = ADA) -> DecisionRecord:
        """The decision on one more letter, the same every time."""
        self.send(touchpoint("email", "social_message", self._next(), text=LETTER, **who))
        return next(d for d in reversed(self.decisions()) if d.event_kind == "social_message")

    def correct(self, who: dict[str, str] = ADA) -> None:
        self.send(touchpoint("call_centre", "relabel", self._next(), text=LETTER, attributes=RIGHT, **who))

    def letter_read_by(self, version: str) -> DecisionRecord:
        """Letters until one is read by this version of a model: a snapshot takes a moment to be everywhere."""
        until = time.monotonic() + PATIENCE_S
        while version not in named((decision := self.letter()).models):
            assert time.monotonic() < until, f"{version} has read nothing: {decision.models}"
        return decision

    def records(self, topic: str) -> list[ConsumerRecord]:
        return list(read_all(self.kafka, [self.kafka.topic(topic)]))

    def decisions(self) -> list[DecisionRecord]:
        return sorted((CODEC.decision(r.value or b"") for r in self.records("decisions")), key=lambda d: d.occurred_at)

    def garbo(self, command: str, *words: str) -> Result:
        where = ["--bootstrap", self.kafka.bootstrap, "--prefix", self.kafka.prefix]
        env = {"GARBO_TRANSACTIONAL": str(self.kafka.transactional).lower(), "GARBO_POLICY_DIR": str(self._policy)}
        return CliRunner().invoke(app, [command, *words, *where], env=env)

    def _next(self) -> str:
        """Each message comes a minute after the one before."""
        self._minutes += 1
        return f"2024-03-05 {9 + self._minutes // 60:02}:{self._minutes % 60:02}"

    def _started(self) -> ProcessorHost:
        settings = Settings(kafka=self.kafka, policy_dir=self._policy, clock="stream")
        host = ProcessorHost(wiring.hosted_processors(settings))
        host.start()
        host.wait_ready()
        return host


def named(versions: tuple[str, ...]) -> list[str]:
    """Versions without the digest of their content."""
    return [version.rpartition(".")[0] for version in versions]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The bank's, with what a clerk says learnt."""
    folder = tmp_path / "bank"
    shutil.copytree(packaged_example(), folder)
    journey, themes = folder / "journey.yaml", folder / "themes.yaml"
    journey.write_text(journey.read_text("utf-8").replace("touchpoints:\n", RELABEL, 1), "utf-8")
    themes.write_text("learn: [theme, intent]\n" + themes.read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def town(request: pytest.FixtureRequest, policy: Path) -> Iterator[Town]:
    if request.param == "kafka":
        kafka: KafkaSettings = request.getfixturevalue("kafka_settings")
        create(kafka, topic_specs(PARTITIONS, kafka.prefix))
    else:
        kafka = request.getfixturevalue("embedded")
    town = Town(kafka, policy)
    try:
        town.send(
            *(consent(name, True, "2024-03-04 09:00", **ADA) for name in ("personal_data", "profiling")),
            consent("personal_data", True, "2024-03-04 09:00", **BOB),
        )
        yield town
    finally:
        town.close()


def test_a_correction_changes_how_letters_are_read_and_nothing_else_knows_their_words(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = town.letter()
    assert ("savings", "", "", ()) == (before.theme, before.event_detail, before.chosen, before.models)

    town.correct(BOB)  # he has not given `profiling`
    assert not town.records("learning-examples")

    town.correct()
    after = town.letter_read_by("text.intent@1")
    assert ("", "fraud", "fraud_report_steps") == (after.theme, after.event_detail, after.chosen)
    assert ["text.intent@1", "text.theme@1"] == named(after.models)

    town.restart()
    assert after.models == town.letter().models  # the first event of the new worker is read by the same snapshots
    town.correct()
    town.letter_read_by("text.intent@2")  # and the learner goes on from its row
    assert not town.records("dead-letters")

    replayed = town.garbo("replay-decision", "--all", "--policy", str(town._policy))
    count = len(town.decisions())
    assert f"{count:,} decisions recomputed: {count:,} byte-equal" in replayed.output, replayed.output
    verified = town.garbo("verify")
    assert 0 == verified.exit_code, verified.output
    (line,) = json.loads(town.garbo("models", "text.intent", "--json").stdout)
    assert (2, []) == (line["figures"]["examples"], line["features"])

    readers = {"touchpoints", "party-events"}
    for spec in topic_specs(PARTITIONS):
        found = [r for r in town.records(spec.name) if holds_words(r.value)]
        assert bool(found) is (spec.name in readers), (spec.name, found[:1])
    for record in town.records("model-snapshots"):
        snapshot = snapshots.decode(record.value or b"")
        assert all(name.startswith(("#", "class=", "seed=")) for vector, _ in snapshot.probes for name in vector)
    assert town.records(LEARN_CHANGELOG)
    assert not holds_words(caplog.text.encode())


def holds_words(value: bytes | None) -> bool:
    return any(word.encode() in (value or b"").lower() for word in ("caracas", "somebody"))
