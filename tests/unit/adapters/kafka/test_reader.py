"""Reading begins where topics begin and end, also when a topic was made a moment ago."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from garbo.adapters.kafka import reader, retry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError

KAFKA = KafkaSettings("nowhere:1")


class Leaderless:
    """A consumer whose broker elects a leader only after `refusals` questions."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    def get_watermark_offsets(self, place: object, timeout: float) -> tuple[int, int]:
        if self.left:
            self.left -= 1
            raise KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
        return 2, 7


@pytest.mark.parametrize("refusals", [0, 1, 3])
def test_a_leader_to_come_is_waited_for(monkeypatch: pytest.MonkeyPatch, refusals: int) -> None:
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    assert reader._marks(Leaderless(refusals), [("t", 0)], KAFKA, 5.0) == {("t", 0): (2, 7)}  # type: ignore[arg-type]


def test_a_leader_that_never_comes_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    with pytest.raises(BrokerError, match="The broker at nowhere:1 does not say where its topics end"):
        reader._marks(Leaderless(10**9), [("t", 0)], KAFKA, 0.0)  # type: ignore[arg-type]


class Absent:
    """A consumer without a broker: it waits as long as it is asked to."""

    def __init__(self) -> None:
        self.waited = 0.0
        self.closed = False

    def list_topics(self, timeout: float) -> None:
        self.waited += timeout
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    "ask",
    [
        lambda: reader.present(KAFKA),
        lambda: reader.read_all(KAFKA, ["t"]),
        lambda: reader.tail(KAFKA, ["t"], until=lambda: True),
        lambda: reader.partition_count(KAFKA, "t"),
    ],
)
def test_without_a_broker_a_person_waits_seconds_and_reads_what_to_check(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    consumer = Absent()
    monkeypatch.setattr(reader, "Consumer", lambda config: consumer)
    with pytest.raises(BrokerError, match=r"nowhere:1 does not answer .*check the address"):
        ask()
    assert (5.0, True) == (consumer.waited, consumer.closed)
