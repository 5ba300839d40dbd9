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
    assert "the key 'class' is missing" not in result.output
    assert "unknown key 'clas'; did you mean 'class'?" in result.output
    assert "unknown channel 'smss'; did you mean 'sms'?" in result.output
    assert "2 errors: workers would refuse this policy" in result.output
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
    assert (0, 11) == (result.exit_code, len(list((tmp_path / "s").iterdir())))


@pytest.mark.parametrize(
    "line",
    [
        "offer_nothing_said marketing web (inbound), email own_promotion inbound; proactive profiling",
        (
            "offer_credit_card marketing app (inbound), email, sms personalised_promotion inbound; "
            "touchpoint page_view; "
            "outcome accepted; consent own_promotion; profile; proactive patience, silence, stage, date_contract_end"
        ),
        "push_credit_card marketing push own_promotion touchpoint page_view profiling (at some)",
        "sms_fraud_alert mandatory sms legal_obligation touchpoint suspicious_transaction",
        "offer_first_year_free marketing call_centre own_promotion rides on call_centre",
        "call_token_follow_up service call_centre service_request after social_token_reply",
        "email_satisfaction_survey marketing email satisfaction touchpoint case_closed profiling, sensitive_data",
        (
            "decides on accepted, own_promotion, page_view, profile; proactive: stage, silence, patience, "
            "date_contract_end; hold-out 5%; call_centre at most 40 contacts per hour"
        ),
    ],
    ids=lambda line: line.split()[0],
)
def test_each_line_of_the_summary_says_what_the_policy_does(app: typer.Typer, tmp_path: Path, line: str) -> None:
    texts = broken("actions.yaml", "    when:\n      - {on: follow_up}\n", "")
    survey = '    group: survey\n    eligibility: interest > 0.5 && health == ""\n'
    texts["actions.yaml"] = texts["actions.yaml"].replace("    group: survey\n", survey)
    result = CliRunner().invoke(app, [written(tmp_path, texts)], env={"COLUMNS": "400"})
    assert line in {" ".join(printed.split()) for printed in result.output.splitlines()}, result.output
