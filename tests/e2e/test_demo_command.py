"""`garbo demo` on any policy: the stories it plays, its exit code, and what it says when a story does not come out."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.bootstrap.settings import packaged_example
from garbo.cli import app
from garbo.errors import StoryError


def demo(policy: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--policy", str(policy), *arguments], env={"COLUMNS": "200"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bank's policy with two of its cases as its only stories."""
    copy = Path(shutil.copytree(packaged_example(), tmp_path / "mine"))
    cases = copy / "journeys" / "cases"
    kept = [shutil.move(cases / name, copy) for name in ("praise.yaml", "private_transfer.yaml")]
    shutil.rmtree(copy / "journeys")
    (copy / "journeys").mkdir()
    for path in kept:
        shutil.move(path, copy / "journeys")
    return copy


def test_the_stories_of_a_policy_are_played(folder: Path) -> None:
    result = demo(folder)
    assert result.exit_code == 0
    assert "All two stories gave the expected commands." in result.stdout
    assert "23 Jun 2024 21:53  -> ebanking" in result.stdout
    assert "0 commands, 6 decisions, 6 of them silence: as expected" in result.stdout  # the sixth: she drops out


def test_a_story_that_does_not_come_out_is_an_exit_code_and_says_what_came_instead(folder: Path) -> None:
    story = folder / "journeys" / "private_transfer.yaml"
    story.write_text(story.read_text("utf-8").replace("at: 21:53", "at: 21:50"), "utf-8")
    result = demo(folder, "--story", "private_transfer")
    assert result.exit_code == 1
    assert (
        "journeys/private_transfer.yaml:17: missing: ebanking private_transfer_help to carla at 2024-06-23 21:50; "
        "instead ebanking private_transfer_help at 2024-06-23 21:53 to carla"
    ) in result.stdout


def test_a_wrong_story_and_a_policy_without_stories_are_refused_before_a_broker_starts(folder: Path) -> None:
    assert "did you mean 'praise'?" in demo(folder, "--story", "prise").output
    story = folder / "journeys" / "praise.yaml"
    story.write_text(story.read_text("utf-8").replace("channel: branch", "channel: brunch"), "utf-8")
    wrong = demo(folder)
    assert isinstance(wrong.exception, StoryError)
    assert "journeys/praise.yaml:19: unknown channel 'brunch'; did you mean 'branch'?" in str(wrong.exception)
    checked = CliRunner().invoke(app, ["check", str(folder)], env={"COLUMNS": "200"})
    assert checked.exit_code == 1
    assert "journeys/praise.yaml:19: unknown channel 'brunch'" in checked.stdout
    shutil.rmtree(folder / "journeys")
    assert isinstance(demo(folder).exception, StoryError)
