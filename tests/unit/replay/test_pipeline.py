"""A pipeline's watcher outlives what passes: a topic made a moment ago has no leader yet."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka import retry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError
from garbo.replay.pipeline import Pipeline

NO_LEADER = KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
REFUSED = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    nowhere = KafkaSettings("127.0.0.1:1", client={"log_level": "0"})
    pipeline = Pipeline(nowhere, AvroCodec(PackagedRegistry()), 2)
    yield pipeline
    pipeline.close()


def told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, *answers: KafkaException | tuple[int, list[int]]) -> None:
    """What the broker says, one answer after the other; the last one for ever."""
    left = list(answers)

    def look() -> tuple[int, list[int]]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, KafkaException):
            raise answer
        return answer

    monkeypatch.setattr(pipeline, "_look", look)


def test_what_passes_is_asked_again(watched: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    told(watched, monkeypatch, NO_LEADER, (4, [3, 1]), NO_LEADER, (0, [3, 1]))
    watched.wait_idle(30)
    assert watched.lag() == 0


@pytest.mark.parametrize(("problem", "timeout"), [(REFUSED, 30.0), (NO_LEADER, 0.2)])
def test_what_does_not_pass_or_not_in_time_is_told(
    watched: Pipeline, monkeypatch: pytest.MonkeyPatch, problem: KafkaException, timeout: float
) -> None:
    told(watched, monkeypatch, problem)
    with pytest.raises(BrokerError, match="the broker does not say how far the processors are: "):
        watched.wait_idle(timeout)
