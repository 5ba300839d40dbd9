"""docs/policy.md shows the example bank as it is, and names what the code knows."""

import re

from garbo.core.party.consent import PURPOSES
from garbo.policy.cel import BUILTINS, FUNCTIONS
from garbo.policy.schema.documents import FILES
from tests.unit.policy.bank import bank
from tests.unit.policy.document import DOCUMENT, redrawn

TEXT = DOCUMENT.read_text("utf-8")
EXCERPT = re.compile(r"<!-- (\w+\.yaml) -->\n```yaml\n(.*?)```", re.DOTALL)


def test_each_excerpt_is_cut_from_the_bank() -> None:
    excerpts = EXCERPT.findall(TEXT)
    assert TEXT.count("```yaml") == len(excerpts)
    assert [] == [excerpt for file, excerpt in excerpts if excerpt not in bank()[file]]


def test_the_tables_are_not_stale() -> None:
    """Red? `python -m tests.unit.policy.document`."""
    assert redrawn(TEXT) == TEXT


def test_every_file_variable_function_and_purpose_is_there() -> None:
    assert [] == [name for name in (*FILES, *BUILTINS, *PURPOSES) if f"{name}" not in TEXT]
    assert [] == [name for name in FUNCTIONS if name not in TEXT[TEXT.index("Functions:") :]]
