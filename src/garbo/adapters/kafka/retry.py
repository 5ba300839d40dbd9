"""Which of librdkafka's errors pass by themselves, and how long to ask again.

After a broker's restart, or when a topic is new, the broker answers `committed`, `list_offsets` and the like with
`FENCED_LEADER_EPOCH` or `NOT_LEADER_FOR_PARTITION`, although the same question succeeds a moment later. If a worker
died of such an answer, one broker's restart would become a restart of every worker.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from operator import not_
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
)

from garbo.errors import BrokerError

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_S: Final = 60.0  # how long a question is asked again: a broker's restart takes 3-30 s
PAUSE_S: Final = 0.5  # between two questions

# Errors that pass, but that librdkafka does not always mark as retriable.
_PASSING: Final = frozenset(
    {
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._WAIT_COORD,
        KafkaError._WAIT_CACHE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
    }
)


def error_of(problem: KafkaException) -> KafkaError:
    """The error inside librdkafka's exception."""
    error: KafkaError = problem.args[0]
    return error


def is_transient(error: KafkaError) -> bool:
    """Asking again may succeed."""
    return not error.fatal() and (error.retriable() or error.code() in _PASSING)


def retry_until(
    what: str,
    ask: Callable[[], T],
    wanted: Callable[[], bool] = lambda: True,
    timeout_s: float = PATIENCE_S,
) -> T | None:
    """Ask until there is an answer, or for `timeout_s`; None as soon as the answer is not wanted any more.

    Raises:
        BrokerError: the error does not pass, or not in time.
    """

    def log_error(state: RetryCallState) -> None:
        log.info("%s: %s; asking again", what, state.outcome and state.outcome.exception())

    try:
        for attempt in Retrying(**_policy(wanted, timeout_s, PAUSE_S), before_sleep=log_error):
            if not wanted():
                break
            with attempt:
                return ask()
    except KafkaException as problem:
        if wanted():
            raise BrokerError(f"{what}: {error_of(problem)}") from problem
    return None


async def retry_until_async(
    what: str,
    ask: Callable[[], Awaitable[T]],
    wanted: Callable[[], bool],
    *,
    pause_s: float,
    also: Collection[int] = (),
    timeout_s: float = PATIENCE_S,
) -> T | None:
    """`retry_until` for an answer that is awaited. also: further codes of errors that pass, besides the transient ones.

    Raises:
        BrokerError: the error does not pass, or not in time.
    """
    try:
        async for attempt in AsyncRetrying(**_policy(wanted, timeout_s, pause_s, also)):
            if not wanted():
                break
            with attempt:
                return await ask()
    except KafkaException as problem:
        if wanted():
            raise BrokerError(f"{what}: {error_of(problem)}") from problem
    return None


def _policy(wanted: Callable[[], bool], timeout_s: float, pause_s: float, also: Collection[int] = ()) -> dict[str, Any]:
    """Which errors are asked again, how often and for how long, in tenacity's words."""

    def again(problem: BaseException) -> bool:
        if not isinstance(problem, KafkaException):
            return False
        error = error_of(problem)
        return is_transient(error) or error.code() in also

    too_late = stop_after_delay(timeout_s)
    return {
        "retry": retry_if_exception(again),
        "stop": lambda state: too_late(state) or not wanted(),
        "wait": wait_fixed(pause_s),
        "reraise": True,
    }


def wait_until(done: Callable[[], bool], timeout_s: float, pause_s: float) -> bool:
    """Ask every `pause_s` until it is done; False when it is not done after `timeout_s`."""
    attempts = Retrying(
        retry=retry_if_result(not_),
        stop=stop_after_delay(timeout_s),
        wait=wait_fixed(pause_s),
        retry_error_callback=lambda _: False,
    )
    return attempts(done)
