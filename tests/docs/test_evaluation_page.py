"""docs/evaluation.md: it names every factor, option and limit of `garbo evaluate` as the code has them."""

import re
from pathlib import Path

import typer.main

from garbo.cli import app
from garbo.evaluation.targets import FACTORS
from garbo.learning.evaluation.off_policy import DOUBTED, REFUSED, UNSUPPORTED

TEXT = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")


def test_every_factor_is_named_and_no_other() -> None:
    listed = re.search(r"`none` for none\): (.*?)\(every", TEXT, re.DOTALL)
    assert listed is not None
    assert re.findall(r"[a-z_]+", listed[1]) == list(FACTORS)


def test_the_options_it_shows_exist() -> None:
    command = typer.main.get_command(app).commands["evaluate"]  # type: ignore[attr-defined]
    known = {name for option in command.params for name in option.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z]+", TEXT)) <= known


def test_the_limits_are_those_of_the_code() -> None:
    assert f"is under {REFUSED}," in TEXT
    assert f"It warns under {DOUBTED:,}," in TEXT
    assert f"more\nthan {UNSUPPORTED:.0%}".replace("%", " %").replace("\n", " ") in TEXT.replace("\n", " ")
