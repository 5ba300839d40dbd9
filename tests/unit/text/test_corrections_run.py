"""Corrections through the whole pipeline: a clerk corrects, the model learns, the next text is read by it, and every
decision is made again to the byte; who has not given `profiling` teaches nothing."""

from collections.abc import Iterable, Sequence
from functools import cache
from textwrap import dedent

import pytest

from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.recompute.trail import Tally, Trail
from garbo.audit.verify.rules import Rules
from garbo.core.party import corrections
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Learn
from garbo.errors import StoreError
from garbo.learning.text import TextLearner, models_of
from garbo.processors.model_state import load as load_state
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import Topics
from garbo.replay.what_if.full import FullReplay
from garbo.replay.what_if.one_step import Made, OneStep
from garbo.replay.what_if.tally import Differing
from garbo.replay.what_if.tally import Tally as WhatIfTally
from garbo.testing import Driver, load_policy, play, touchpoint
from garbo.text.linear import Class, TextState, encode
from tests.unit.audit.recompute.test_trail import recomputed
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.audit.verify.village import FILES, UNPROFILED, lived, rules_of

KIND = "  relabel: {meaning: a clerk corrects, channels: [call_centre], corrects: true}\n        lifecycle:"
TEXTS = FILES | {
    "journey.yaml": FILES["journey.yaml"].replace("lifecycle:", KIND),
    "needs.yaml": FILES["needs.yaml"]
    + "      report: {label: {en: report}, intents: [fraud], gather: 0s, answer_within: 1h, resolved_by: []}\n",
    "actions.yaml": FILES["actions.yaml"]
    .replace("answers: [question]", "answers: [question, report]")
    .replace("{on: overdue, name: question}", "{on: overdue, name: question}, {on: overdue, name: report}"),
    "themes.yaml": FILES["themes.yaml"]
    + "    intents: {fraud: [stolen], question: ['?']}\n        learn: [intent, theme]\n",
}
PARTITIONS = 2  # of the village
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


def named(version: str) -> str:
    """A version without the digest of its content."""
    return version.rpartition(".")[0]


def readings(driver: Driver) -> list[tuple[str, tuple[str, ...]]]:
    forms = [d for d in driver.decisions() if d.event_kind == "question_form" and d.event_type == "touchpoint"]
    return [(d.event_detail, tuple(named(m) for m in d.models if m.startswith("text."))) for d in forms[-2:]]


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


def trail(run: Recorded, *policies: CompiledPolicy) -> Trail:
    def read(topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        everywhere = partition is None or DECIDE_CHANGELOG in topics
        return (r for r in run.read(topics) if everywhere or r.partition == partition)

    return Trail(read, run.codec, Topics(), run.log, policies)


def one_step(run: Recorded, before: CompiledPolicy, after: CompiledPolicy) -> list[Made]:
    step = OneStep(trail(run, before, after), before, after, PARTITIONS)
    return [made for partition in range(PARTITIONS) for made in step.walk(partition)]


def last_two(found: list[Made]) -> list[str]:
    """The intents that another policy reads in the two letters."""
    records = sorted((m.other for m in found if m.other), key=lambda record: record.at)
    letters = [r for r in records if (r.event_type, r.event_kind) == ("touchpoint", "question_form")]
    return [record.event_detail for record in letters[-2:]]


def test_a_what_if_reads_a_text_by_the_models_that_read_it_then() -> None:
    recorded, same = Recorded(run()), compiled(policy())
    without = TEXTS | {"themes.yaml": TEXTS["themes.yaml"].replace("learn: [intent, theme]", "")}
    again = one_step(recorded, same, same)
    assert [] == [m for m in again if m.why_not or m.changes]
    assert ["", "fraud"] == last_two(again)
    assert not [m.other for m in again if m.other and m.other.event_detail == "fraud" and m.other.chosen]
    words = compiled(load_policy({name: dedent(text) for name, text in without.items()}))
    assert ["", ""] == last_two(one_step(recorded, same, words))


def test_a_full_replay_under_the_same_policy_gives_what_was_recorded() -> None:
    recorded, same = Recorded(run()), compiled(policy())
    asked = trail(recorded, same)
    kept: list[Differing] = []
    replay = FullReplay(
        lambda topics, partition: (r for r in recorded.read(topics) if partition in (None, r.partition)),
        recorded.codec, Topics(), asked.inputs(None), same, same, PARTITIONS, WhatIfTally(kept.append),
    )  # fmt: skip
    replay.run()
    assert [] == kept
    assert replay.recorded == replay.as_recorded > 0


def test_a_model_of_texts_shows_how_often_it_read_right_and_no_hash() -> None:
    model = models_of(policy())["text.intent"]
    state = load_state(model, None)
    for number in range(3):
        features = {"#1": 1.0, "seed=": 0.1, "class=fraud": 1.0}
        state.take(
            Learn("text.intent", f"e{number}/intent", "p", 0, "fraud", features, 1, 0, 0, "", "correction"), number
        )
    assert [1, 2] == [sum(state.progressive.refused), sum(state.progressive.accepted)]
    assert {} == state.progressive.use.seen
    assert state.learner.state() == load_state(model, state.row()).learner.state()


def test_a_row_of_a_model_of_texts_that_cannot_be_read_says_so() -> None:
    model = models_of(policy())["text.intent"]
    state = load_state(model, None)
    state.learner = Unreadable()
    with pytest.raises(StoreError, match="learner row of model 'text"):
        load_state(model, state.row())


class Unreadable(TextLearner):
    def state(self) -> bytes:
        return encode(TextState((Class("a", b"\1", b""),)))


def broken(driver: Driver) -> set[str]:
    return {j.name for j in Recorded(driver).report(by=rules()).results if j.violations}
