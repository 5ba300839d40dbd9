"""`garbo evaluate`, from the topics of a broker and from files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.evaluation.from_files import to_files
from garbo.evaluation.rows import Rows, decision_row, example_row
from tests.unit.evaluation.scene import Scene, scene


@pytest.fixture(scope="module")
def played() -> Scene:
    return scene(3_000)


@pytest.fixture
def written(embedded: KafkaSettings, played: Scene) -> KafkaSettings:
    codec = AvroCodec(PackagedRegistry())
    with Writer(embedded) as writer:
        for record in played.records:
            writer.write(embedded.topic("decisions"), record.party.encode(), codec.encode(record))
        for example in played.examples:
            writer.write(embedded.topic("learning-examples"), example.model.encode(), codec.encode(example))
    return embedded


def garbo(*arguments: str, kafka: KafkaSettings | None = None) -> Result:
    options = [] if kafka is None else ["--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    return CliRunner().invoke(app, ["evaluate", *arguments, *options], env={"COLUMNS": "250"})


def test_topics_and_the_files_saved_from_them_give_the_same_figures(
    written: KafkaSettings, played: Scene, tmp_path: Path
) -> None:
    asked = ("--without", "none", "--window", "0", "--json")
    from_topics = garbo(*asked, "--save", str(tmp_path), kafka=written)
    assert from_topics.exit_code == 0, from_topics.output
    figures = json.loads(from_topics.stdout)
    assert figures["decisions"]["used"] == 3_000
    by_name = {one["name"]: one for one in figures["targets"]}
    for name, truth in zip(("champions", "better"), played.worth, strict=True):
        assert by_name[name]["dr"]["low"] < truth < by_name[name]["dr"]["high"]
    from_disk = garbo(*asked, "--files", str(tmp_path))
    assert json.loads(from_disk.stdout) == figures


def test_a_person_reads_a_table_and_why_a_target_is_refused(written: KafkaSettings, tmp_path: Path) -> None:
    shown = garbo("--window", "0", "--without", "context", "--conversion", "form_submitted", kafka=written)
    assert shown.exit_code == 0, shown.output
    assert "3,000 of 3,000 decisions are used" in shown.stdout
    assert "DR - logged" in shown.stdout
    # The scene's policy explores more than the bank's, so its decisions cannot be repeated by it.
    assert "refused without context: it cannot be said what it would do" in shown.stdout
    assert "refused uplift of form_submitted" in shown.stdout


def test_a_log_that_cannot_answer_is_refused_with_exit_1(played: Scene, tmp_path: Path) -> None:
    few = Rows([decision_row(r) for r in played.records[:200]], [example_row(e) for e in played.examples])
    to_files(tmp_path, few)
    refused = garbo("--files", str(tmp_path), "--window", "0", "--without", "none")
    assert refused.exit_code == 1
    assert "no estimate can be trusted" in refused.stdout
    assert "DR - logged" not in refused.stdout
