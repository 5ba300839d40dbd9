"""A bad message becomes a dead letter; `garbo dead-letters` lists it, shows it, mends it, sends it; it is decided.

On the embedded broker and on a real Kafka: the same commands, the same words.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import present, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.cli import app
from garbo.core.vocabulary.events import Identifier, Touchpoint
from garbo.errors import ConfigError, NotFoundError
from garbo.faust_host.run import ProcessorHost
from garbo.processors.ports import InboundMessage
from garbo.replay.pipeline import Pipeline
from garbo.testing import instant as at

PARTITIONS = 4
CODEC = AvroCodec(PackagedRegistry())
WHO = Identifier("cookie", "mended")
KEY = b"cookie:mended"


def touchpoint(event_id: str, *identifiers: Identifier) -> bytes:
    body = Touchpoint("web", "page_view", identifiers=identifiers, theme="savings")
    return CODEC.encode_inbound(InboundMessage(event_id, at("2024-03-06 11:00"), body))


class Scene(NamedTuple):
    """A running pipeline, and what a person sees of it."""

    kafka: KafkaSettings
    pipeline: Pipeline

    def send(self, key: bytes | None, value: bytes | None, partition: int = 1) -> None:
        self.pipeline.send_raw("touchpoints", key, value, partition)
        self.pipeline.wait_idle()

    def garbo(self, *words: str) -> Result:
        options = ["--bootstrap", self.kafka.bootstrap, "--prefix", self.kafka.prefix]
        env = {"GARBO_TRANSACTIONAL": str(self.kafka.transactional).lower(), "COLUMNS": "80"}
        result = CliRunner().invoke(app, ["dead-letters", *words, *options], env=env)
        self.pipeline.wait_idle()
        return result

    def listed(self, *words: str) -> list[dict[str, object]]:
        result = self.garbo("list", "--json", *words)
        assert result.exit_code == 0, result.exception
        return [json.loads(line) for line in result.stdout.splitlines()]

    def decided(self) -> list[str]:
        records = read_all(self.kafka, [self.kafka.topic("decisions")])
        return [CODEC.decision(record.value or b"").event_id for record in records]


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
        host.wait_ready()
        yield Scene(kafka, pipeline)
    finally:
        pipeline.close()
        host.stop()


def test_a_bad_message_is_listed_shown_mended_sent_again_and_decided(scene: Scene) -> None:
    wrong = touchpoint("e-1", WHO).replace(b"\6e-1\2\x12page_view", b"\6e-1\0\x12page_view")
    scene.send(KEY, wrong)
    (record,) = read_all(scene.kafka, [scene.kafka.topic("dead-letters")])
    assert record.headers == (
        ("garbo-reason", b"unknown_channel"),
        ("garbo-topic", scene.kafka.topic("touchpoints").encode()),
        ("garbo-partition", b"1"),
        ("garbo-offset", b"0"),
    )
    listed = scene.garbo("list").stdout
    assert ("unknown_channel" in listed, "touchpoints" in listed) == (True, True)
    assert max(map(len, listed.splitlines())) <= 80

    shown = scene.garbo("show", "touchpoints/1/0").stdout
    for part in ("unknown_channel", "by resolve", "cookie:mended", '"kind": "page_view"', '"channel": "UNKNOWN"'):
        assert part in shown

    refused = scene.garbo("redrive", "touchpoints/1/0")
    assert (refused.exit_code, "it would be put aside again: unknown_channel" in refused.stdout) == (1, True)
    dry = scene.garbo("redrive", "touchpoints/1/0", "--set", "channel=web", "--dry-run")
    assert (dry.exit_code, "to send  touchpoints/1/0  mended: channel" in dry.stdout) == (0, True)
    assert scene.decided() == []

    sent = scene.garbo("redrive", "touchpoints/1/0", "--set", "channel=web")
    assert (sent.exit_code, "1 sent (1 mended, 0 as they are)" in sent.stdout) == (0, True)
    assert scene.decided() == ["e-1"]
    (again,) = (r for r in read_all(scene.kafka, [scene.kafka.topic("touchpoints")]) if r.headers)
    source = f"{scene.kafka.topic('touchpoints')}/1/0".encode()
    assert (again.key, again.headers) == (KEY, (("garbo-redriven-from", source),))
    assert CODEC.inbound(again.value or b"").body == Touchpoint("web", "page_view", identifiers=(WHO,), theme="savings")

    twice = scene.garbo("redrive", "--reason", "unknown_channel", "--set", "channel=web")
    assert (twice.exit_code, "1 have been redriven before" in twice.stdout) == (0, True)
    (line,) = scene.listed()
    assert line["redriven_at"] is not None
    assert "redriven" in scene.garbo("list", "--last", "5").stdout
    assert scene.garbo("redrive", "touchpoints/1/0", "--set", "channel=web", "--again").exit_code == 0
    assert scene.decided() == ["e-1", "e-1"]  # the second is a duplicate: it has the same event id
    log = collect(partial(read_all, scene.kafka), CODEC, present(scene.kafka), scene.kafka.prefix)
    report = invariants.check(log, rules.read(packaged_example()), exactly_once=scene.kafka.transactional)
    assert [v for result in report.results for v in result.violations] == []


def test_a_list_edited_by_hand_is_sent_and_what_cannot_be_read_is_written_anew(scene: Scene, tmp_path: Path) -> None:
    scene.send(KEY, touchpoint("nobody"))
    scene.send(KEY, b'{"kind": "page_view"}')
    scene.send(None, touchpoint("keyless", WHO))
    scene.send(KEY, touchpoint("cut", WHO)[:-3])
    lines = sorted(scene.listed(), key=lambda line: str(line["id"]))
    assert [(line["reason"], line.get("message") is None) for line in lines] == [
        ("no_identifier", False), ("not_avro", True), ("null_key", False), ("malformed", True)
    ]  # fmt: skip
    assert lines[1]["text"] == '{"kind": "page_view"}'
    nobody, by_hand = lines[0], lines[1]
    message = nobody["message"]
    assert isinstance(message, dict)
    message["body"]["identifiers"] = [list(WHO)]
    by_hand["message"] = {**message, "event_id": "by-hand"}
    edited = tmp_path / "edited.jsonl"
    edited.write_text("\n".join(map(json.dumps, (nobody, by_hand))), "utf-8")
    result = scene.garbo("redrive", "--from", str(edited))
    assert (result.exit_code, "2 sent (2 mended" in result.stdout) == (0, True)
    rest = scene.garbo("redrive", "--topic", "touchpoints")
    assert rest.exit_code == 1
    assert "1 sent (1 mended" in rest.stdout  # the key is made from the message
    assert "1 would be put aside again (malformed: " in rest.stdout
    assert sorted(scene.decided()) == ["by-hand", "keyless", "nobody"]
    assert scene.garbo("redrive", "--reason", "malformed", "--force").exit_code == 0
    assert {line["redriven_from"] for line in scene.listed("--reason", "malformed")} == {"", "touchpoints/1/3"}


def test_mistakes_are_sentences(scene: Scene, tmp_path: Path) -> None:
    for words, part in {
        ("redrive",): "name the letters",
        ("redrive", "touchpoints"): "names no dead letter",
        ("redrive", "--reason", "not_avr"): "did you mean 'not_avro'?",
        ("redrive", "--since", "yesterday"): "--since 'yesterday'",
        ("redrive", "touchpoints/0/0", "--set", "kind"): "write field=value",
        ("redrive", "touchpoints/0/0", "--json"): "--json belongs to --dry-run",
        ("redrive", "--from", str(tmp_path / "missing")): "cannot read",
        ("list", "--since", "3x"): "--since '3x'",
    }.items():
        result = scene.garbo(*words)
        assert isinstance(result.exception, ConfigError), words
        assert part in str(result.exception)
    assert isinstance(scene.garbo("show", "touchpoints/0/9").exception, NotFoundError)
    none = scene.garbo("redrive", "touchpoints/0/9")
    assert (none.exit_code, "no dead letter touchpoints/0/9" in none.stdout) == (1, True)
    assert "no dead letters" in scene.garbo("list").stdout
