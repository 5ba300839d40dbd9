"""A pipeline's watcher survives transient errors: a new topic has no leader for a moment."""

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


def answer(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, *answers: KafkaException | tuple[int, list[int]]
) -> None:
    """The broker's answers, one after the other; the last one repeats."""
    left = list(answers)

    def look() -> tuple[int, list[int]]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, KafkaException):
            raise answer
        return answer

    monkeypatch.setattr(pipeline, "_look", look)


def test_transient_error_is_retried(watched: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(watched, monkeypatch, NO_LEADER, (4, [3, 1]), NO_LEADER, (0, [3, 1]))
    watched.wait_idle(30)
    assert watched.lag() == 0


@pytest.mark.parametrize(("problem", "timeout"), [(REFUSED, 30.0), (NO_LEADER, 0.2)])
def test_permanent_error_or_one_that_lasts_too_long_is_raised(
    watched: Pipeline, monkeypatch: pytest.MonkeyPatch, problem: KafkaException, timeout: float
) -> None:
    answer(watched, monkeypatch, problem)
    with pytest.raises(BrokerError, match="the broker does not return the processors' offsets: "):
        watched.wait_idle(timeout)
