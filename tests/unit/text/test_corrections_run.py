"""Corrections through the whole pipeline: a clerk corrects, the model learns, the next text is read by it, and every
decision is made again to the byte; who has not given `profiling` teaches nothing."""

from functools import cache
from textwrap import dedent

import pytest

from garbo.audit.recompute.trail import Tally
from garbo.audit.verify.rules import Rules
from garbo.core.party import corrections
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.testing import Driver, load_policy, play, touchpoint
from tests.unit.audit.recompute.test_trail import recomputed
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.audit.verify.village import FILES, UNPROFILED, lived, rules_of

KIND = "  relabel: {meaning: a clerk corrects, channels: [call_centre], corrects: true}\n        lifecycle:"
TEXTS = FILES | {
    "journey.yaml": FILES["journey.yaml"].replace("lifecycle:", KIND),
    "themes.yaml": FILES["themes.yaml"]
    + "    intents: {fraud: [stolen], question: ['?']}\n        learn: [intent, theme]\n",
}
TEXT = "Somebody took all my savings in Caracas"


@cache
def policy() -> Policy:
    return load_policy({name: dedent(text) for name, text in TEXTS.items()})


def rules() -> Rules:
    return rules_of(TEXTS)


def run(corrects: int = 4) -> Driver:
    """After the village's two weeks one writes, a clerk corrects how that was read, and another writes the same."""
    driver = lived(policy())
    relabel = {"right_intent": "fraud", "right_theme": "none"}
    play(
        driver,
        [touchpoint("web", "question_form", "2026-03-24 09:00", text=TEXT, customer_id="c4")],
        "2026-03-24 10:00",
    )
    play(
        driver,
        [
            touchpoint(
                "call_centre", "relabel", "2026-03-24 10:00", text=TEXT, attributes=relabel, customer_id=f"c{corrects}"
            )
        ],
        "2026-03-24 11:00",
    )
    play(
        driver,
        [touchpoint("web", "question_form", "2026-03-24 12:00", text=TEXT, customer_id="c5")],
        "2026-03-24 13:00",
    )
    return driver


def examples(driver: Driver) -> list[str]:
    found = [driver.codec.example(record.value or b"") for record in driver.log["learning-examples"]]
    return [example.model for example in found if example.model.startswith("text.")]


def readings(driver: Driver) -> list[tuple[str, tuple[str, ...]]]:
    forms = [d for d in driver.decisions() if d.event_kind == "question_form" and d.event_type == "touchpoint"]
    return [(d.event_detail, tuple(m for m in d.models if m.startswith("text."))) for d in forms[-2:]]


def test_the_next_text_is_read_by_what_was_corrected_and_all_is_recomputed_to_the_byte() -> None:
    driver = run()
    assert ["text.theme", "text.intent"] == examples(driver)
    assert [("", ()), ("fraud", ("text.intent@1", "text.theme@1"))] == readings(driver)
    assert not driver.dead_letters()
    recorded = Recorded(driver)
    tally: Tally = recomputed(recorded, [compiled(policy())])[0]
    assert (len(recorded.log["decisions"]), []) == (tally.same, tally.examples)
    assert set() == broken(driver)


def test_no_word_of_the_text_leaves_the_log_of_events() -> None:
    driver = run()
    for topic, records in driver.log.items():
        holds = any(b"Caracas" in (record.value or b"") or b"caracas" in (record.value or b"") for record in records)
        assert holds is (topic in ("touchpoints", "party-events")), topic


def test_without_profiling_nothing_is_learnt() -> None:
    driver = run(UNPROFILED)
    assert not examples(driver)
    assert [("", ()), ("", ())] == readings(driver)
    assert set() == broken(driver)


def test_checker_finds_a_correction_that_was_learnt_without_the_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "profiled", lambda _: True)
    assert {"I11"} == broken(run(UNPROFILED))


def broken(driver: Driver) -> set[str]:
    return {j.name for j in Recorded(driver).report(by=rules()).results if j.violations}
