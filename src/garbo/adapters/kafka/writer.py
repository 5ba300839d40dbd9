"""A producer for the commands that feed topics: demo, replay, policy publish, redrive. Processors do not use it.

Rules
 1. It is idempotent and gapless: records of one partition arrive in order and once, or the writer fails.
 2. A key lands on the partition where Java clients put it (murmur2).
 3. Records have arrived once `flush` returns, and not before.
 4. With a transactional id, records are written within `transaction`. A later writer with the same id fences an earlier
    one, and begins only when the transaction of the earlier one is decided.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from garbo.adapters.kafka.retry import error_of
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError
from garbo.processors.ports import Headers

TIMEOUT_S: Final = 30.0  # a broker's restart takes 3 to 30 s; a person at a terminal does not wait longer

_FENCED: Final = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})

_quiet = logging.getLogger("garbo.librdkafka")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Writer:
    """`with Writer(settings) as w: w.write(...)`: flushes at the end; after an error it drops what is left.

    Args:
        timeout_s: how long one record may take to arrive, and how long a flush waits while none arrives (seconds).
        progress: called by `write` and `flush` with the number of records that have arrived so far.
        transactional_id: rule 4; None: without transactions.

    Attributes:
        written: records handed over.
        arrived: records the broker has acknowledged.
    """

    def __init__(
        self, settings: KafkaSettings, *, timeout_s: float = TIMEOUT_S, progress: Callable[[int], None] | None = None,
        linger_ms: int = 5, transactional_id: str | None = None,
    ) -> None:  # fmt: skip
        self._where, self._timeout_s, self._progress = settings.bootstrap, timeout_s, progress
        self._failure: KafkaError | None = None
        self.written = self.arrived = 0
        config: dict[str, Any] = {
            **settings.producer(),
            "linger.ms": linger_ms,
            "delivery.timeout.ms": int(timeout_s * 1000),
            "logger": _quiet,
        }
        self._transactional = transactional_id is not None
        if transactional_id is not None:
            config["transactional.id"] = transactional_id
        try:
            self._producer = Producer(config)
        except KafkaException as problem:
            raise BrokerError(f"Kafka's client refuses its settings: {problem.args[0].str()}.") from problem
        if self._transactional:
            self._coordinated(self._producer.init_transactions)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside becomes visible together, or, after an error, not at all.

        Without a transactional id it becomes visible as it is written, and has arrived at the end.

        Raises:
            BrokerError: a record cannot arrive, or another writer with the same transactional id has begun.
        """
        if not self._transactional:
            yield
            self.flush()
            return
        self._coordinated(lambda _: self._producer.begin_transaction())
        try:
            yield
            self.flush()
        except BaseException:
            with suppress(BrokerError):  # the first error says more; the broker aborts what is left open
                self._coordinated(self._producer.abort_transaction)
            raise
        self._coordinated(self._producer.commit_transaction)

    def _coordinated(self, ask: Callable[[float], object]) -> None:
        """Ask the transaction's coordinator; an answer that may come later is asked for again."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                ask(self._timeout_s)
                return
            except KafkaException as problem:
                error = error_of(problem)
                if error.code() in _FENCED:
                    raise _overtaken() from problem
                if not error.retriable() or time.monotonic() > deadline:
                    raise BrokerError(f"The broker at {self._where} ends no transaction: {error.str()}.") from problem

    def write(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int = -1,
        timestamp_ms: int = 0,
        headers: Headers = (),
        on_arrival: Callable[[], None] | None = None,
    ) -> None:
        """Hand a record over. `topic` is the complete name; partition -1: by the key; timestamp 0: now.

        It waits while the producer's queue is full. It calls `on_arrival` from a later `write` or `flush`, once the
        broker has acknowledged this record; never for one that is lost.

        Raises:
            BrokerError: this or an earlier record cannot arrive.
        """
        deadline = time.monotonic() + self._timeout_s
        delivered = self._on_delivery if on_arrival is None else partial(self._on_delivery, on_arrival=on_arrival)
        more: dict[str, Any] = {"headers": list(headers)} if headers else {}
        while True:
            self._ask(self._producer.poll, 0)
            self._check()
            try:
                self._producer.produce(topic, value, key, partition, delivered, timestamp=timestamp_ms, **more)
                break
            except BufferError:
                if time.monotonic() > deadline:
                    raise BrokerError(f"The broker at {self._where} takes no more records; see its log.") from None
                self._ask(self._producer.poll, 0.1)
            except KafkaException as problem:
                self._failure = self._failure or problem.args[0]
                self._check()
        self.written += 1
        self._report()

    def flush(self) -> None:
        """Return once all written records have arrived.

        Raises:
            BrokerError: a record cannot arrive, or none has arrived for the timeout.
        """
        before, since = self.arrived, time.monotonic()
        while self._ask(self._producer.flush, 0.2):
            self._check()
            self._report()
            if self.arrived != before:
                before, since = self.arrived, time.monotonic()
            elif time.monotonic() - since > self._timeout_s + 5:  # librdkafka's own limit is reached first
                raise BrokerError(f"The broker at {self._where} acknowledges nothing; see its log.")
        self._check()
        self._report()

    def _on_delivery(
        self, error: KafkaError | None, message: Message, on_arrival: Callable[[], None] | None = None
    ) -> None:
        if error is None:
            self.arrived += 1
            if on_arrival is not None:
                on_arrival()
        elif self._failure is None:
            self._failure = error

    def _ask(self, ask: Callable[[float], int], timeout: float) -> int:
        """A fatal error comes out of `poll` and `flush` as well as by a report."""
        try:
            return ask(timeout)
        except KafkaException as problem:
            self._failure = self._failure or error_of(problem)
        except SystemError as problem:  # it was raised already when the client called the next report
            if not isinstance(problem.__cause__, KafkaException):
                raise
            self._failure = self._failure or error_of(problem.__cause__)
        return 1

    def _check(self) -> None:
        if self._failure is not None and self._failure.code() in _FENCED:
            raise _overtaken()
        if self._failure is not None:
            raise BrokerError(
                f"The broker at {self._where} did not take a record ({self._failure.str()}); "
                f"{self.arrived} of {self.written} arrived. Check the address, the topics (`garbo topics`) and its log."
            )

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(self.arrived)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.purge(in_queue=True, in_flight=True, blocking=False)
            self._ask(self._producer.flush, 1.0)


def _overtaken() -> BrokerError:
    return BrokerError(
        "Another process began the same work and took this one's place; see what it did, then start again."
    )
