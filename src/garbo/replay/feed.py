"""Feeds messages in the order of cause and effect, and never more of them than the broker can hold unread.

Rules
 1. Messages come in chains of steps: a step is sent when every message of the one before has its decision (a person's
    call must not overtake the consent it rests on: they travel on different topics). Many chains are under way at once.
 2. At most `in_flight` messages are sent and not yet decided. The embedded broker drops unread records beyond 5 MiB or
    100,000 message sets a partition. Each leaves at most one record on each topic up to its decision, none of
    them above 1 KiB here (a decision 0.5, an envelope 0.6), so even if all went to one partition, 5,000 would fit;
    `MOST_IN_FLIGHT` keeps a margin of two and a half.
 3. All examples of a family go to one partition, and the learner has a pace of its own: no more than `MOST_UNLEARNT`
    may wait for it (0.6 KiB each: a quarter of the bound).
 4. A tick says how late it is. It is sent when every chain begun before it is done, and what happened after its
    instant waits for it: else another person's tomorrow would move time on before somebody's today is decided, and
    what was planned for tomorrow would be done without knowing how today ended.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from garbo.errors import BrokerError
from garbo.processors.ports import InboundMessage
from garbo.replay.pipeline import Pipeline
from garbo.replay.tally import Tally

IN_FLIGHT: Final = 1_000  # at 5,000 messages/s a fifth of a second's worth: enough to fill every commit
MOST_IN_FLIGHT: Final = 2_000
MOST_UNLEARNT: Final = 2_000

_POLL_S: Final = 0.005
_WINDOW_S: Final = 10.0
_STALL_S: Final = 60.0  # a rebalance takes seconds, and here is nobody to rebalance with

Steps: TypeAlias = Sequence[Sequence[InboundMessage]]


class Tick(NamedTuple):
    """Time has come to `at` for everybody."""

    at: int


@dataclass(slots=True)
class _Chain:
    number: int
    steps: Steps
    step: int = 0
    open: int = 0  # messages of the step not decided yet


@dataclass(slots=True)
class Sent:
    """What the feeder did. latencies: seconds from produce to the decision record read, of every message."""

    messages: int = 0
    ticks: int = 0
    chains: int = 0  # done
    ended: int = 0
    again: int = 0  # messages that came to a second end
    seconds: float = 0.0
    fastest: float = 0.0  # messages a second over the best `_WINDOW_S`; a quiet day waits more than it works
    latencies: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


class Feed:
    """`alive` raises when the worker is gone; both it and `progress` are called at each reading."""

    def __init__(
        self,
        pipeline: Pipeline,
        tally: Tally,
        *,
        in_flight: int = IN_FLIGHT,
        rate: float | None = None,
        alive: Callable[[], None] = lambda: None,
        progress: Callable[[Sent], None] = lambda sent: None,
    ) -> None:
        self._pipeline, self._tally, self._in_flight, self._rate = pipeline, tally, in_flight, rate
        self._alive, self._progress = alive, progress
        self._ready: deque[tuple[_Chain, InboundMessage]] = deque()
        self._held: list[tuple[_Chain, InboundMessage]] = []  # until a tick is sent
        self._marks: deque[tuple[float, int]] = deque()
        self._pending: dict[str, tuple[_Chain, float]] = {}
        self._done: set[str] = set()
        self._open: dict[int, _Chain] = {}  # in the order they began
        self._ticks: deque[tuple[int, int]] = deque()  # (instant, chains begun before)
        self.sent = Sent()

    def run(self, items: Iterable[Steps | Tick]) -> Sent:
        """Send everything, and wait until each message has come to its end.

        Raises:
            BrokerError: nothing has moved for a minute, or the broker does not answer.
        """
        source, begun, exhausted = iter(items), 0, False
        start = moved = time.perf_counter()
        while not exhausted or self._pending or self._ready or self._held:
            while self._may_send(start):
                if self._ready:
                    self._send(*self._ready.popleft())
                    continue
                if exhausted or len(self._ticks) > 1:
                    break
                item = next(source, None)
                if item is None:
                    exhausted = True
                elif isinstance(item, Tick):
                    self._ticks.append((item.at, begun))
                else:
                    self._open[begun] = chain = _Chain(begun, item)
                    begun += 1
                    self._advance(chain)
            self._send_ticks()
            ended = self._tally.read(_POLL_S)
            now = time.perf_counter()
            before = self.sent.ended
            for event_id in ended:
                self._end(event_id, now)
            if self.sent.ended > before or not self._pending:  # timers may go on firing while ours are lost
                moved = now
            self._progress(self.sent)
            self._alive()
            self._mark(now)
            if now - moved > _STALL_S:
                self.sent.unanswered = list(self._pending)
                break
        self.sent.seconds = time.perf_counter() - start
        self._send_ticks()
        return self.sent

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until nothing moves in the pipeline and what was learnt is published."""
        self._pipeline.wait_idle(seconds)
        deadline, quiet = time.monotonic() + seconds, 0
        # Twice in a row nothing to read: what a processor has committed is on the log, and the reader is at its end.
        while (quiet < 2 or self._tally.unlearnt) and time.monotonic() < deadline:
            before = sum(self._tally.counts.dispositions.values())
            for event_id in self._tally.read(0.25):
                self._end(event_id, time.perf_counter())
            quiet = quiet + 1 if sum(self._tally.counts.dispositions.values()) == before else 0
            self._alive()

    # ---- inside --------------------------------------------------------------------------------------------------

    def _may_send(self, start: float) -> bool:
        if len(self._pending) >= self._in_flight or self._tally.unlearnt > MOST_UNLEARNT:
            return False
        return self._rate is None or self.sent.messages < (time.perf_counter() - start) * self._rate

    def _send(self, chain: _Chain, message: InboundMessage) -> None:
        if message.event_id in self._pending or message.event_id in self._done:
            raise BrokerError(f"event id {message.event_id} is used twice; the feed tells its messages apart by it.")
        self._pending[message.event_id] = chain, time.perf_counter()
        self._pipeline.send(message)
        self.sent.messages += 1

    def _send_ticks(self) -> None:
        oldest = next(iter(self._open), None)
        while self._ticks and (oldest is None or self._ticks[0][1] <= oldest):
            self._pipeline.tick(self._ticks.popleft()[0])
            self.sent.ticks += 1
            held, self._held = self._held, []
            for chain, message in held:
                self._enqueue(chain, message)

    def _enqueue(self, chain: _Chain, message: InboundMessage) -> None:
        if self._ticks and chain.number >= self._ticks[0][1] and message.at > self._ticks[0][0]:
            self._held.append((chain, message))
        else:
            self._ready.append((chain, message))

    def _mark(self, now: float) -> None:
        """Keep the best window's speed, from marks a second apart."""
        marks = self._marks
        if not marks or now - marks[-1][0] >= 1.0:
            marks.append((now, self.sent.ended))
            while now - marks[0][0] > _WINDOW_S + 1.0:
                marks.popleft()
            if (span := now - marks[0][0]) >= _WINDOW_S:
                self.sent.fastest = max(self.sent.fastest, (self.sent.ended - marks[0][1]) / span)

    def _end(self, event_id: str, now: float) -> None:
        found = self._pending.pop(event_id, None)
        if found is None:
            self.sent.again += event_id in self._done  # else a timer's, or an event the engine made
            return
        chain, since = found
        self._done.add(event_id)
        self.sent.ended += 1
        self.sent.latencies.append(now - since)
        chain.open -= 1
        if not chain.open:
            self._advance(chain)

    def _advance(self, chain: _Chain) -> None:
        while chain.step < len(chain.steps):
            step = chain.steps[chain.step]
            chain.step += 1
            if step:
                chain.open = len(step)
                for message in step:
                    self._enqueue(chain, message)
                return
        del self._open[chain.number]
        self.sent.chains += 1
