"""What a rule counts, from the YAML to the command."""

from textwrap import dedent

import pytest

from garbo.testing import Driver, load_policy
from tests.unit.audit.verify.village import CHANGED_MIND, UNPROFILED, lived, party, with_rule


def played(rule: str) -> Driver:
    """Two weeks of the village: everybody looks at a page on Monday at 10:00, and comes to the fair at 17:00."""
    return lived(load_policy({name: dedent(text) for name, text in with_rule(f"eligibility: {rule}").items()}))


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ('count("page_view", "1d") >= 1', True),
        ('count("page_view", "1d") >= 2', False),
        ('count("page_view", "6h") >= 1', False),  # the look was seven hours ago
        ('days_since("page_view") < 1.0', True),
        ('days_since("question_form") < 9999.0', False),  # they ask on Tuesday
        ('responses("email", "7d") == 0 && contacts("email", "6h") == 0', True),
        ('contacts("email", "7d") > 0', True),  # the card's offer went out half an hour after the look
        ('contacts("sms", "7d") > 1', False),
    ],
)  # fmt: skip
def test_a_rule_counts_what_the_person_did(rule: str, given: bool) -> None:
    gifts = [c.party for c in played(rule).commands() if c.action == "gift"]
    assert given is bool(gifts)
    if "contacts" not in rule:
        assert not {party(UNPROFILED), party(CHANGED_MIND)} & set(gifts)


def test_the_row_keeps_what_the_rules_ask_for() -> None:
    driver = played('count("page_view", "30d") < 9 && count("fair", "1d") < 9')
    kept = {key for row in driver.parties() for key in row.counters}
    assert kept == {"page_view"}  # the fair was longer ago than a day at the last event of each person
    silent = driver.party(party(UNPROFILED))
    assert silent is not None
    assert silent.counters == {}
