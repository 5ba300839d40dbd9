"""`garbo new`: a policy of one's own, from any of those that come with Garbo."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.bootstrap.examples import packaged_policies
from garbo.cli import app
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint
from garbo.errors import ConfigError
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.testing import instant as at
from garbo.testing.driver import Driver

POLICIES = packaged_policies()


def garbo(*words: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_is_copied_whole_and_passes_the_check(name: str, tmp_path: Path) -> None:
    made = garbo("new", tmp_path / "mine", "--from", name)
    assert made.exit_code == 0
    for command in ("garbo check", "garbo demo --policy", "garbo topics --create", "garbo run --policy"):
        assert command in made.stdout
    source = POLICIES[name]
    files = {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    copied = tmp_path / "mine"
    assert files == {path.relative_to(copied): path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    assert garbo("check", copied).exit_code == 0


def test_without_a_name_it_is_the_smallest_one_and_an_empty_folder_may_exist(tmp_path: Path) -> None:
    assert garbo("new", tmp_path).exit_code == 0
    assert load(tmp_path).version == load(POLICIES["empty"]).version


def test_without_a_folder_the_policies_are_listed() -> None:
    listed = garbo("new").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(POLICIES)
    assert {"bank", "empty"} <= POLICIES.keys()
    assert all(len(line.split()) > 1 for line in listed)  # its title


def test_mistakes_are_sentences_and_nothing_is_written(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine", "utf-8")
    for words, part in (
        ((full,), "is not empty"),
        ((full / "notes.txt",), "is not empty"),
        ((full / "notes.txt" / "deeper",), "cannot write"),
        ((tmp_path / "new", "--from", "bnak"), "did you mean 'bank'?"),
        ((tmp_path / "new", "--from", "producer"), "there is no policy 'producer'"),
    ):
        refused = garbo("new", *words)
        assert isinstance(refused.exception, ConfigError)
        assert part in str(refused.exception)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "notes.txt"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("delivered", ["email"]), ("failed", ["email", "call_centre"])],
)
def test_the_smallest_policy_answers_and_calls_when_the_answer_does_not_arrive(
    status: str, expected: list[str]
) -> None:
    driver = Driver(load(POLICIES["empty"]))
    who = (Identifier("email", "ann@example.org"), Identifier("phone", "+39 333 1234567"))
    start = at("2026-03-02 10:00")
    driver.send(InboundMessage("yes", start, ConsentChange("personal_data", True, who)))
    driver.send(InboundMessage("asks", start + 1, Touchpoint("web", "message", identifiers=who, theme="general")))
    driver.tick(start + 60_000)
    (answer,) = driver.commands()
    reported = ActionOutcome(status, answer.action_id, identifiers=who)
    driver.send(InboundMessage("report", start + 120_000, reported))
    driver.tick(start + 86_400_000)
    assert [command.channel for command in driver.commands()] == expected
    assert driver.dead_letters() == []
