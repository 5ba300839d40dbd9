"""Lag: what is left to do, control records at a log's end not counted."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime import lag
from garbo.runtime.lag import LagMeter, LagSource, Progress, behind
from garbo.runtime.partition import TP

HERE = TP("in", 0)


def test_what_lies_behind_the_position_is_lag() -> None:
    assert behind(Progress(position=10, fetched=10, end_met=10), end=25) == 15


def test_control_records_at_the_end_are_none() -> None:
    assert behind(Progress(position=10, fetched=10, end_met=12), end=12) == 0


def test_an_end_met_does_not_hide_what_is_fetched_and_not_processed() -> None:
    assert behind(Progress(position=10, fetched=40, end_met=42), end=42) == 32


def test_a_partition_not_sought_yet_has_none() -> None:
    assert behind(None, end=12) == 0


class Admin:
    """An admin client that knows one end, or fails."""

    def __init__(self, end: int | None) -> None:
        self.end = end
        self.asked = 0

    def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, Any]:
        self.asked += 1
        if self.end is None:
            raise RuntimeError("FENCED_LEADER_EPOCH")
        future: Future[Any] = Future()
        future.set_result(TopicPartition("in", 0, self.end))
        return dict.fromkeys(asked, future)


def test_after_a_question_that_failed_another_client_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first one knew of the leaders may be from before a broker's restart; it would fail for minutes."""
    waiting = [Admin(None), Admin(25)]
    made: list[Admin] = []
    monkeypatch.setattr(lag, "AdminClient", lambda config: made.append(waiting.pop(0)) or made[-1])
    reports: list[Any] = []
    source = LagSource(
        "count",
        KafkaSettings("127.0.0.1:1"),
        lambda: [HERE],
        lambda tp: Progress(10, 10, 10),
        lambda *report: reports.append(report),
    )
    meter = LagMeter([source])
    for _ in range(3):
        meter.measure()
    assert [client.asked for client in made] == [1, 2]
    assert reports == [({HERE: 15}, True), ({HERE: 15}, True)]


def test_nobody_is_asked_while_no_partition_may_be_processed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Admin(25)
    monkeypatch.setattr(lag, "AdminClient", lambda config: client)
    reports: list[Any] = []
    LagMeter([LagSource("count", KafkaSettings("127.0.0.1:1"), lambda: (), lambda tp: None, reports.append)]).measure()  # type: ignore[arg-type]
    assert (client.asked, reports) == (0, [])


def test_a_partition_without_an_answer_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition without a leader: the lag of the others is reported, the heartbeat learns of no total."""
    there = TP("in", 1)

    class HalfDeaf(Admin):
        def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, Any]:
            answered: Future[Any] = Future()
            answered.set_result(TopicPartition("in", 0, 25))
            refused: Future[Any] = Future()
            refused.set_exception(RuntimeError("LEADER_NOT_AVAILABLE"))
            return {place: answered if place.partition == 0 else refused for place in asked}

    monkeypatch.setattr(lag, "AdminClient", lambda config: HalfDeaf(25))
    reports: list[Any] = []
    LagMeter(
        [
            LagSource(
                "count", KafkaSettings("127.0.0.1:1"), lambda: [HERE, there], lambda tp: Progress(10, 10, 10),
                lambda *report: reports.append(report),
            )
        ]
    ).measure()  # fmt: skip
    assert reports == [({HERE: 15}, False)]
