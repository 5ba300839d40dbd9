"""Reading begins where topics begin and end, also when a topic was made a moment ago."""

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


def test_a_leader_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    with pytest.raises(BrokerError, match="The broker at nowhere:1 does not say where its topics end"):
        reader._marks(Leaderless(10**9), [("t", 0)], KAFKA, 0.1)  # type: ignore[arg-type]
