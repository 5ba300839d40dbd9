"""Feedback weighs in arbitration alone, where the party stands, and the record says so: through the whole engine."""

from textwrap import dedent
from typing import Final

import pytest
from msgspec.structs import replace

from garbo.core.policy.feedback import MOST
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.processors.ports import InboundMessage
from garbo.testing import Driver, consent, instant, load_policy, play, profile, touchpoint
from tests.unit.audit.verify.village import FILES

AT: Final = "2026-03-09 10:00"
LEADS_ON: Final = (
    # Nothing is drawn, and the hint, which scores 10 where the offer scores 12, leads on from the stage.
    ("policy.yaml", "exploration: 0.3", "exploration: 0"),
    ("policy.yaml", "share: 0.2", "share: 0"),
    ("journey.yaml", "advance: [gift]", "advance: [card_hint]"),
)


def village(weight: float | None, *edits: tuple[str, str, str]) -> dict[str, str]:
    """The village, where the stage `known` has this weight; None: without feedback.yaml."""
    texts = {name: dedent(text) for name, text in FILES.items() if name != "feedback.yaml"}
    for file, old, new in (*LEADS_ON, *edits):
        assert old in texts[file], f"{file} has no {old!r}"
        texts[file] = texts[file].replace(old, new, 1)
    if weight is not None:
        texts["feedback.yaml"] = f"version: 2026-W10\nweights: {{village: {{known: {{weight: {weight}}}}}}}\n"
    return texts


def person(*, profiling: bool = True) -> list[InboundMessage]:
    given = ["personal_data", "own_promotion", *["profiling"] * profiling]
    return [
        profile("2026-03-09 08:00", customer_id="c", email="c@example.org", phone="+39 333 0000001", language="en",
                attributes={"age": 30}),
        *(consent(name, True, "2026-03-09 08:01", customer_id="c") for name in given),
    ]  # fmt: skip


def looked(texts: dict[str, str], *more: InboundMessage, profiling: bool = True) -> list[DecisionRecord]:
    """The decisions on somebody who looks at cards, after all else."""
    look = touchpoint("web", "page_view", AT, theme="card", customer_id="c")
    driver = play(Driver(load_policy(texts)), [*person(profiling=profiling), *more, look], instant(AT) + 1)
    return driver.decisions()


def decision(texts: dict[str, str], **how: bool) -> DecisionRecord:
    return next(d for d in looked(texts, **how) if d.event_kind == "page_view")


def test_an_action_wins_because_of_the_weight_and_the_record_says_so() -> None:
    assert "card_offer" == decision(village(None)).chosen
    heavy = decision(village(1.25))
    assert ("card_hint", "2026-W10") == (heavy.chosen, heavy.feedback)
    by_name = {s.action: s for s in heavy.scored}
    assert (1.25, 1.25, "village/known") == (
        by_name["card_hint"].feedback, by_name["card_hint"].context, by_name["card_hint"].narrows
    )  # fmt: skip
    assert (1.0, 1.0, "") == (
        by_name["card_offer"].feedback, by_name["card_offer"].context, by_name["card_offer"].narrows
    )  # fmt: skip


def test_the_factors_multiply_out_to_the_score() -> None:
    for s in decision(village(1.25)).scored:
        value = s.value_company + s.customer_weight * s.value_customer
        assert s.score == s.propensity * s.context * s.lever * value - s.cost - s.pressure_weight * s.pressure


def test_the_weight_multiplies_the_actions_own_weights() -> None:
    own = ("actions.yaml", "value_company: 50\n", "value_company: 50\n    context: {known: 1.1, lead: 0.5}\n")
    hint = next(s for s in decision(village(1.2, own)).scored if s.action == "card_hint")
    assert (0.5 * 1.1 * 1.2, 1.2) == (hint.context, hint.feedback)


def test_a_weight_of_one_changes_nothing_but_the_versions() -> None:
    """Byte for byte: the records differ in the field that names the version, and in the policy's version."""
    plain, neutral = looked(village(None)), looked(village(1.0))
    assert {"2026-W10"} == {d.feedback for d in neutral if d.disposition == "decided"}
    assert {""} == {d.feedback for d in plain}
    assert plain == [
        replace(d, feedback="", policy_version=p.policy_version) for d, p in zip(neutral, plain, strict=True)
    ]


def test_without_profiling_nobody_stands_anywhere() -> None:
    """Where a person stands is behaviour; a call that the dialler asks for competes all the same."""
    call = ("journey.yaml", "advance: [card_hint]", "advance: [card_call]")
    asked = [
        touchpoint("branch", "fair", "2026-03-09 09:00", customer_id="c"),
        touchpoint("call_centre", "call_list", "2026-03-09 09:30", theme="card", customer_id="c"),
    ]
    for profiling, expected in ((True, {(1.25, "village/known")}), (False, {(1.0, "")})):
        found = [d for d in looked(village(1.25, call), *asked, profiling=profiling) if d.event_kind == "call_list"]
        assert expected == {(s.feedback, s.narrows) for d in found for s in d.scored}


def test_at_another_stage_nothing_is_weighed() -> None:
    """An action is weighed at the stage that it advances, not wherever it competes."""
    question = touchpoint("web", "question_form", "2026-03-09 09:00", theme="card", customer_id="c")
    found = [d for d in looked(village(1.25), question) if d.event_kind == "page_view"]
    assert {""} == {s.narrows for d in found for s in d.scored}


@pytest.mark.parametrize("value", [0, 1])
def test_what_is_worth_less_than_silence_by_more_than_the_weight_stays_silent(value: int) -> None:
    """Silence scores 2 here: a hint that is worth .2 euro at most stays under it with the greatest weight."""
    edits = (
        ("policy.yaml", "pressure_weight: 0.1", "pressure_weight: 0.1, silence_score: 2"),
        ("actions.yaml", "value_company: 60", "value_company: 0"),
        ("actions.yaml", "value_company: 50", f"value_company: {value}"),
    )
    found = decision(village(MOST, *edits))
    assert "" == found.chosen
    assert found.scored
    assert all(s.score < 2 and s.probability == 0.0 for s in found.scored)


def test_no_gate_and_no_cap_reads_the_weight() -> None:
    """With a weight that changes no choice, the same candidates pass and the same are held back."""
    cap = ("contact_policy.yaml", "at_most: 3, window: 7d, groups: [cards]", "at_most: 1, window: 7d, groups: [cards]")
    again = touchpoint("web", "page_view", "2026-03-09 09:00", theme="card", customer_id="c")
    light, heavy = (looked(village(w, cap), again) for w in (1.0, 1.15))
    assert [[b.reason for b in d.blocked] for d in light] == [[b.reason for b in d.blocked] for d in heavy]
    assert [{s.action for s in d.scored} for d in light] == [{s.action for s in d.scored} for d in heavy]
    assert 1.15 in {s.feedback for d in heavy for s in d.scored}
    assert any(b.reason == "cap_reached" for d in heavy for b in d.blocked)
