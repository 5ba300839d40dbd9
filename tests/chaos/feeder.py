"""Sends the traffic, as fast as the faults let it.

Rules
 1. Nothing is sent beyond `limit`, the next fault's mark, before somebody moves it.
 2. While a fault is under way what is left up to the limit is spread out, and a trickle follows beyond it, so that
    there is always some load: a crash point in a commit is reached by nobody who has nothing to commit, neither at the
    first try nor, a minute later, at the second.
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
_SPREAD_S: Final = 10.0  # most faults are over before; the longest still find a message now and then
_LEAST: Final = 5.0  # messages a second: a dozen commits of each worker in a few seconds
_PATIENCE_MS: Final = 900_000
_WAITING: Final = 50_000  # messages the broker has not taken yet


class Feeder:
    """A thread with a producer of its own.

    Attributes:
        sent: messages handed over so far.
        at: the youngest instant among them (ms).
        failure: why it ended early.
    """

    def __init__(self, kafka: KafkaSettings, messages: Iterable[Message], events: int, rate: float) -> None:
        self._messages, self._events, self._rate = iter(messages), events, rate
        self._prefix = kafka.prefix
        self._producer = Producer({**kafka.producer(), **QUIET, "linger.ms": 5, "message.timeout.ms": _PATIENCE_MS})
        self._allowed = (0, 0, False)  # limit, utmost, eased: at once, for the thread reads them at any time
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self.sent = 0
        self.at = 0
        self.refused = 0  # by the broker: none may be
        self.failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(5)

    @property
    def done(self) -> float:
        """The share of all events that is sent."""
        return self.sent / self._events

    def allow(self, limit: int, *, trickle_to: int | None = None) -> None:
        """Send up to `limit`, as fast as may be; or spread out, and then a trickle as far as `trickle_to`."""
        limit = min(limit, self._events)
        utmost = limit if trickle_to is None else min(max(trickle_to, limit), self._events)
        self._allowed = (limit, utmost, trickle_to is not None)

    def await_sent(self, count: int, seconds: float) -> None:
        """Raises TimeoutError when the feeder is not there in time."""
        deadline = time.monotonic() + seconds
        while self.sent < min(count, self._events):
            if self.failure is not None:
                raise self.failure
            if time.monotonic() > deadline:
                raise TimeoutError(f"the feeder stands at {self.sent} of {count}")
            time.sleep(_SLICE_S)

    def flush(self, seconds: float) -> None:
        """Raises TimeoutError when the broker does not take what was sent."""
        if left := self._producer.flush(seconds):
            raise TimeoutError(f"the broker did not take {left} messages within {seconds:.0f} s")

    def _run(self) -> None:
        try:
            allowance, before = 0.0, time.monotonic()
            while self.sent < self._events and not self._ended.wait(_SLICE_S):
                now = time.monotonic()
                limit, utmost, eased = self._allowed
                speed = max(min(self._rate, (limit - self.sent) / _SPREAD_S), _LEAST) if eased else self._rate
                # A pause saves nothing up: a flood after an outage would be ours, not the producers'.
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
        except Exception as problem:  # noqa: BLE001  # told to whoever waits
            self.failure = problem

    def _send(self, message: Message) -> None:
        self._producer.produce(self._prefix + message.topic, message.value, message.key, on_delivery=self._told)
        self.sent += 1
        self.at = max(self.at, message.at)

    def _told(self, error: object, _: object) -> None:
        if error is not None:
            self.refused += 1
