"""The bank's seeds against 241 messages that people might write (docs/text.md says how the table came about)."""

import hashlib

import pytest
import yaml

from garbo.core.policy.reading import COMPLAINT, STOP
from garbo.policy import load
from tests.unit.text.figures import (
    FIELDS,
    HALVES,
    MESSAGES,
    PAGE,
    ROOT,
    accuracy,
    falsely,
    judged,
    redrawn,
)

# Two points under what was measured; a change of the seeds that reads worse must say so here.
FLOORS = {
    "dev": {"theme": 0.89, "intent": 0.94, "tone": 0.94},
    "held_out": {"theme": 0.83, "intent": 0.89, "tone": 0.94},
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("field", FIELDS)
def test_the_seeds_read_at_least_so_well(half: str, field: str) -> None:
    assert accuracy(judged(half), field) >= FLOORS[half][field]


@pytest.mark.parametrize("half", HALVES)
def test_false_complaints_are_rare(half: str) -> None:
    """A false complaint stops all offers for three months, and gets an apology that nobody understands."""
    false, of = falsely(judged(half), COMPLAINT)
    assert of > 80
    assert false / of < 0.05


@pytest.mark.parametrize("half", HALVES)
def test_nobody_who_writes_on_is_taken_for_somebody_who_wants_silence(half: str) -> None:
    assert 0 == falsely(judged(half), STOP)[0]


def test_the_page_states_these_figures() -> None:
    page = PAGE.read_text("utf-8")
    assert page == redrawn(page)


def test_the_table_is_large_enough_and_both_halves_have_everything() -> None:
    assert sum(len(judged(half)) for half in HALVES) >= 220
    for half in HALVES:
        messages = judged(half)
        assert len({m.text for m in messages}) == len(messages)
        assert {"it", "en", "mix"} == {m.language for m in messages}
        intents = {m.person.intent for m in messages}
        assert {"question", "complaint", "praise", "stop", "call_me", "fraud", ""} == intents


def test_the_halves_were_drawn_by_the_messages_themselves() -> None:
    """In the order of their digests, every second one is held out: nobody chose."""
    written = yaml.safe_load(MESSAGES.read_text("utf-8"))
    texts = [message["text"] for half in HALVES for message in written[half]]
    texts.sort(key=lambda text: hashlib.sha256(text.encode()).hexdigest())
    assert {m["text"] for m in written["held_out"]} == set(texts[1::2])


def test_labels_are_words_of_the_policy() -> None:
    policy = load(ROOT / "examples" / "bank")
    for half in HALVES:
        assert {m.person.theme for m in judged(half)} <= {"", *policy.themes}
        assert {m.person.tone for m in judged(half)} <= {"", "complaint", "negative", "praise"}
