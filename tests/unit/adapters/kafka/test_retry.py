"""Asking again: until there is an answer, until it is too late, until nobody wants it."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from garbo.adapters.kafka import retry
from garbo.adapters.kafka.retry import is_transient, retry_until, retry_until_async, wait_until
from garbo.errors import BrokerError

MOVED = KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)
FORBIDDEN = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)


def answers(*found: KafkaError | str) -> tuple[Callable[[], str], list[int]]:
    """A question that is answered so, one after the other, and the number of times it was asked."""
    left: Iterator[KafkaError | str] = iter(found)
    asked: list[int] = []

    def ask() -> str:
        asked.append(len(asked))
        answer = next(left)
        if isinstance(answer, KafkaError):
            raise KafkaException(answer)
        return answer

    return ask, asked


def test_an_error_that_passes_is_asked_through() -> None:
    ask, asked = answers(MOVED, MOVED, "here")
    assert ("here", 3) == (retry_until("asking", ask), len(asked))


def test_an_error_that_does_not_pass_is_a_sentence_at_once() -> None:
    ask, asked = answers(FORBIDDEN, "here")
    with pytest.raises(BrokerError, match=r"reading the end: .*TOPIC_AUTHORIZATION_FAILED"):
        retry_until("reading the end", ask)
    assert len(asked) == 1


def test_an_error_that_does_not_pass_in_time_is_a_sentence() -> None:
    ask, asked = answers(MOVED, "here")
    with pytest.raises(BrokerError, match="NOT_LEADER_FOR_PARTITION"):
        retry_until("asking", ask, timeout_s=0.0)
    assert len(asked) == 1


@pytest.mark.parametrize("error", [MOVED, FORBIDDEN])
def test_what_is_not_wanted_any_more_is_not_asked_again_and_no_error(error: KafkaError) -> None:
    ask, asked = answers(error, "here")
    assert retry_until("asking", ask, lambda: not asked) is None
    assert len(asked) == 1


def test_what_was_never_wanted_is_not_asked() -> None:
    ask, asked = answers("here")
    assert (retry_until("asking", ask, lambda: False), asked) == (None, [])


def test_an_error_of_another_kind_comes_through() -> None:
    def broken() -> str:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        retry_until("asking", broken)


def test_a_fatal_error_never_passes() -> None:
    assert is_transient(KafkaError(KafkaError._TRANSPORT))
    assert not is_transient(KafkaError(KafkaError._TRANSPORT, "gone", True))


def test_waiting_ends_when_it_is_done_and_when_it_is_too_late() -> None:
    looks = iter([False, False, True])
    assert wait_until(lambda: next(looks), 60.0, pause_s=0.0)
    assert not wait_until(lambda: False, 0.0, pause_s=0.0)


def awaited(ask: Callable[[], str], wanted: Callable[[], bool] = lambda: True, timeout_s: float = 60.0) -> str | None:
    async def answer() -> str:
        return ask()

    return asyncio.run(
        retry_until_async("seeking", answer, wanted, pause_s=0.0, also=(KafkaError._STATE,), timeout_s=timeout_s)
    )


def test_an_awaited_answer_is_asked_for_likewise() -> None:
    """Also through an error that the caller names."""
    ask, asked = answers(MOVED, KafkaError(KafkaError._STATE), "here")
    assert ("here", 3) == (awaited(ask), len(asked))
    for error, timeout_s in ((FORBIDDEN, 60.0), (MOVED, 0.0)):
        ask, asked = answers(error, "here")
        with pytest.raises(BrokerError, match="seeking: "):
            awaited(ask, timeout_s=timeout_s)
        assert len(asked) == 1


@pytest.mark.parametrize("error", [MOVED, FORBIDDEN])
def test_an_awaited_answer_that_is_not_wanted_any_more_is_no_error(error: KafkaError) -> None:
    ask, asked = answers(error, "here")
    assert awaited(ask, lambda: not asked) is None
    assert len(asked) == 1
