"""I21: what the checker says about the probabilities of one choice, and of its lineups."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from garbo.audit.verify.log import Decision, Place
from garbo.audit.verify.mixture import faults
from garbo.core.vocabulary.effects import Lineup, Scored
from tests.unit.audit.verify.village import FILES, rules_of, village_rules

HERE = Place("decisions", 0, 1)


def scored(action: str, chance: float) -> Scored:
    return Scored(action, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, chance, 0)


def lineup(role: str, share: float, silence: float, *probabilities: float) -> Lineup:
    model = "" if role == "champion" else f"{role}@1"
    return Lineup(model, role, share, silence, (0.1,) * 2, (1.0,) * 2, probabilities)


def chose(chances: Sequence[float], silence: float, *lineups: Lineup, chosen: str = "card_offer") -> Decision:
    rows = tuple(scored(name, chance) for name, chance in zip(("card_offer", "gift"), chances, strict=True))
    chance = next((row.probability for row in rows if row.action == chosen), 0.0)
    return Decision(
        HERE, HERE, "d-1", "p", "e-1", 1, "decided", chosen, "a-1", 1, "v", "", "", 1, "touchpoint", "fair", "",
        "event", "", chance, (), True, False, rows, lineups, silence,
    )  # fmt: skip


CHAMPION = lineup("champion", 0.8, 0.1, 0.9, 0.0)
CHALLENGER = lineup("challenger", 0.2, 0.0, 0.0, 1.0)
SHADOW = lineup("shadow", 0.0, 1.0, 0.0, 0.0)
MIXED = [0.72, 0.2]


@pytest.mark.parametrize(
    "decision",
    [
        chose([0.9, 0.05], 0.05),
        chose(MIXED, 0.08, CHAMPION, CHALLENGER, SHADOW),
        chose(MIXED, 0.08, CHAMPION, CHALLENGER, chosen=""),
    ],
)
def test_the_mixture_is_no_violation(decision: Decision) -> None:
    assert [] == faults(decision, village_rules())


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (chose([0.9, 0.05], 0.06), "its probabilities sum to 1.01"),
        (chose([0.0, 0.9], 0.1), "card_offer was chosen with probability 0.0"),
        (chose([0.9, 0.1], 0.0, chosen=""), "silence was chosen with probability 0.0"),
        (chose([0.9, 0.0], 0.1, CHAMPION, CHALLENGER), "candidate 1 has probability 0.9"),  # of the champion alone
        (chose(MIXED, 0.08, CHAMPION, lineup("shadow", 0.2, 0.0, 0.0, 1.0)), "a share went to shadow@1"),
        (chose([0.9, 0.0], 0.1, CHAMPION, SHADOW), "the shares of its lineups do not sum to 1"),
        (chose(MIXED, 0.08, CHAMPION, lineup("challenger", 0.2, 0.0, 0.0, 0.9)), "challenger@1 do not sum to 1"),
        (chose(MIXED, 0.08, CHAMPION, lineup("challenger", 0.2, 0.0, 1.0)), "not one probability for each candidate"),
    ],
)
def test_another_probability_than_that_of_the_draw_is_seen(decision: Decision, why: str) -> None:
    assert any(why in fault for fault in faults(decision, village_rules()))


@pytest.mark.parametrize(("share", "seen"), [(0.2, False), (0.1, True), (0.0, True)])
def test_a_share_that_models_yaml_does_not_give_is_seen(share: float, seen: bool) -> None:
    rules = replace(village_rules(), shares={"challenger": share, "shadow": 0.0})
    found = faults(chose(MIXED, 0.08, CHAMPION, CHALLENGER, SHADOW), rules)
    assert found == ([f"challenger@1 had a share of 0.2, models.yaml says {share}"] if seen else [])


def test_the_share_is_that_of_the_file() -> None:
    rival = "          rival: {role: challenger, of: cards, share: 0.25, estimator: constant}\n"
    assert {"cards": 0.0, "rival": 0.25} == rules_of(
        {"models.yaml": FILES["models.yaml"].rstrip() + "\n" + rival}
    ).shares
