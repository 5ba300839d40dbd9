"""Lag: what is left to do, control records at a log's end not counted."""

from types import SimpleNamespace
from typing import Any

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime import lag
from garbo.runtime.lag import LagMeter, behind
from garbo.runtime.partition import TP

HERE = TP("in", 0)


def app(position: int | None, fetched: int | None = None, end_met: int | None = None) -> Any:
    return SimpleNamespace(
        unit=SimpleNamespace(positions={} if position is None else {HERE: position}),
        consumer=SimpleNamespace(
            fetched={} if fetched is None else {HERE: fetched},
            ends={} if end_met is None else {HERE: end_met},
        ),
    )


def test_what_lies_behind_the_position_is_lag() -> None:
    assert behind(app(position=10, fetched=10), HERE, end=25) == 15


def test_control_records_at_the_end_are_none() -> None:
    assert behind(app(position=10, fetched=10, end_met=12), HERE, end=12) == 0


def test_an_end_met_does_not_hide_what_is_fetched_and_not_processed() -> None:
    assert behind(app(position=10, fetched=40, end_met=42), HERE, end=42) == 32


def test_a_restart_at_the_end_has_no_lag() -> None:
    assert behind(app(position=10, end_met=12), HERE, end=12) == 0


def test_a_partition_not_sought_yet_has_none() -> None:
    assert behind(app(position=None), HERE, end=12) == 0


def test_after_a_question_that_failed_another_client_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first one knew of the leaders may be from before a broker's restart; it would fail for minutes."""
    made: list[Any] = []
    asked: list[Any] = []

    def tell(app: Any, client: Any) -> None:
        asked.append(client)
        if client is made[0]:
            raise RuntimeError("FENCED_LEADER_EPOCH")

    monkeypatch.setattr(lag, "AdminClient", lambda config: made.append(object()) or made[-1])
    monkeypatch.setattr(lag, "_tell", tell)
    meter = LagMeter([SimpleNamespace(kafka=KafkaSettings("127.0.0.1:1"), settings=SimpleNamespace(name="count"))])  # type: ignore[list-item]
    for _ in range(3):
        meter.measure()
    assert asked == [made[0], made[1], made[1]]
