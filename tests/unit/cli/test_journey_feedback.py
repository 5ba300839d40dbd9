"""`garbo journey feedback`: what it says, what it writes, and that it never makes two steps in a week."""

import re
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from garbo.cli import app
from garbo.journeys.feedback import week_of
from garbo.journeys.feedback_file import NAME
from garbo.policy.loader import load
from tests.unit.journeys.outranked_town import lived, policy, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The town's policy, and two weeks in which its offer is outranked and would help."""
    (tmp_path / "log").mkdir()
    for week in (0, 1):
        lived(tmp_path / "log", policy(), week, 0.3)
    (tmp_path / "policy").mkdir()
    for name, text in texts().items():
        (tmp_path / "policy" / name).write_text(text, "utf-8")
    return tmp_path


def said(folder: Path, *options: str) -> str:
    words = ["journey", "feedback", str(folder / "policy"), "--files", str(folder / "log"), "--since", "2026-01-01"]
    found = CliRunner().invoke(app, [*words, *options])
    assert 0 == found.exit_code, found.output
    return found.output


def test_it_says_why_and_writes_only_when_it_is_told_to(folder: Path) -> None:
    output, week = said(folder), week_of(time.time_ns() // 1_000_000)
    assert "pension/wish: 1 -> 1.05: `outranked` narrows it" in output
    assert re.search(r"visits of the treated go onward, [\d.]+% of 2,\d+ in the hold-out: \+[\d.]+ points \[\+", output)
    assert f"version: {week}" in output
    assert not (folder / "policy" / NAME).exists()

    assert "is written" in said(folder, "--write")
    written = (folder / "policy" / NAME).read_bytes()
    assert written.decode() in output
    assert (week, 1.05) == (
        load(folder / "policy").feedback.week,
        load(folder / "policy").feedback.weight("pension", "wish"),
    )

    again = said(folder, "--write")
    assert f"Nothing to write: the step of {week} is already made" in again
    assert written == (folder / "policy" / NAME).read_bytes()


def test_too_few_in_the_hold_out_are_counted(folder: Path) -> None:
    for week in (0, 1):
        lived(folder / "log", policy(), week, 0.3, parties=900)
    output = said(folder)
    assert re.search(r"pension/wish: stays 1: \d+ visits in the hold-out, 1,000 are needed", output)
    assert "Nothing to write: no weight changes." in output


def test_a_policy_with_an_error_is_refused(folder: Path) -> None:
    (folder / "policy" / NAME).write_text("version: 2026-W01\nweights: {pension: {wish: {weight: 2.0}}}\n", "utf-8")
    found = CliRunner().invoke(app, ["journey", "feedback", str(folder / "policy"), "--files", str(folder / "log")])
    assert 0 != found.exit_code
