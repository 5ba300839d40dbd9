# ruff: noqa: E501 -- tables: one case a line
"""feedback.yaml: weights reach the core, what cannot weigh is refused by name, and what changes is said in words."""

import pytest

from garbo.core.policy.compiled import compiled
from garbo.core.policy.feedback import Feedback, StageWeight
from garbo.policy import load_text
from garbo.policy.diff import differences, sentences
from garbo.policy.loader import version_of
from tests.unit.policy.bank import report_of, sample

FILE = "feedback.yaml"
WEIGHTS = """\
version: 2026-W48
weights:
  pension:
    wish: {weight: 1.05, gain: 0.04, low: 0.01, high: 0.07, visits: 9000, held_out: 1100}
"""


def weighted(text: str = WEIGHTS) -> dict[str, str]:
    return {**sample(), FILE: text}


def test_without_the_file_nothing_is_weighed() -> None:
    policy = load_text(sample())
    assert Feedback() == policy.feedback
    assert {} == compiled(policy).weighed


def test_an_empty_file_is_off_too() -> None:
    assert Feedback() == load_text(weighted("")).feedback


def test_the_weight_and_its_evidence_reach_the_core() -> None:
    policy = load_text(weighted())
    assert "2026-W48" == policy.feedback.week
    assert StageWeight(1.05, 0.04, 0.01, 0.07, 9000, 1100) == policy.feedback.weights["pension"].stages["wish"]
    assert {"sms_pension_offer": {("pension", "wish"): 1.05}} == compiled(policy).weighed
    assert 1.0 == policy.feedback.weight("pension", "offer") == policy.feedback.weight("bank", "enquiry")


def test_the_weights_are_a_part_of_the_version() -> None:
    assert 3 == len({version_of(t) for t in (sample(), weighted(), weighted(WEIGHTS.replace("1.05", "1.1")))})


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("pension:", "pensoin:", 3, "unknown journey 'pensoin'; did you mean 'pension'?"),
        ("wish:", "whish:", 4, "unknown stage 'whish'; did you mean 'wish'?"),
        ("wish:", "offer:", 4, "'offer' of pension has no advance, so there is nothing to weigh: add advance, or remove it here"),
        ("1.05", "1.3", 4, "weights.pension.wish.weight: '1.3' is out of range: it must be at most 1.25"),
        ("1.05", "0.95", 4, "weights.pension.wish.weight: '0.95' is out of range: it must be at least 1"),
        ("2026-W48", "2026-48", 1, "version: '2026-48': a week is written 2026-W48, and must be in the calendar"),
        ("2026-W48", "2025-W53", 1, "version: '2025-W53': a week is written 2026-W48, and must be in the calendar"),
        ("version: 2026-W48\n", "", 1, "weights without a version: add the ISO week of their last step, such as version: 2026-W48"),
        ("gain:", "gian:", 4, "unknown key 'gian'; did you mean 'gain'?"),
        ("weight: 1.05, ", "", 4, "weights.pension.wish: the key 'weight' is missing: add it"),
    ],
)  # fmt: skip
def test_what_cannot_weigh_is_refused_by_name(old: str, new: str, line: int, says: str) -> None:
    assert old in WEIGHTS
    errors = [str(e) for e in report_of(weighted(WEIGHTS.replace(old, new, 1))).errors]
    assert [f"{FILE}:{line}: {says}"] == errors


def test_a_stage_that_only_service_advances_has_nothing_to_weigh() -> None:
    texts = weighted()
    texts["journey.yaml"] = texts["journey.yaml"].replace("[sms_pension_offer]", "[email_form_help]")
    found = [str(e) for e in report_of(texts).errors if e.file == FILE]
    assert ["no action that advances 'wish' of pension is of the class marketing"] == [e.split(": ")[1].split(",")[0] for e in found]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("", WEIGHTS, ["feedback: version nothing becomes “2026-W48”",
                       "feedback, journey pension is new: stages wish weight 1.05, gain 4%, low 1%, high 7%, visits 9000, held out 1100"]),
        (WEIGHTS, WEIGHTS.replace("1.05", "1.1").replace("W48", "W49"), ["feedback: version “2026-W48” becomes “2026-W49”",
                                                                        "feedback, journey pension, stage wish: weight 1.05 becomes 1.1"]),
        (WEIGHTS, "version: 2026-W48\n", ["feedback, journey pension is gone"]),
    ],
)  # fmt: skip
def test_what_changes_is_said_in_words(before: str, after: str, says: list[str]) -> None:
    old, new = load_text(weighted(before)), load_text(weighted(after))
    assert says == [one.text for one in sentences(differences(old, new), new.zone)]
