"""The second line: a process that is alive and does nothing is worse than a dead one, which is restarted.

A thread, because a stuck event loop cannot watch itself. It looks once a second and leaves, with all stacks on
stderr, when a stage shows no sign of life:

    no loop heartbeat   15 s    a chunk takes 50 ms; only a hanging model or a deadlock takes this long
    no assignment       90 s    a rebalance takes a session timeout and a transaction timeout, 20 s
    rebalancing        120 s    the same, and reading offsets from a broker that restarts (60 s of patience)
    restoring        its limit  see `StageSettings.restore_limit_s`
    lag, no commit      60 s    two answers of a coordinator that restarts

A process that was stopped as a whole (SIGSTOP, a laptop's lid, a paused container) is not stuck: the watchdog knows
it by its own missed beats, and gives every clock the lost time back.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from garbo.runtime.exit_codes import ExitCode, Leave
from garbo.runtime.heartbeat import Heartbeat

BEAT_S: Final = 1.0
STANDSTILL_S: Final = (
    2.0  # a beat this late: the whole process stood still, or the machine is drowning; neither is ours
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each condition may last, in seconds."""

    heartbeat_s: float = 15.0
    unassigned_s: float = 90.0
    rebalancing_s: float = 120.0
    restoring_s: float = 900.0
    lag_without_commit_s: float = 60.0


def diagnose(pulse: Heartbeat, limits: Limits, now: float) -> str | None:
    """What is wrong with a stage, in a sentence; None when it lives."""
    if now - pulse.beat > limits.heartbeat_s:
        return f"{pulse.name}: the event loop has been stuck for {now - pulse.beat:.0f} s"
    if pulse.restoring_since is not None:  # the longest wait of all, and part of a rebalance
        if now - pulse.restoring_since > limits.restoring_s:
            return f"{pulse.name}: restoring for {now - pulse.restoring_since:.0f} s"
        return None
    if pulse.unassigned_since is not None and now - pulse.unassigned_since > limits.unassigned_s:
        return f"{pulse.name}: no assignment for {now - pulse.unassigned_since:.0f} s"
    if pulse.rebalancing_since is not None and now - pulse.rebalancing_since > limits.rebalancing_s:
        return f"{pulse.name}: rebalancing for {now - pulse.rebalancing_since:.0f} s"
    if pulse.lagging_since is not None:
        idle = now - max(pulse.lagging_since, pulse.last_commit)
        if idle > limits.lag_without_commit_s:
            return f"{pulse.name}: records wait and nothing was committed for {idle:.0f} s"
    return None


class Watchdog:
    """Watches all stages of a process."""

    def __init__(
        self,
        pulses: Sequence[Heartbeat],
        leave: Leave,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulses, self._leave, self._limits, self._clock = pulses, leave, limits or Limits(), clock
        self._last = clock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._last = self._clock()
        self._thread.start()

    def stop(self) -> None:
        """Cease, before an orderly shutdown."""
        self._stopping.set()

    def look(self) -> str | None:
        """One beat: make up for a standstill, then look at every stage."""
        now = self._clock()
        late, self._last = now - self._last - BEAT_S, now
        if late > STANDSTILL_S:
            for pulse in self._pulses:
                pulse.postpone(late)
            return None
        for pulse in self._pulses:
            if (why := diagnose(pulse, self._limits, now)) is not None:
                return why
        return None

    def _watch(self) -> None:
        while not self._stopping.wait(BEAT_S):
            if (why := self.look()) is not None:
                self._leave(ExitCode.STUCK, why)
                return
