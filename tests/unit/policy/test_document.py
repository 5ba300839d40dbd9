"""docs/policy.md shows the example bank and the sample as they are, and names what the code knows."""

import re

import pytest

from garbo.core.party.consent import PURPOSES
from garbo.core.party.state import COUNTED, COUNTERS
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.policy.cel_parser import MAX_CLAUSES, MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, MAX_PARTS
from garbo.policy.cel_types import MAX_BODY
from garbo.policy.cel_words import FUNCTIONS, VARIABLES
from garbo.policy.schema.documents import FILES
from garbo.policy.sentences import keys
from tests.unit.policy.bank import bank, report_of, sample
from tests.unit.policy.document import DOCUMENT, redrawn

TEXT = DOCUMENT.read_text("utf-8")
EXCERPT = re.compile(r"<!-- (sample: )?(\w+\.yaml) -->\n```yaml\n(.*?)```", re.DOTALL)
EXAMPLE = re.compile(r"<!-- example: (\w+\.yaml) -->\n```yaml\n(.*?)```", re.DOTALL)


def test_each_excerpt_is_cut_from_the_bank_or_the_sample() -> None:
    excerpts = EXCERPT.findall(TEXT)
    assert TEXT.count("```yaml") == len(excerpts) + len(EXAMPLE.findall(TEXT))
    texts = {"": bank(), "sample: ": sample()}
    assert [] == [excerpt for where, file, excerpt in excerpts if excerpt not in texts[where][file]]


def test_an_example_of_a_file_that_neither_has_is_right() -> None:
    for file, text in EXAMPLE.findall(TEXT):
        assert [] == report_of({**sample(), file: text}).problems


def test_the_tables_are_not_stale() -> None:
    """Red? `python -m tests.unit.policy.document`."""
    assert redrawn(TEXT) == TEXT


def test_every_file_variable_function_and_purpose_is_there() -> None:
    assert [] == [name for name in (*FILES, *VARIABLES, *PURPOSES) if f"{name}" not in TEXT]
    assert [] == [name for name in FUNCTIONS if name not in TEXT[TEXT.index("## Rules and values") :]]


def test_the_limits_of_an_expression_are_those_of_the_code() -> None:
    section = " ".join(TEXT[TEXT.index("## Rules and values") :].split())
    for said in (
        f"{MAX_LENGTH} characters", f"{MAX_PARTS} names", f"{MAX_DEPTH} levels", f"{MAX_CLAUSES} clauses",
        f"{MAX_ITEMS} elements in a list", f"with {MAX_BODY} names", f"ask for {COUNTERS} counters",
        f"last {COUNTED} instants",
    ):  # fmt: skip
        assert said in section


@pytest.mark.parametrize("file", FILES)
def test_every_key_that_a_file_may_have_is_described(file: str) -> None:
    words = set(re.findall(r"\w+", TEXT))
    assert [] == sorted(keys(file) - words)


def test_every_cause_of_a_proactive_point_is_described() -> None:
    assert all(f"| `{cause}` |" in TEXT for cause in (STAGE, PATIENCE, SILENCE, f"{DATE}<attribute>"))
