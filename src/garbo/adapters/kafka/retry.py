"""Which of librdkafka's errors pass by themselves, and how long to wait for that.

When a broker restarts, or a topic was made a moment ago, `committed`, `list_offsets` and the like are answered by
`FENCED_LEADER_EPOCH` or `NOT_LEADER_FOR_PARTITION`, although asking again a moment later succeeds: a worker that died
of it would turn one broker's restart into its own.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException

from garbo.errors import BrokerError

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_S: Final = 60.0  # a broker's restart takes 3-30 s
PAUSE_S: Final = 0.5

# What librdkafka does not always mark as retriable, and is.
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
    patience_s: float = PATIENCE_S,
) -> T | None:
    """Ask until there is an answer; None when it is not wanted any more.

    Raises:
        BrokerError: the error does not pass, or not in time.
    """
    until = time.monotonic() + patience_s
    while wanted():
        try:
            return ask()
        except KafkaException as problem:
            error = error_of(problem)
            if not wanted():
                break
            if not is_transient(error) or time.monotonic() > until:
                raise BrokerError(f"{what}: {error}") from problem
            log.info("%s: %s; asking again", what, error)
            time.sleep(PAUSE_S)
    return None
