"""How far dispatchers are behind, by what a client answers."""

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime import dispatcher_lag
from garbo.runtime.dispatcher_lag import DispatcherLag

NOTHING = -1001
TOPICS = ("actions.email", "actions.sms")


class Client:
    """A consumer: what its group has committed, and two partitions of each topic with offsets 10 to 25."""

    def __init__(self, committed: dict[tuple[str, int], int] | None) -> None:
        """committed: None for a broker that does not answer."""
        self.known = committed
        self.closed = False

    def list_topics(self, **_: Any) -> Any:
        return SimpleNamespace(topics={name: SimpleNamespace(partitions={0: None, 1: None}) for name in TOPICS})

    def committed(self, places: list[TopicPartition], **_: Any) -> list[TopicPartition]:
        if self.known is None:
            raise RuntimeError("NOT_COORDINATOR")
        return [TopicPartition(p.topic, p.partition, self.known.get((p.topic, p.partition), NOTHING)) for p in places]

    def get_watermark_offsets(self, place: TopicPartition, **_: Any) -> tuple[int, int]:
        return 10, 25

    def close(self) -> None:
        self.closed = True


def measured(
    monkeypatch: pytest.MonkeyPatch, clients: dict[str, list[Client]], rounds: int = 1
) -> list[tuple[str, str, int]]:
    """What is reported of the groups in `rounds`; clients: those each group gets, one after another."""
    monkeypatch.setattr(dispatcher_lag, "Consumer", lambda config: clients[config["group.id"]].pop(0))
    found: list[tuple[str, str, int]] = []
    meter = DispatcherLag(KafkaSettings("127.0.0.1:1"), list(clients), "actions.", lambda *report: found.append(report))
    for _ in range(rounds):
        meter.measure()
    return found


def test_a_groups_lag_is_what_it_has_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client({("actions.email", 0): 20, ("actions.email", 1): 25})
    assert measured(monkeypatch, {"senders": [client]}, rounds=2) == [("senders", "actions.email", 5)] * 2


def test_a_partition_on_which_it_has_committed_nothing_is_behind_from_its_oldest_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert measured(monkeypatch, {"senders": [Client({("actions.sms", 0): 25})]}) == [("senders", "actions.sms", 15)]


def test_what_retention_deleted_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client({("actions.sms", 0): 3, ("actions.sms", 1): 25})
    assert measured(monkeypatch, {"senders": [client]}) == [("senders", "actions.sms", 15)]


def test_a_group_that_never_committed_has_no_lag_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, {"senders": [Client({})]}) == []


def test_a_question_that_failed_hides_no_other_group_and_another_client_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = {("actions.sms", 0): 20, ("actions.sms", 1): 25}
    deaf = Client(None)
    found = measured(monkeypatch, {"callers": [deaf, Client(here)], "senders": [Client(here)]}, rounds=2)
    assert [group for group, _, _ in found] == ["senders", "callers", "senders"]
    assert deaf.closed


def test_without_groups_there_is_no_thread() -> None:
    meter = DispatcherLag(KafkaSettings("127.0.0.1:1"), [], TOPICS, lambda *report: None)
    meter.start()
    meter.stop()
    assert not meter._thread.is_alive()
