"""The second line: a process that is alive and does nothing is worse than a dead one, which is restarted.

A thread, because a stuck event loop cannot watch itself. It looks once a second and leaves, with all stacks on
stderr, when a processor shows no sign of life:

    no loop heartbeat   15 s    a chunk takes 50 ms; only a hanging model or a deadlock takes this long
    no assignment       90 s    a rebalance takes a session timeout and a transaction timeout, 20 s
    rebalancing        120 s    the same, and reading offsets from a broker that restarts (60 s of patience)
    restoring        its limit  see `ProcessorSettings.restore_limit_s`
    lag, no commit      60 s    two answers of a coordinator that restarts

A process that was stopped as a whole (SIGSTOP, a laptop's lid, a paused container) is not stuck: the watchdog sees
that its own beats are missing, and gives every clock the lost time back.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from garbo.runtime.exit_codes import ExitCode, Leave
from garbo.runtime.heartbeat import Heartbeat

BEAT_S: Final = 1.0
STANDSTILL_S: Final = 2.0  # a beat this late: the whole process stood still, or the machine is overloaded


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each condition may last, in seconds."""

    heartbeat_s: float = 15.0
    unassigned_s: float = 90.0
    rebalancing_s: float = 120.0
    restoring_s: float = 900.0
    lag_without_commit_s: float = 60.0


def diagnose(heartbeat: Heartbeat, limits: Limits, now: float) -> str | None:
    """What is wrong with a processor, in a sentence; None when it lives."""
    if now - heartbeat.beat > limits.heartbeat_s:
        return f"{heartbeat.name}: the event loop has been stuck for {now - heartbeat.beat:.0f} s"
    if heartbeat.restoring_since is not None:  # the longest wait of all, and part of a rebalance
        if now - heartbeat.restoring_since > limits.restoring_s:
            return f"{heartbeat.name}: restoring for {now - heartbeat.restoring_since:.0f} s"
        return None
    if heartbeat.unassigned_since is not None and now - heartbeat.unassigned_since > limits.unassigned_s:
        return f"{heartbeat.name}: no assignment for {now - heartbeat.unassigned_since:.0f} s"
    if heartbeat.rebalancing_since is not None and now - heartbeat.rebalancing_since > limits.rebalancing_s:
        return f"{heartbeat.name}: rebalancing for {now - heartbeat.rebalancing_since:.0f} s"
    if heartbeat.lagging_since is not None:
        idle = now - max(heartbeat.lagging_since, heartbeat.last_commit)
        if idle > limits.lag_without_commit_s:
            return f"{heartbeat.name}: records wait and nothing was committed for {idle:.0f} s"
    return None


class Watchdog:
    """Watches all processors of a process."""

    def __init__(
        self,
        heartbeats: Sequence[Heartbeat],
        leave: Leave,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeats, self._leave, self._limits, self._clock = heartbeats, leave, limits or Limits(), clock
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
        """One beat: make up for a standstill, then look at every processor."""
        now = self._clock()
        late, self._last = now - self._last - BEAT_S, now
        if late > STANDSTILL_S:
            for heartbeat in self._heartbeats:
                heartbeat.postpone(late)
            return None
        for heartbeat in self._heartbeats:
            if (why := diagnose(heartbeat, self._limits, now)) is not None:
                return why
        return None

    def _watch(self) -> None:
        while not self._stopping.wait(BEAT_S):
            if (why := self.look()) is not None:
                self._leave(ExitCode.STUCK, why)
                return
