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
from garbo.policy.loader import load
from tests.golden.histories.playing import BANK

PARTITIONS = 4
TOWN = ("--closed-loop", "--seed", "5", "--parties", "40", "--days", "4", "--slice", "480")
EDIT = ("hold_out: {share: 0.05", "hold_out: {share: 0.45")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A small town has been played through a worker; the broker stays."""
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as stack:
        kafka = own_pipeline.embedded(stack, PARTITIONS, load(BANK))
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


def test_a_full_replay_of_the_same_policy_is_the_recorded_log(town: KafkaSettings) -> None:
    result = garbo(town, "policy", "diff", str(BANK), str(BANK), "--log", "--full", "--json")
    assert 0 == result.exit_code, result.output
    seen = json.loads(result.stdout)["what_if"]
    assert ("full replay", 0, {}, []) == tuple(
        seen[name] for name in ("semantics", "differ", "not_compared", "decisions")
    )
    assert 1 == len(seen["notes"]), seen["notes"]  # under A itself, every decision comes out as recorded
    assert seen["compared"] > 300


def test_a_full_replay_under_another_policy_lets_differences_act(town: KafkaSettings, stricter: Path) -> None:
    result = garbo(town, "policy", "diff", str(BANK), str(stricter), "--log", "--full", "--json")
    assert 0 == result.exit_code, result.output
    seen = json.loads(result.stdout)["what_if"]
    assert seen["differ"] == len(seen["decisions"]) > 0
    assert any("outcomes are left out" in note for note in seen["notes"])


def test_versions_that_were_published_can_be_compared(town: KafkaSettings, stricter: Path) -> None:
    for folder in (BANK, stricter):
        assert 0 == garbo(town, "policy", "publish", str(folder)).exit_code
    one, other = load(BANK).version, load(stricter).version
    found = json.loads(garbo(town, "policy", "diff", one, other, "--json").stdout)
    assert ["hold-out: share 5% becomes 45%"] == [change["sentence"] for change in found["changes"]]
    missing = garbo(town, "policy", "diff", one, "0123456789ab")
    assert "no policy of version 0123456789ab was published here" in str(missing.exception)


def test_a_folder_that_is_not_there_and_full_without_a_log_are_mistakes(town: KafkaSettings) -> None:
    assert "there is no such folder" in str(garbo(town, "policy", "diff", str(BANK), "nowhere").exception)
    assert "add --log" in str(garbo(town, "policy", "diff", str(BANK), str(BANK), "--full").exception)


def test_a_policy_that_decided_nothing_there_is_an_error(town: KafkaSettings, stricter: Path) -> None:
    result = garbo(town, "policy", "diff", str(stricter), str(BANK), "--log")
    assert 1 == result.exit_code
    assert "no decision on the log was made by policy A" in str(result.exception)
