"""README.md shows a real event, its real decision record and the real output of `garbo explain`.

Red after a change of the example bank or of a sentence: `python -m tests.docs.readme`.
"""

import json

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.testing.driver import Driver
from tests.docs.readme import PROMPT, README, block, event, explained, played, published, record

TEXT = README.read_text("utf-8")


@pytest.fixture(scope="module")
def driver() -> Driver:
    return played()


def test_the_event_is_the_last_message_of_the_story() -> None:
    assert event() == json.loads(block(TEXT, "event"))


def test_every_value_of_the_record_is_what_was_decided(driver: Driver) -> None:
    shown, decided = json.loads(block(TEXT, "record")), record(driver)
    (shown_score,), (score,) = shown.pop("scored"), decided["scored"]
    assert {name: decided[name] for name in shown} == shown
    assert {name: score[name] for name in shown_score} == shown_score


def test_the_explanation_is_the_output_of_the_command(driver: Driver, embedded: KafkaSettings) -> None:
    published(driver, embedded)
    assert PROMPT + explained(embedded) == block(TEXT, "explain")
