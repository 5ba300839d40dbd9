# ruff: noqa: E501 -- a table: one case a line
"""The step of a weight, what the hold-out shows, and the file: each by itself."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.choice.hold_out import held_out
from garbo.core.policy.feedback import LEAST, MOST, STEP, Feedback, JourneyWeights, StageWeight
from garbo.core.policy.policy import HoldOut, Policy
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.feedback import Bar, Step, outranked, step, week_of
from garbo.journeys.feedback_file import NAME, text_of
from garbo.journeys.finding import Finding
from garbo.journeys.flow_log import from_files
from garbo.journeys.hold_out import Comparison, Group, StageKey, compare, group_of
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.policy import load_text
from tests.unit.policy.bank import sample

WISH: Final[StageKey] = ("pension", "wish")
SAMPLE: Final = load_text(sample())
BETTER: Final = Comparison(Group(9000, 3600, 0.005), Group(1100, 330, 0.01))
ALIKE: Final = Comparison(Group(9000, 2700, 0.005), Group(1100, 330, 0.01))
WORSE: Final = Comparison(Group(9000, 1800, 0.005), Group(1100, 330, 0.01))


def weighing(weight: float, week: str = "2026-W47", policy: Policy = SAMPLE) -> Policy:
    weights = {"pension": JourneyWeights({"wish": StageWeight(weight)})} if weight > LEAST else {}
    return replace(policy, feedback=Feedback(week, weights))


def finding(stage: StageKey = WISH, cause: str = "outranked") -> Finding:
    return Finding(*stage, cause, 0.2, 0.15, 0.25, 0.1, 0.3, 1.0, 1.0, 0.4, 0.1, visits=10_000)


def stepped(policy: Policy, found: Comparison | None = BETTER, *, claimed: bool = True, week: str = "2026-W48") -> Step:
    claims = outranked([finding()] if claimed else [])
    return step(policy, week, claims, {} if found is None else {WISH: found}, Bar())


# ---- the step


@pytest.mark.parametrize(
    ("before", "found", "claimed", "after", "why"),
    [
        (1.0, BETTER, True, 1.05, "`outranked` narrows it (its relief would raise completions by 20.0%), and the treated go onward more often than the hold-out"),
        (1.2, BETTER, True, 1.25, "`outranked` narrows it"),
        (1.25, BETTER, True, 1.25, "`outranked` narrows it"),
        (1.23, BETTER, True, 1.25, "`outranked` narrows it"),
        (1.1, BETTER, False, 1.05, "it is not claimed that `outranked` narrows it"),
        (1.03, BETTER, False, 1.0, "it is not claimed that `outranked` narrows it"),
        (1.1, ALIKE, True, 1.05, "the hold-out does not show that marketing leads on from it"),
        (1.1, WORSE, True, 1.05, "the hold-out does not show that marketing leads on from it"),
        (1.0, WORSE, True, 1.0, "the hold-out does not show that marketing leads on from it"),
        (1.0, BETTER._replace(held_out=Group(312, 0, 0.001)), True, 1.0, "312 visits in the hold-out, 1,000 are needed"),
        (1.1, BETTER._replace(treated=Group(999, 999, 0.001)), True, 1.05, "999 visits of the treated, 1,000 are needed"),
        (1.0, None, True, 1.0, "0 visits in the hold-out, 1,000 are needed"),
    ],
)  # fmt: skip
def test_a_weight_rises_only_with_proof_and_falls_otherwise(
    before: float, found: Comparison | None, claimed: bool, after: float, why: str
) -> None:
    made = stepped(weighing(before), found, claimed=claimed)
    (change,) = made.changes
    assert (before, after) == (change.before, change.after)
    assert change.why.startswith(why)
    assert after == made.feedback.weight(*WISH)
    assert ("2026-W48", "") == (made.feedback.week, made.why_not) or before == after


def test_only_what_arbitration_causes_is_weighed() -> None:
    causes = ("rule", "cap", "consent", "capacity", "slow", "negative", "outranked")
    assert {WISH: finding()} == outranked([finding(cause=cause) for cause in causes])


def test_without_a_hold_out_nothing_rises() -> None:
    (change,) = stepped(weighing(1.1, policy=replace(SAMPLE, hold_out=HoldOut()))).changes
    assert (1.05, "the policy has no hold-out: hold_out.share is 0") == (change.after, change.why)


def test_what_the_hold_out_gets_too_shows_nothing() -> None:
    texts = sample()
    texts["journey.yaml"] = texts["journey.yaml"].replace("[sms_pension_offer]", "[email_form_help]")
    (change,) = stepped(weighing(1.0, policy=load_text(texts))).changes
    assert (1.0, "no action that advances it is marketing, so the hold-out gets the same") == (change.after, change.why)


def test_a_weight_of_one_leaves_the_file_and_the_evidence_stays_beside_the_others() -> None:
    assert Feedback("2026-W48", {}) == stepped(weighing(1.05), claimed=False).feedback
    made = stepped(weighing(1.05)).feedback.weights["pension"].stages["wish"]
    assert StageWeight(1.1, 0.1, 0.0781, 0.1219, 9000, 1100) == made


def test_nothing_claimed_and_nothing_weighed_is_no_step() -> None:
    made = stepped(SAMPLE, claimed=False)
    assert (Feedback(), ()) == made[:2]
    assert "no stage is claimed to narrow" in made.why_not


@pytest.mark.parametrize(
    ("week", "why"), [("2026-W48", "is already made"), ("2026-W47", "is not possible before 2026-W48")]
)
def test_a_week_has_one_step(week: str, why: str) -> None:
    first = stepped(weighing(1.0)).feedback
    again = stepped(replace(SAMPLE, feedback=first), week=week)
    assert (first, ()) == (again.feedback, again.changes)
    assert why in again.why_not


@pytest.mark.parametrize(
    ("day", "week"),
    [("2026-11-29", "2026-W48"), ("2026-11-30", "2026-W49"), ("2027-01-01", "2026-W53"), ("2027-01-04", "2027-W01")],
)
def test_weeks_are_those_of_the_calendar_in_utc(day: str, week: str) -> None:
    assert week == week_of(int(np.datetime64(day, "ms").astype(int)))


groups = st.builds(Group, st.integers(0, 5000), st.integers(0, 5000), st.floats(0, 0.1))
comparisons = st.none() | st.builds(Comparison, groups, groups)
calendar = [week_of(n * 7 * DAY) for n in range(2900, 2930)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(calendar), comparisons, st.booleans()), max_size=30), st.floats(LEAST, MOST))
def test_whatever_is_found_weights_stay_in_bounds_and_move_by_a_step_a_week(
    runs: list[tuple[str, Comparison | None, bool]], start: float
) -> None:
    policy, moved = weighing(start, calendar[0]), dict[str, float]()
    for week, found, claimed in runs:
        before = policy.feedback
        made = stepped(policy, found, claimed=claimed, week=week).feedback
        weight = made.weight(*WISH)
        assert LEAST <= weight <= MOST
        moved[week] = moved.get(week, 0.0) + abs(weight - before.weight(*WISH))
        assert moved[week] <= STEP + 1e-9
        policy = replace(policy, feedback=made)
        if made.week == week:  # once more in the same week, on whatever data: the same file, to the byte
            again = stepped(policy, found, claimed=not claimed, week=week).feedback
            assert text_of(made) == text_of(again)


# ---- the file


@pytest.mark.parametrize(
    "weights", [{}, {"pension": JourneyWeights({"wish": StageWeight(1.05, -0.0412, -0.1, 0.07, 9, 8)})}]
)
def test_the_file_is_read_as_it_was_written(weights: dict[str, JourneyWeights]) -> None:
    written = Feedback("2026-W48", weights)
    assert written == load_text({**sample(), NAME: text_of(written)}).feedback


# ---- the hold-out

RULE: Final = HoldOut(0.3, 30 * DAY, "salt")
PLAN: Final = JourneyPlan("j", [StagePlan("a", patience=2 * DAY), StagePlan("b"), StagePlan("c")], ["a", "b", "c"], "c")
T0: Final = 900 * DAY  # a period begins
PARTIES: Final = {
    group: [f"p{n}" for n in range(99) if held_out(RULE, f"p{n}", T0) is group] for group in (False, True)
}


def fact(party: str, at: int, kind: str, origin: str, target: str = "", **more: Any) -> dict[str, Any]:
    known = {"partition": 0, "offset": 0, "axis": "journey", "journey": "j", "dwell_ms": 0}
    return {**known, "party": party, "at": at, "kind": kind, "origin": origin, "target": target, **more}


def compared(folder: Path, facts: Iterable[dict[str, Any]], stage: str = "a", since: int = 0) -> Comparison:
    (folder / "journey-flows.jsonl").write_text("".join(json.dumps(f) + "\n" for f in facts), "utf-8")
    with from_files(folder) as connection:
        return compare(connection, {"j": PLAN}, [("j", stage)], RULE, since=since)["j", stage]


def visit(party: str, at: int, target: str, dwell: int = HOUR) -> list[dict[str, Any]]:
    """From `a`; target: "" to stay, "!" to drop out."""
    found = [fact(party, at, "enter", "", "a")]
    if target == "!":
        found.append(fact(party, at + dwell, "drop", "a", dwell_ms=dwell))
    elif target:
        found.append(fact(party, at + dwell, "move", "a", target, dwell_ms=dwell))
    return found


LATER: Final = fact("later", T0 + 10 * DAY, "stay", "b")  # the log goes on, so that visits are ripe


def sums(found: Comparison) -> tuple[tuple[int, int], tuple[int, int]]:
    return (found.treated.visits, found.treated.onward), (found.held_out.visits, found.held_out.onward)


def test_each_visit_counts_in_the_group_of_its_party(tmp_path: Path) -> None:
    treated, held = PARTIES[False][:3], PARTIES[True][:2]
    facts = [LATER, *visit(treated[0], T0, "b"), *visit(treated[1], T0, "c"), *visit(treated[2], T0, "!")]
    facts += [*visit(held[0], T0, "b"), *visit(held[1], T0, "")]  # the last one is still there
    assert ((3, 2), (2, 1)) == sums(compared(tmp_path, facts))


def test_the_group_is_that_of_the_entry_even_if_the_period_ends_meanwhile(tmp_path: Path) -> None:
    end = T0 + 30 * DAY
    party = next(p for p in PARTIES[True] if not held_out(RULE, p, end))
    late = fact("later", end + 10 * DAY, "stay", "b")
    assert ((0, 0), (1, 1)) == sums(compared(tmp_path, [late, *visit(party, end - HOUR, "b", dwell=2 * HOUR)]))


def test_what_is_taken_back_or_merged_is_no_visit(tmp_path: Path) -> None:
    one, other = PARTIES[False][:2]
    moved = visit(one, T0, "b")
    facts = [LATER, *moved, moved[1] | {"sign": -1}, fact(one, T0 + DAY, "drop", "a", dwell_ms=DAY)]
    facts += [*visit(other, T0, ""), fact(other, T0 + HOUR, "merged", "a", dwell_ms=HOUR)]
    assert ((1, 0), (0, 0)) == sums(compared(tmp_path, facts))


def test_young_visits_and_those_before_since_do_not_count(tmp_path: Path) -> None:
    one, other, third = PARTIES[False][:3]
    facts = [LATER, *visit(one, T0, "b"), *visit(other, T0 + 8 * DAY, "b"), *visit(third, T0 + 3 * DAY, "b")]
    assert ((2, 2), (0, 0)) == sums(compared(tmp_path, facts))  # patience of 2 d: ripe after 3 d
    assert ((1, 1), (0, 0)) == sums(compared(tmp_path, facts, since=T0 + DAY))


def test_back_and_aside_are_not_onward(tmp_path: Path) -> None:
    one, other = PARTIES[False][:2]
    facts = [LATER, fact(one, T0, "move", "a", "b"), fact(one, T0 + 1, "move", "b", "a", dwell_ms=1)]
    facts += [fact(other, T0, "move", "a", "b"), fact(other, T0 + 1, "move", "b", "beside", dwell_ms=1)]
    assert ((2, 0), (0, 0)) == sums(compared(tmp_path, facts, "b"))


def test_a_log_without_parties_compares_nothing(tmp_path: Path) -> None:
    facts = [{k: v for k, v in f.items() if k != "party"} for f in [LATER, *visit("p", T0, "b")]]
    assert ((0, 0), (0, 0)) == sums(compared(tmp_path, facts))


def test_the_interval_contains_the_truth_though_a_partys_visits_hang_together() -> None:
    """Each person has a share of their own, and several visits: 95 of 100 intervals must hold, counting parties."""
    random, inside = np.random.default_rng(5), 0
    for _ in range(400):
        shares, visits = random.beta(1, 2, 300), 1 + random.poisson(3, 300)
        onward = random.binomial(visits, shares)
        found = group_of(zip(visits.tolist(), onward.tolist(), strict=True))
        inside += abs(found.share - 1 / 3) <= 1.96 * found.error
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.parametrize(("parties", "error"), [([], 0.0), ([(3, 1)], 1.0), ([(1, 1), (-1, -1)], 0.0)])
def test_one_party_says_nothing_of_the_others(parties: list[tuple[int, int]], error: float) -> None:
    assert error == group_of(parties).error
