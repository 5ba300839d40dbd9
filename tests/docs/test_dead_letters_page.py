"""docs/dead-letters.md: its advice is the command's, its headers are the code's, its commands and options exist."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from garbo.cli import app
from garbo.errors import ConfigError
from garbo.processors import dead_letters
from garbo.readmodel.letter_advice import ADVICE

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "dead-letters.md").read_text("utf-8")
COMMANDS = re.findall(r"^garbo (dead-letters [^#>\n]+)", TEXT, re.MULTILINE)


def test_the_advice_is_that_of_show() -> None:
    table = TEXT.split("<!-- advice -->")[1].split("<!-- end -->")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == dict(ADVICE)


def test_every_header_is_explained() -> None:
    names = [getattr(dead_letters, name) for name in ("REASON", "TOPIC", "PARTITION", "OFFSET", "REDRIVEN_FROM")]
    assert [
        name
        for name in names
        if f"| `{name}`" not in TEXT and f"`{name}`, " not in TEXT and f", `{name}` |" not in TEXT
    ] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_these_arguments(command: str) -> None:
    """The settings are read after the arguments: the wrong address is what is refused."""
    result = CliRunner().invoke(app, [*shlex.split(command), "--bootstrap", "no address"])
    assert isinstance(result.exception, ConfigError), result.output
    assert "is not host:port" in str(result.exception)


def test_the_page_shows_all_three_commands() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"list", "show", "redrive"}
