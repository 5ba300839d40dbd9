"""The table of gates is the truth: the documentation shows it, and each gate gives only the reasons of its row."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from garbo.core.gates import gates
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.gates import GATES, Attempt, Gate, Judge, Use
from garbo.core.vocabulary.reasons import Reason, Verdict
from tests.unit.core.test_decide_properties import Story, stories, told

DOCUMENT = Path(__file__).parents[4] / "docs" / "gates.md"
OF_THE_CHOICE = {Reason.CANCELLED, Reason.OUTRANKED, Reason.BELOW_SILENCE, Reason.NOT_CHOSEN, Reason.CONDITION}


def row(gate: Gate) -> str:
    reasons = ", ".join(f"`{reason.value}`" for reason in gate.reasons)
    uses = ["yes" if use in gate.uses else "" for use in Use]
    given = "those of a follow-up" if gate.name == "promise" else reasons
    cells = [f"`{gate.name}`", gate.asks, given, "treatment" if gate.of_treatment else "action", *uses]
    return f"| {' | '.join(cells)} |"


def test_the_document_has_the_rows_of_the_table_in_its_order() -> None:
    written = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [row(gate) for gate in GATES] == written


def test_every_reason_is_a_gates_or_the_choices() -> None:
    of_gates = {reason for gate in GATES for reason in gate.reasons}
    assert (set(Reason) - OF_THE_CHOICE, set()) == (of_gates, of_gates & OF_THE_CHOICE)


def test_a_promise_can_be_held_back_by_what_holds_a_follow_up_back() -> None:
    before = [reason for gate in GATES if Use.FOLLOW_UP in gate.uses for reason in gate.reasons]
    assert list(dict.fromkeys(before)) == list(next(gate for gate in GATES if gate.name == "promise").reasons)


@pytest.fixture
def given_by(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[Reason]]:
    """Which reasons each gate gave while the test ran."""
    seen: dict[str, set[Reason]] = {}

    def watched(gate: Gate) -> Judge:
        def judge(context: DecisionContext, attempt: Attempt) -> Verdict:
            verdict = gate.judge(context, attempt)
            if verdict.reason is not None:
                seen.setdefault(gate.name, set()).add(verdict.reason)
            return verdict

        return judge

    watching: dict[Use, tuple[tuple[Judge, ...], tuple[Judge, ...]]] = {}
    for use in Use:
        taking_part = [gate for gate in GATES if use in gate.uses]
        of_action = tuple(gate for gate in taking_part if not gate.of_treatment)
        of_treatment = tuple(gate for gate in taking_part if gate.of_treatment)
        assert gates.judges(use, of_treatment=False) == tuple(gate.judge for gate in of_action)
        assert gates.judges(use, of_treatment=True) == tuple(gate.judge for gate in of_treatment)
        watching[use] = (tuple(map(watched, of_action)), tuple(map(watched, of_treatment)))
    monkeypatch.setattr(gates, "JUDGES", watching)
    return seen


def test_gates_of_the_action_come_before_those_of_its_treatments() -> None:
    assert sorted(gate.of_treatment for gate in GATES) == [gate.of_treatment for gate in GATES]


def test_no_gate_gives_a_reason_that_its_row_does_not_name(given_by: dict[str, set[Reason]]) -> None:
    @settings(max_examples=60, derandomize=True, deadline=None)
    @given(stories)
    def tell(story: Story) -> None:
        log = told(story)
        for record in log.records():
            for blocked in record.blocked:
                assert blocked.reason in OF_THE_CHOICE | set().union(*given_by.values())

    tell()
    reasons = {gate.name: set(gate.reasons) for gate in GATES}
    assert {name: seen - reasons[name] for name, seen in given_by.items() if seen - reasons[name]} == {}
    assert given_by.keys() >= {"consent", "suppression", "already_planned", "contact_policy"}
