"""docs/what-if.md: what it shows is what the command says, and its table has every kind of difference."""

import re
import shutil
from pathlib import Path

from typer.testing import CliRunner

from garbo.cli import app
from garbo.replay.what_if.decided import Change

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "what-if.md").read_text("utf-8")
EDITS = {
    "contact_policy.yaml": (
        ("one_marketing_call_a_week, at_most: 1, window: 7d", "one_marketing_call_a_week, at_most: 1, window: 14d"),
        ('sms: {from: "20:00"', 'sms: {from: "19:30"'),
    ),
    "policy.yaml": (("share: 0.05", "share: 0.1"),),
}


def test_the_differences_it_shows_are_those_the_command_finds(tmp_path: Path) -> None:
    folder = tmp_path / "my-bank"
    shutil.copytree(ROOT / "examples" / "bank", folder)
    for file, edits in EDITS.items():
        text = (folder / file).read_text("utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / file).write_text(text, "utf-8")
    result = CliRunner().invoke(app, ["policy", "diff", str(ROOT / "examples" / "bank"), str(folder)])
    shown = re.search(r"<!-- diff -->\n```console\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None
    assert [line for line in shown[1].splitlines() if line.startswith("- ")] == result.stdout.splitlines()[2:]


def test_a_copy_with_other_comments_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "my-bank"
    shutil.copytree(ROOT / "examples" / "bank", folder)
    (folder / "policy.yaml").write_text("# mine\n" + (folder / "policy.yaml").read_text("utf-8"), "utf-8")
    result = CliRunner().invoke(app, ["policy", "diff", str(ROOT / "examples" / "bank"), str(folder)])
    assert result.stdout.splitlines()[2:] == ["nothing changes: the texts differ in comments, order or layout only"]


def test_its_table_names_every_kind_of_difference_in_their_order() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", TEXT.partition("| kind of difference |")[2], re.MULTILINE)
    assert [change.value for change in Change] == rows[: len(Change)]


def test_the_tests_it_names_are_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    known = set(re.findall(r"^def (test_\w+)", (ROOT / "tests/e2e/test_what_if.py").read_text("utf-8"), re.MULTILINE))
    assert len(named) >= 6
    assert named <= known
