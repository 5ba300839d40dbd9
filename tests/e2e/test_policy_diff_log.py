"""`garbo policy diff A B --log` on a town that a real worker decided on, through the embedded broker."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings
from garbo.cli import app, own_pipeline
from tests.golden.histories.playing import BANK

PARTITIONS = 4
TOWN = ("--closed-loop", "--seed", "5", "--parties", "40", "--days", "4", "--slice", "480")
EDIT = ("hold_out: {share: 0.05", "hold_out: {share: 0.45")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A small town has been played through a worker; the broker stays."""
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as stack:
        kafka = own_pipeline.embedded(stack, PARTITIONS)
        with ExitStack() as working:
            own_pipeline.worker(working, Settings(kafka=kafka, policy_dir=BANK), folder, commit_ms=5)
            played = garbo(kafka, "simulate", *TOWN, "--json")
            assert 0 == played.exit_code, played.output
            assert 0 == json.loads(played.stdout)["dead_letters"]
        yield kafka


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank's policy with a control group nine times as large."""
    folder = tmp_path_factory.mktemp("policy") / "stricter"
    shutil.copytree(BANK, folder)
    path = folder / "policy.yaml"
    text = path.read_text("utf-8")
    assert EDIT[0] in text
    path.write_text(text.replace(*EDIT), "utf-8")
    return folder


def garbo(kafka: KafkaSettings, *words: str) -> Result:
    env = {"GARBO_TRANSACTIONAL": "false", "COLUMNS": "100"}
    return CliRunner().invoke(app, [*words, "--bootstrap", kafka.bootstrap], env=env)


def test_the_same_policy_changes_no_recorded_decision(town: KafkaSettings) -> None:
    result = garbo(town, "policy", "diff", str(BANK), str(BANK), "--log", "--json")
    assert 0 == result.exit_code, result.output
    found = json.loads(result.stdout)
    assert [] == found["changes"]
    assert (0, {}, []) == tuple(found["what_if"][name] for name in ("differ", "not_compared", "decisions"))
    assert found["what_if"]["compared"] > 300


def test_a_stricter_policy_says_what_comes_out_otherwise(town: KafkaSettings, stricter: Path) -> None:
    result = garbo(town, "policy", "diff", str(BANK), str(stricter), "--log", "--json")
    assert 0 == result.exit_code, result.output
    found = json.loads(result.stdout)
    assert ["hold-out: share 5% becomes 45%"] == [change["sentence"] for change in found["changes"]]
    seen = found["what_if"]
    assert seen["differ"] == len(seen["decisions"]) == sum(seen["by_change"].values()) > 0
    assert {} == seen["not_compared"]
    assert seen["by_reason"]["held_out"]["under_b"] > seen["by_reason"]["held_out"]["recorded"]
    silenced = [one for one in seen["decisions"] if one["changes"][0] == "silence instead of an action"]
    assert silenced
    assert {"held_out"} == {one["why"] for one in silenced}


def test_the_page_an_analyst_reads(town: KafkaSettings, stricter: Path) -> None:
    result = garbo(town, "policy", "diff", str(BANK), str(stricter), "--log", "--show", "1")
    assert 0 == result.exit_code, result.output
    assert "come out otherwise under B" in result.stdout
    assert "One step: each decision was made again alone" in result.stdout
    assert "more: --show N, or --json for all" in result.stdout
    assert "held_out" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_policy_that_decided_nothing_there_is_an_error(town: KafkaSettings, stricter: Path) -> None:
    result = garbo(town, "policy", "diff", str(stricter), str(BANK), "--log")
    assert 1 == result.exit_code
    assert "no decision on the log was made by policy A" in str(result.exception)
