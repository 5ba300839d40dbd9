"""Feeds messages in the order of cause and effect, and never more than the broker can hold unread.

Rules
 1. Messages come in chains of steps. A step is sent when every message of the step before has its decision: a person's
    call must not overtake the consent it rests on, and the two travel on different topics. Many chains run at once.
 2. At most `in_flight` messages are sent and not yet decided. The embedded broker drops unread records beyond 5 MiB or
    100,000 message sets a partition. Up to its decision, one message leaves at most one message on each topic, each
    below 1 KiB here (a decision 0.5, an envelope 0.6). So one partition holds 5,000 even if it receives all of them;
    `MOST_IN_FLIGHT` keeps a margin of two and a half.
 3. All examples of a family go to one partition, and the learner may be slower than the feeder: at most
    `MOST_UNLEARNT` examples may wait for it (0.6 KiB each: a quarter of the bound).
 4. A tick sets the time. It is sent when every chain begun before it is done, and messages of its instant and later
    wait for it. Otherwise a later message of one person could advance the time before another person's earlier message
    is decided, and what is due in between would be decided without the outcome it depends on.
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

IN_FLIGHT: Final = 1_000  # a fifth of a second at 5,000 messages/s: enough to fill every commit
MOST_IN_FLIGHT: Final = 2_000
MOST_UNLEARNT: Final = 2_000

_POLL_S: Final = 0.005
_WINDOW_S: Final = 10.0
_STALL_S: Final = 60.0  # even a rebalance takes seconds only, and this worker is alone
# Times `_STALL_S`, while only timers are decided: one tick can make those of thousands due before our message.
_STALLS_OF_TIMERS: Final = 10.0

Steps: TypeAlias = Sequence[Sequence[InboundMessage]]


class Tick(NamedTuple):
    """The time is now `at` (milliseconds since 1970) for every party."""

    at: int


@dataclass(slots=True)
class _Chain:
    number: int
    steps: Steps
    step: int = 0
    open: int = 0  # messages of the step not decided yet


@dataclass(slots=True)
class Sent:
    """The feeder's counts. latencies: of each message the seconds from sending it to reading its decision."""

    messages: int = 0
    ticks: int = 0
    chains: int = 0  # completed
    ended: int = 0  # messages with a decision or a dead letter
    repeated: int = 0  # messages with a second decision or dead letter
    seconds: float = 0.0
    fastest: float = (
        0.0  # messages a second over the best `_WINDOW_S`: on days with few messages the feeder mostly waits
    )
    latencies: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


class Feed:
    """Sends chains and ticks to `pipeline` and reads their results from `tally`.

    Args:
        in_flight: the number of messages sent and not yet decided, at most.
        rate: messages a second, at most; None: no limit.
        alive: called at each reading; raises if the worker is gone.
        progress: called at each reading.
    """

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
        """Send everything, and wait until each message has a decision or a dead letter.

        Stops after a minute in which nothing was decided, or ten in which only timers were; `Sent.unanswered` then has
        the ids of the open messages.

        Raises:
            BrokerError: the broker does not answer, or an event id is used twice.
        """
        source, begun, exhausted = iter(items), 0, False
        start = moved = stirred = time.perf_counter()
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
            if ended or not self._pending:
                stirred = now
            if self.sent.ended > before or not self._pending:
                moved = now
            self._progress(self.sent)
            self._alive()
            self._mark(now)
            if now - stirred > _STALL_S or now - moved > _STALLS_OF_TIMERS * _STALL_S:
                self.sent.unanswered = list(self._pending)
                break
        self.sent.seconds = time.perf_counter() - start
        self._send_ticks()
        return self.sent

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until the pipeline is idle and every example is in a published snapshot; at most `seconds` for each."""
        self._pipeline.wait_idle(seconds)
        deadline, quiet = time.monotonic() + seconds, 0
        # Two empty readings in a row: all committed records are on the log, and the reader is at its end.
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
            raise BrokerError(f"event id {message.event_id} is used twice; give each message an id of its own.")
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
        if self._ticks and chain.number >= self._ticks[0][1] and message.at >= self._ticks[0][0]:
            self._held.append((chain, message))
        else:
            self._ready.append((chain, message))

    def _mark(self, now: float) -> None:
        """Update the speed of the best window, from marks one second apart."""
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
            self.sent.repeated += event_id in self._done  # otherwise a timer's, or an event that the engine made
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
