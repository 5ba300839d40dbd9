"""`garbo journey feedback` on facts that lie on a broker: the same step as on the same facts in files."""

from pathlib import Path

import msgspec
from typer.testing import CliRunner

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.core.vocabulary.effects import Flow
from garbo.processors.topics import Topics
from tests.unit.journeys.outranked_town import lived, policy, texts

CODEC = AvroCodec(PackagedRegistry())


def test_facts_on_a_broker_give_the_step_of_the_same_facts_in_files(embedded: KafkaSettings, tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "policy"
    log.mkdir()
    folder.mkdir()
    for name, text in texts().items():
        (folder / name).write_text(text, "utf-8")
    for week in (0, 1):
        lived(log, policy(), week, 0.3)
    with Writer(embedded) as writer:
        for path in sorted(log.iterdir()):
            for line in path.read_bytes().splitlines():
                fact = msgspec.convert({"trigger": "", **msgspec.json.decode(line)}, Flow)
                writer.write(Topics(embedded.prefix).flows, fact.party.encode(), CODEC.encode(fact))
    words = ["journey", "feedback", str(folder), "--since", "2026-01-01"]
    broker = ["--bootstrap", embedded.bootstrap, "--prefix", embedded.prefix]
    on_broker, in_files = (CliRunner().invoke(app, [*words, *more]) for more in (broker, ["--files", str(log)]))
    assert (0, 0) == (on_broker.exit_code, in_files.exit_code), on_broker.output
    assert "pension/wish: 1 -> 1.05" in in_files.output
    assert on_broker.output == in_files.output
