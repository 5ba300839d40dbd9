# ruff: noqa: E501 -- a table: one case a line
"""I26 on forged records and on policies that follow each other."""

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Final

import pytest
from msgspec.structs import replace

from garbo.audit.verify import feedback, rules
from garbo.audit.verify.feedback import weights_of
from garbo.audit.verify.log import Log, collect
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Disposition
from garbo.policy.loader import bundle
from garbo.testing import Driver, consent, load_policy, play, profile, touchpoint
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.audit.verify.village import FILES, lived, policy, village_rules
from tests.unit.policy.bank import BANK

PERMITS: Final = ("personal_data", "own_promotion", "profiling")
TEXTS: Final = {name: dedent(text) for name, text in FILES.items()}


@pytest.fixture(scope="module")
def run() -> Driver:
    return lived()


def violations(run: Driver, change: dict[str, object], of_scored: dict[str, object]) -> list[str]:
    """What I26 says after the record of a weighed gift is changed."""
    recorded = Recorded(run)
    made = next(d for d in recorded.decisions() if any(s.narrows for s in d.scored))
    scored = tuple(replace(s, **of_scored) if s.narrows else s for s in made.scored)  # type: ignore[arg-type]
    forged = replace(made, scored=scored, **change)  # type: ignore[arg-type]
    recorded.swap(
        "decisions", lambda r: decision_id(recorded, r.value) == made.decision_id, recorded.codec.encode(forged)
    )
    result = recorded.report(by=village_rules()).of("I26")
    assert result.checked
    return [v.partition(": ")[2] for v in result.violations]


def decision_id(recorded: Recorded, value: bytes | None) -> str:
    return recorded.codec.decision(value or b"").decision_id


def test_versions_are_computed_alike() -> None:
    """The checker names a policy as the loader does, without its code."""
    assert policy().version == weights_of(TEXTS).version
    assert weights_of(json.loads(bundle(BANK))) == rules.read(BANK).weights


@pytest.mark.parametrize(
    ("change", "of_scored", "says"),
    [
        ({}, {}, []),
        ({}, {"feedback": 1.3}, ["gift: weighs 1.3, outside 1 to 1.25", "gift: weighs 1.3 at village/known, for which 1.05 is written",
                                 "gift: has the context 1.05, which its weights and the factor 1.3 do not give"]),
        ({}, {"feedback": 1.1, "context": 1.1}, ["gift: weighs 1.1 at village/known, for which 1.05 is written"]),
        ({}, {"feedback": 1.0, "narrows": ""}, ["gift: has the context 1.05, which its weights and the factor 1 do not give"]),
        ({}, {"narrows": "village/asks"}, ["gift: weighs 1.05 at village/asks, for which 1 is written",
                                           "gift: is weighed at village/asks, but is no marketing that leads on from there"]),
        ({"feedback": "2026-W11"}, {}, ["names feedback '2026-W11', but its policy has '2026-W10'"]),
        ({"feedback": ""}, {}, ["names feedback '', but its policy has '2026-W10'",
                                "gift: weighs 1.05 without the stage and the version of the weight"]),
    ],
)  # fmt: skip
def test_a_forged_record_is_found(
    run: Driver, change: dict[str, object], of_scored: dict[str, object], says: list[str]
) -> None:
    assert says == violations(run, change, of_scored)


# ---- policies that follow each other


def weighing(week: str, weight: float) -> dict[str, str]:
    """The village's texts with this weight of this week; "": without feedback."""
    text = f"version: {week}\nweights: {{village: {{known: {{weight: {weight}}}}}}}\n" if week else ""
    return {**TEXTS, "feedback.yaml": text}


def decided_by(policies: Sequence[Mapping[str, str]]) -> Log:
    """A decision by each, one after the other, and all of them on policy-versions."""
    recorded = Recorded(Driver(policy()))
    for at, texts in enumerate(policies):
        weights = weights_of(texts)
        made = DecisionRecord(
            f"d{at}", "p", f"e{at}", "touchpoint", "page_view", at, at, Disposition.DECIDED, weights.version,
            feedback=weights.week,
        )  # fmt: skip
        recorded.append("decisions", b"p", recorded.codec.encode(made))
        recorded.append("policy-versions", b"policy", json.dumps(texts, sort_keys=True).encode())
    return collect(recorded.read, recorded.codec, recorded.log)


