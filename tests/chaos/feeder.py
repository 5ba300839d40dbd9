"""Sends the traffic, as fast as the faults allow.

Rules
 1. Nothing is sent beyond `limit`, the next fault's mark, before the runner moves it.
 2. During a fault the messages up to the limit are spread out, and a trickle follows beyond it. So there is always
    some load: a worker without messages to commit would never reach a crash point in a commit, neither at the first
    try nor a minute later at the second.
 3. The broker may be away for minutes: a message waits, keeps its place, and arrives once.
"""

import threading
import time
from collections.abc import Iterable
from typing import Final

from confluent_kafka import Producer

from garbo.adapters.kafka.settings import KafkaSettings
from tests.chaos.recovery import QUIET
from tests.chaos.traffic import Message

_SLICE_S: Final = 0.02
_SPREAD_S: Final = 10.0  # most faults take less; during the longest there is still a message now and then
_LEAST: Final = 5.0  # messages a second: a dozen commits of each worker in a few seconds
_PATIENCE_MS: Final = 900_000
_WAITING: Final = 50_000  # messages the broker has not taken yet


class Feeder:
    """A thread with a producer of its own.

    Attributes:
        sent: messages handed over so far.
        at: the latest instant of these messages (milliseconds since 1970).
        failure: the reason of an early end.
    """

    def __init__(self, kafka: KafkaSettings, messages: Iterable[Message], events: int, rate: float) -> None:
        self._messages, self._events, self._rate = iter(messages), events, rate
        self._prefix = kafka.prefix
        self._producer = Producer({**kafka.producer(), **QUIET, "linger.ms": 5, "message.timeout.ms": _PATIENCE_MS})
        self._allowed = (0, 0, False)  # limit, utmost, eased: one tuple, because the thread reads it at any time
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self.sent = 0
        self.at = 0
        self.refused = 0  # messages that the broker refused; must stay 0
        self.failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop sending."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(5)

    @property
    def done(self) -> float:
        """The share (0 to 1) of all events that is sent."""
        return self.sent / self._events

    def allow(self, limit: int, *, trickle_to: int | None = None) -> None:
        """Send up to `limit` at full rate; with `trickle_to`, spread them out and add a trickle up to that number."""
        limit = min(limit, self._events)
        utmost = limit if trickle_to is None else min(max(trickle_to, limit), self._events)
        self._allowed = (limit, utmost, trickle_to is not None)

    def await_sent(self, count: int, seconds: float) -> None:
        """Wait until `count` messages are sent. Raises TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.sent < min(count, self._events):
            if self.failure is not None:
                raise self.failure
            if time.monotonic() > deadline:
                raise TimeoutError(f"the feeder stands at {self.sent} of {count}")
            time.sleep(_SLICE_S)

    def flush(self, seconds: float) -> None:
        """Wait until the broker has all messages. Raises TimeoutError after `seconds`."""
        if left := self._producer.flush(seconds):
            raise TimeoutError(f"the broker did not take {left} messages within {seconds:.0f} s")

    def _run(self) -> None:
        try:
            allowance, before = 0.0, time.monotonic()
            while self.sent < self._events and not self._ended.wait(_SLICE_S):
                now = time.monotonic()
                limit, utmost, eased = self._allowed
                speed = max(min(self._rate, (limit - self.sent) / _SPREAD_S), _LEAST) if eased else self._rate
                # A pause does not accumulate: a flood after an outage would be an artefact of the harness.
                allowance = min(allowance + speed * (now - before), self._rate * 0.1 + 1.0)
                before = now
                while allowance >= 1.0 and self.sent < utmost:
                    self._send(next(self._messages))
                    allowance -= 1.0
                self._producer.poll(0)
                while len(self._producer) > _WAITING and not self._ended.is_set():
                    self._producer.poll(0.1)
        except StopIteration:
            self.failure = ValueError(f"the traffic ended after {self.sent} of {self._events} messages")
        except Exception as problem:  # noqa: BLE001  # `await_sent` raises it
            self.failure = problem

    def _send(self, message: Message) -> None:
        self._producer.produce(self._prefix + message.topic, message.value, message.key, on_delivery=self._delivered)
        self.sent += 1
        self.at = max(self.at, message.at)

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self.refused += 1
