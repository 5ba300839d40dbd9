"""Everything a processor writes leaves through one librdkafka producer.

- `partitioner=murmur2_random`: a key lands where Java clients put it. librdkafka's own default is CRC32.
- Idempotent always. Without transactions also gapless: a record the producer gave up on must not be followed by
  later ones of its partition that do arrive. (With transactions there is no need: one failed record fails them all.)
- The first error poisons the checkpoint: it is remembered and met at the commit, which then does not happen.
- A transactional producer that was cut off from a broker is not used again. `send_offsets_to_transaction` keeps the
  group's coordinator in a cache, and once that connection was lost it waits for ever, whatever its timeout (librdkafka
  2.16, issues 5456 and 5511; each time, in a trial). A new client in its place takes milliseconds.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as KafkaProducer

from garbo.adapters.kafka.retry import error_of
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import FencedError
from garbo.processors.ports import Headers
from garbo.runtime.settings import ProcessorSettings

Delivered = Callable[[KafkaError | None, Message], None]

QUEUE_MESSAGES: Final = 500_000  # what may wait to be sent; several commit intervals at full load
FLUSH_SLICE_S: Final = 1.0


# What librdkafka says of a connection that was lost, or could not be made.
_CUT_OFF: Final = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN})


class RecordProducer:
    """librdkafka's producer with its failures in one place.

    Attributes:
        client: librdkafka's producer; None before `connect`.
        error: the first failure of the open checkpoint.
        cut_off: a connection was lost since the client was made.
    """

    def __init__(self, kafka: KafkaSettings, settings: ProcessorSettings, *, transactional: bool) -> None:
        self._settings = client_settings(kafka, settings, transactional=transactional)
        self.client: Any = None
        self.error: KafkaError | None = None
        self.cut_off = False
        self._give_up_s = settings.delivery_timeout_ms / 1000 + 10.0

    def connect(self) -> None:
        """Make the client; nothing can be sent before."""
        self.client = KafkaProducer({**self._settings, "error_cb": self._on_error})

    def _on_error(self, error: KafkaError) -> None:
        if error.code() in _CUT_OFF:
            self.cut_off = True

    def renew(self) -> None:
        """Another client in the same place; what the old one had not sent is thrown away."""
        old = [self.client]
        old[0].purge()
        self.connect()
        self.error, self.cut_off = None, False
        threading.Thread(target=old.clear, name="old-producer", daemon=True).start()  # closing it may take a moment

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        delivered: Delivered | None = None,
        headers: Headers = (),
    ) -> None:
        """Hand one record to librdkafka's queue; waits while the queue is full."""
        while True:
            try:
                if headers:
                    self.client.produce(topic, value, key, partition, delivered, headers=list(headers))
                elif delivered is None:
                    self.client.produce(topic, value, key, partition)
                else:
                    self.client.produce(topic, value, key, partition, delivered)
                return
            except BufferError:
                self._poll(0.05)
                if self.error is not None and self.error.fatal():
                    return  # the queue will not empty any more
            except KafkaException as problem:  # the transaction is in error already: the commit will say so
                self.error = self.error or error_of(problem)
                return

    def watch(self, error: KafkaError | None, message: Message) -> None:
        """A delivery report: remember the first failure."""
        if error is not None:
            self.error = self.error or error

    def serve(self) -> None:
        """Run the delivery reports that wait."""
        self._poll(0)

    def _poll(self, timeout: float) -> None:
        self._ask(self.client.poll, timeout)

    def _ask(self, ask: Callable[[float], Any], timeout: float) -> None:
        """A fatal error (fenced, a gap) comes out of `poll` and `flush` as well as by a report; it is no bug.

        SystemError: confluent-kafka has raised already when it calls the next report. At times it has lost that first
        error by then, and says that there was none; librdkafka's log has it.
        """
        try:
            ask(timeout)
        except KafkaException as problem:
            self.error = self.error or error_of(problem)
        except SystemError as problem:
            if problem.__cause__ is None:
                self.error = self.error or KafkaError(KafkaError._FATAL, str(problem), True)
            elif isinstance(problem.__cause__, KafkaException):
                self.error = self.error or error_of(problem.__cause__)
            else:
                raise

    def forget(self) -> None:
        """After an abort: take the reports of the records thrown away, which are no errors of the next checkpoint."""
        until = time.monotonic() + FLUSH_SLICE_S
        while len(self.client) and time.monotonic() < until:
            self._poll(0.01)
        self.error = None

    def flush(self) -> None:
        """Return when all that was sent is acknowledged. Blocks: never on the event loop.

        Raises:
            FencedError: one record was given up on; nothing may be committed after it.
        """
        until = time.monotonic() + self._give_up_s
        while len(self.client) and self.error is None and time.monotonic() < until:
            self._ask(self.client.flush, FLUSH_SLICE_S)
        if self.error is not None or len(self.client):
            raise FencedError(
                f"a record was not acknowledged ({self.error or 'in time'}); restarting from the last commit"
            )


def client_settings(kafka: KafkaSettings, settings: ProcessorSettings, *, transactional: bool) -> dict[str, Any]:
    """librdkafka's settings of a processor's producer."""
    common: dict[str, Any] = {
        **kafka.base(),
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": settings.linger_ms,
        "queue.buffering.max.messages": QUEUE_MESSAGES,
        "message.max.bytes": settings.max_message_bytes,
    }
    if transactional:
        return {
            **common,
            "transactional.id": f"{settings.group}-{settings.slot}",
            "transaction.timeout.ms": settings.transaction_timeout_ms,
        }
    return {**common, "enable.gapless.guarantee": True, "message.timeout.ms": settings.delivery_timeout_ms}