@pytest.mark.parametrize(
    ("policies", "moves"),
    [
        ([("2026-W10", 1.05), ("2026-W11", 1.1)], []),
        ([("2026-W10", 1.05), ("2026-W11", 1.15)], [("1.05", "1.15")]),
        ([("2026-W10", 1.05), ("2026-W13", 1.2)], []),  # three weeks, three steps
        ([("2025-W52", 1.05), ("2026-W01", 1.1), ("2026-W02", 1.15)], []),
        ([("2026-W10", 1.25), ("2026-W11", 1.0)], [("1.25", "1")]),  # down no faster than up
        ([("2026-W10", 1.0), ("2026-W11", 1.05), ("2026-W11", 1.1)], [("1", "1.1")]),
        ([("", 0), ("2026-W10", 1.05)], []),
        ([("", 0), ("2026-W10", 1.2)], [("1", "1.2")]),
        ([("2026-W10", 1.2), ("", 0)], []),  # it was switched off
        ([("2026-W10", 1.2), ("", 0), ("2026-W11", 1.25)], []),
    ],
)
def test_no_weight_moves_faster_than_a_step_a_week(
    policies: list[tuple[str, float]], moves: list[tuple[str, str]]
) -> None:
    log = decided_by([weighing(*given) for given in policies])
    assert len(policies) == len(log.policies) == len(log.decisions)
    said = feedback.check(log, None, truncated=False).violations
    assert moves == [tuple(re.findall(r"(?:from|to) ([\d.]+) ", v)) for v in said]


def test_what_was_before_a_log_without_its_beginning_is_not_known() -> None:
    log = decided_by([weighing("", 0), weighing("2026-W10", 1.2)])
    assert feedback.check(log, None, truncated=False).violations
    assert not feedback.check(log, None, truncated=True).violations


def test_a_message_that_is_no_policy_was_never_in_force() -> None:
    log = decided_by([weighing("2026-W10", 1.05)])
    log.policies += [{"journey.yaml": "journeys: ["}, {}]
    assert not feedback.check(log, None, truncated=False).violations


# ---- published to a running engine


@pytest.mark.parametrize(("third", "moves"), [(1.1, []), (1.2, [("1", "1.2"), ("1.05", "1.2")])])
def test_weights_that_are_published_while_it_runs_are_followed(third: float, moves: list[tuple[str, str]]) -> None:
    """The engine starts without feedback, and gets the weights of two weeks by policy-versions."""
    known = [weighing("", 0), weighing("2026-W10", 1.05), weighing("2026-W11", third)]
    driver = Driver(load_policy(known[0]), partitions=1)
    who = {"customer_id": "c"}
    play(driver, [profile("2026-03-01 08:00", phone="+39 333 0000001", language="en", **who)], "2026-03-01 08:01")
    play(driver, [consent(c, True, "2026-03-01 08:02", **who) for c in sorted(PERMITS)], "2026-03-01 08:03")
    for texts, day in zip(known, ("2026-03-02", "2026-03-11", "2026-03-20"), strict=True):
        driver.send_raw("policy-versions", b"policy", json.dumps(texts, sort_keys=True, separators=(",", ":")).encode())
        play(driver, [touchpoint("branch", "fair", f"{day} 10:00", theme="gift", **who)], f"{day} 10:01")
    scored = [(d.feedback, s.feedback) for d in driver.decisions() for s in d.scored]
    assert [("", 1.0), ("2026-W10", 1.05), ("2026-W11", third)] == scored
    recorded = Recorded(driver)
    log = collect(recorded.read, recorded.codec, recorded.log)
    said = feedback.check(log, None, truncated=False).violations
    assert moves == [tuple(re.findall(r"(?:from|to) ([\d.]+) ", v)) for v in said]
