"""The matrix of actions and decision points: no recorded candidate is where it says that none can be."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from garbo.cli import app
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import Proactive
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.points import Point
from garbo.policy import load_text
from garbo.policy.matrix import Cell, Row, matrix
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import populated, stories
from tests.unit.policy.bank import BANK, SAMPLE, sample


def rows(policy: Policy) -> dict[str, Row]:
    return {row.action: row for row in matrix(policy)}


def where(records: Iterable[DecisionRecord]) -> set[tuple[str, str, str]]:
    """(action, point, channel) of everything that competed, or was confirmed, in recorded decisions."""
    return {(s.action, record.point, s.channel) for record in records for s in record.scored}


def strangers(known: Mapping[str, Row], seen: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """What the matrix does not know."""
    found = []
    for action, point, channel in sorted(seen):
        cell = known[action].cells.get(Point(point))
        if channel not in (cell.channels if cell else ()) and channel not in known[action].rides_on:
            found.append((action, point, channel))
    return found


def test_what_competed_in_recorded_decisions_is_in_the_matrix() -> None:
    known, seen = rows(bank()), where([*populated().decisions(), *stories().decisions()])
    assert len(seen) > 60
    assert set(Point) - {Point.INBOUND} == {point for _, point, _ in seen}  # tests/e2e/test_what_if.py has that one
    assert [] == strangers(known, seen)


def test_each_action_of_the_examples_can_appear_somewhere() -> None:
    for policy in (bank(), load_text(sample())):
        assert [] == [row for row in matrix(policy) if row.nowhere]


def test_a_cell_says_the_channels_and_what_opens_it() -> None:
    known = rows(load_text(sample()))
    assert (
        Cell(("call_centre",), ("after email_information_promise",)) == known["call_information"].cells[Point.PLANNED]
    )
    assert (
        Cell(("email",), ("information_request, question about prepaid_card",))
        == (known["email_information_promise"].cells[Point.NEED])
    )
    assert ("call_centre",) == known["offer_first_year_free"].rides_on
    card = known["offer_credit_card"]
    assert Cell(("app",), ("asked, asked on app",)) == card.cells[Point.INBOUND]
    assert card.cells[Point.PROACTIVE].channels == ("email", "sms")
    assert (("customer", "prospect"), ("relationship",)) == (card.lifecycle, card.stages)
    assert "page_view 3 times about credit_card" in card.cells[Point.EVENT].opened_by


def without(policy: Policy, name: str, **changed: object) -> Policy:
    """The policy with something else in one action."""
    return replace(policy, actions={**policy.actions, name: replace(policy.actions[name], **changed)})


def test_what_nothing_opens_appears_nowhere_and_neither_does_what_it_plans() -> None:
    known = rows(without(load_text(sample()), "email_information_promise", when=()))
    assert "its `when` is empty, and no action plans it" == known["email_information_promise"].nowhere
    assert "only email_information_promise plans it, which can appear nowhere itself" == (
        known["call_information"].nowhere
    )
    assert {} == known["call_information"].cells


def test_what_is_shown_appears_nowhere_where_nobody_asks() -> None:
    policy = load_text(sample())
    shown = tuple(t for t in policy.actions["offer_credit_card"].treatments if t.inbound)
    asked = tuple(t for t in policy.actions["offer_credit_card"].when if t.on == "inbound")
    policy = without(policy, "offer_credit_card", treatments=shown, when=asked)
    assert (Point.INBOUND,) == tuple(rows(policy)["offer_credit_card"].cells)
    silent = {name: replace(kind, asks=False) for name, kind in policy.touchpoints.items()}
    assert "nobody asks on a channel on which it has something to show" == (
        rows(replace(policy, touchpoints=silent))["offer_credit_card"].nowhere
    )


def test_a_clock_that_never_strikes_opens_nothing() -> None:
    policy = load_text(sample())
    clock = tuple(t for t in policy.actions["offer_credit_card"].when if t.on == "proactive")
    policy = without(policy, "offer_credit_card", when=clock)
    assert Point.PROACTIVE in rows(policy)["offer_credit_card"].cells
    patient = {
        name: replace(journey, stages={s.name: replace(s, patience=0) for s in journey.stages.values()})
        for name, journey in policy.journeys.items()
    }
    stopped = replace(policy, proactive=Proactive(), journeys=patient)
    assert rows(stopped)["offer_credit_card"].nowhere.startswith("what its `when` names never happens")


def test_a_rider_that_nothing_carries_appears_nowhere() -> None:
    policy = without(load_text(sample()), "offer_first_year_free", rides_on=("atm",))
    assert "no service action carries it on atm" == rows(policy)["offer_first_year_free"].nowhere


def test_a_stage_to_which_no_move_leads_opens_nothing() -> None:
    policy = load_text(sample())
    bank = policy.journeys["bank"]
    moves = tuple(move for move in bank.moves if move.target != "relationship")
    changed = replace(policy, journeys={**policy.journeys, "bank": replace(bank, moves=moves)})
    assert "no move leads to relationship" == rows(changed)["offer_credit_card"].nowhere


# ---- on the screen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 100, 160])
@pytest.mark.parametrize("folder", [BANK, SAMPLE], ids=["bank", "sample"])
def test_the_table_fits_the_screen_and_leaves_nothing_out(folder: Path, columns: int) -> None:
    result = CliRunner().invoke(app, ["policy", "matrix", str(folder)], env={"COLUMNS": str(columns)})
    assert 0 == result.exit_code, result.output
    assert max(map(len, result.stdout.splitlines())) <= columns
    assert "…" not in result.stdout
    together = "".join(result.stdout.split())
    policy = bank() if folder == BANK else load_text(sample())
    assert [name for name in policy.actions if columns < 130 and name not in together] == []
    assert f"{len(policy.actions)} of {len(policy.actions)} actions can appear" in result.stdout


def test_json_has_every_cell() -> None:
    result = CliRunner().invoke(app, ["policy", "matrix", str(SAMPLE), "--json"])
    found = {entry["action"]: entry for entry in json.loads(result.stdout)["actions"]}
    for name, row in rows(load_text(sample())).items():
        assert found[name] == row.data()
    assert ["app"] == found["offer_credit_card"]["points"]["inbound"]["channels"]
