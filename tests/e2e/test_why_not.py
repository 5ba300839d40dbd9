"""Why not X? Each action of the bank has an answer at each decision of the recorded histories."""

import pytest

from garbo.explain.answers import explain_why_not
from garbo.explain.record import LANGUAGES
from garbo.explain.why_not import Why, why_not
from tests.golden.histories.history import names, replayed
from tests.golden.histories.playing import bank
from tests.unit.explain.claims import agrees


@pytest.mark.parametrize("name", names())
def test_every_action_of_the_bank_has_an_answer_that_agrees_with_the_record(name: str) -> None:
    policy = bank()
    for record in replayed(name).decisions():
        for action in policy.actions:
            answer = why_not(record, action, policy)
            assert answer.why is not Why.UNCLEAR, (action, record)
            assert agrees(answer, record, policy), (answer, record)


def test_every_answer_about_the_bank_can_be_said_in_every_language() -> None:
    policy, said = bank(), set()
    for record in replayed("rossi").decisions():
        for action in policy.actions:
            for language in LANGUAGES:
                lines = explain_why_not(record, action, policy, language, policy.zone)
                assert all(line.endswith(".") and "{" not in line for line in lines), lines
                said.add(lines[-1])
    assert len(said) > len(policy.actions) * len(LANGUAGES)
