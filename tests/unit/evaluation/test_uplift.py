"""Uplift against the hold-out, whose members the engine's own function names."""

import msgspec
import numpy as np
import pytest

from garbo.core.choice.hold_out import held_out
from garbo.core.policy.policy import HoldOut, Policy
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.reasons import Disposition
from garbo.evaluation.rows import DecisionRow
from garbo.evaluation.uplift import uplift
from tests.unit.evaluation.scene import START, policy

RULE = HoldOut(share=0.2, period=180 * DAY, salt="s")
BEGIN = START // RULE.period * RULE.period  # a period begins


@pytest.fixture(scope="module")
def ours() -> Policy:
    return msgspec.structs.replace(policy(), hold_out=RULE)


def row(party: str, number: int, at: int, kind: str, theme: str = "cards", version: str = "v") -> DecisionRow:
    return DecisionRow(
        decision_id=f"d-{party}-{number}", party=party, at=at, disposition=Disposition.DECIDED.value,
        event_type="touchpoint", event_kind=kind, theme=theme, policy_version=version,
    )  # fmt: skip


def log(parties: int, marketed: float, held: float) -> list[DecisionRow]:
    rng, rows = np.random.default_rng(4), []
    for number in range(parties):
        party = f"p-{number}"
        rows.append(row(party, 0, BEGIN, "page_view"))
        if rng.random() < (held if held_out(RULE, party, BEGIN) else marketed):
            rows.append(row(party, 1, BEGIN + DAY, "form_submitted"))
            rows.append(row(party, 2, BEGIN + 2 * DAY, "form_submitted"))  # converts once
    return rows


def test_the_difference_of_the_rates_is_found(ours: Policy) -> None:
    found = uplift(log(8_000, 0.12, 0.08), "form_submitted", lambda _: ours)
    assert not found.refused
    assert found.low < 0.04 < found.high
    assert found.low > 0.0
    assert found.marketed.parties + found.held_out.parties == 8_000
    assert found.held_out.parties / 8_000 == pytest.approx(found.share, abs=0.02)
    assert found.difference == pytest.approx(found.marketed.rate - found.held_out.rate)


def test_only_the_kind_and_theme_that_were_asked_for_count(ours: Policy) -> None:
    rows = log(2_000, 0.12, 0.08)
    assert uplift(rows, "form_submitted/cards", lambda _: ours) == uplift(
        rows, "form_submitted", lambda _: ours
    )._replace(conversion="form_submitted/cards")
    assert uplift(rows, "form_submitted/pension", lambda _: ours).marketed.converted == 0


def test_a_party_counts_until_its_group_changes(ours: Policy) -> None:
    later = BEGIN + RULE.period
    changes = [f"p-{n}" for n in range(500) if held_out(RULE, f"p-{n}", BEGIN) != held_out(RULE, f"p-{n}", later)]
    rows = [row(party, 0, BEGIN, "page_view") for party in changes]
    rows += [row(party, 1, later, "form_submitted") for party in changes]
    found = uplift(rows, "form_submitted", lambda _: ours)
    assert found.marketed.parties + found.held_out.parties == len(changes) > 50
    assert found.marketed.converted == found.held_out.converted == 0


def test_without_a_hold_out_or_with_few_conversions_it_is_refused(ours: Policy) -> None:
    assert "no hold-out" in uplift(log(50, 0.5, 0.5), "form_submitted", lambda _: None).refused
    none = msgspec.structs.replace(ours, hold_out=HoldOut())
    assert "no hold-out" in uplift(log(50, 0.5, 0.5), "form_submitted", lambda _: none).refused
    assert "too few to compare" in uplift(log(100, 0.05, 0.01), "form_submitted", lambda _: ours).refused
