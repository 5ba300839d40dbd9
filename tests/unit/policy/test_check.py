"""`garbo check`: what a person sees, and what a script gets back."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from garbo.cli.check import check
from tests.unit.policy.bank import SAMPLE, broken, sample


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(check)
    return app


def written(folder: Path, texts: dict[str, str]) -> str:
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return str(folder)


def test_a_good_policy_is_summed_up(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, [str(SAMPLE)])
    assert (0, True) == (result.exit_code, result.output.startswith("ok "))
    assert "email_information_promise" in result.output
    assert "error" not in result.output


def test_all_errors_are_told_with_their_lines_and_the_exit_code_is_1(app: typer.Typer, tmp_path: Path) -> None:
    texts = broken("actions.yaml", "class: service", "clas: service")
    texts["contact_policy.yaml"] = texts["contact_policy.yaml"].replace("[sms]", "[smss]")
    result = CliRunner().invoke(app, [written(tmp_path, texts)])
    assert 1 == result.exit_code
    assert "error   actions.yaml:7: the key" not in result.output
    assert "unknown key 'clas'; did you mean 'class'?" in result.output
    assert "unknown channel 'smss'; did you mean 'sms'?" in result.output
    assert "3 errors: workers would refuse this policy" in result.output
    assert "Traceback" not in result.output


def test_warnings_do_not_refuse(app: typer.Typer, tmp_path: Path) -> None:
    texts = broken("contact_policy.yaml", "channels: [sms]", "channels: [atm]")
    result = CliRunner().invoke(app, [written(tmp_path, texts)])
    assert 0 == result.exit_code
    assert "warning contact_policy.yaml:" in result.output


def test_a_folder_that_is_not_there_is_a_sentence(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "nowhere")])
    assert (1, True) == (result.exit_code, "there is no such folder" in result.output)


def test_brackets_in_what_is_wrong_are_shown_as_they_are(app: typer.Typer, tmp_path: Path) -> None:
    texts = {**sample(), "[red].yaml": ""}
    result = CliRunner().invoke(app, [written(tmp_path, texts)])
    assert "[red].yaml: not a file of a policy" in result.output


def test_the_schemas_are_written(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(SAMPLE), "--json-schema", str(tmp_path / "s")])
    assert (0, 9) == (result.exit_code, len(list((tmp_path / "s").iterdir())))
