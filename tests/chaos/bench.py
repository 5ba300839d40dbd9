"""The parts of a run that faults use, and the actions that several faults share."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any, Final

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from tests.brokers import MavenKafka
from tests.chaos.clock import Clock
from tests.chaos.feeder import Feeder
from tests.chaos.fleet import SESSION_S, Death, Fleet, Start, Worker
from tests.chaos.recovery import LIMIT_S, FaultWatch, Inputs
from tests.chaos.registry import Registry
from tests.chaos.schedule import CRASH_POINT, Fault

PROCESSORS: Final = 4  # of a worker: each gets its own assignment
READY_S: Final = 45.0  # a start, a session timeout, a transaction timeout, a restore
AHEAD: Final = 2  # crash points that may occur before earlier ones are recovered: bounds the wait for recovery
_LOOK_S: Final = 0.05
_LOOK_AT_FAULTS_S: Final = 0.2
_SPARE_S: Final = 2.0  # no request to the broker so shortly before an exact instant: it may take longer


class Missed(Exception):
    """A fault did not occur: it is not counted, and tried once more."""


@dataclass(slots=True)
class Bench:
    """Everything that a fault may act on.

    hits: kills by crash point. done: faults by kind. missed: faults that did not occur. wrong: what must not happen.
    story: the lines of progress. coming: the faults after the present one.
    """

    kafka: KafkaSettings
    broker: MavenKafka
    fleet: Fleet
    feeder: Feeder
    inputs: Inputs
    registry: Registry
    policy: Path
    folder: Path
    slots: int
    dice: Random
    clock: Clock = field(default_factory=Clock)
    began: float = -1.0
    hits: Counter[str] = field(default_factory=Counter)
    counted: set[int] = field(default_factory=set)  # deaths at a crash point, by identity
    done: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    watches: list[FaultWatch] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    kill_marks: list[float] = field(default_factory=list)  # progress at each kill -9 of a worker
    poisons: list[bytes] = field(default_factory=list)  # model versions that no decision may use
    corrupted: set[Path] = field(default_factory=set)  # tables whose files were changed
    coming: Sequence[Fault] = ()
    _armed: dict[int, Start] = field(default_factory=dict)
    _checked: set[int] = field(default_factory=set)  # watches whose time was compared with the limit, by identity
    _looked: float = 0.0

    def __post_init__(self) -> None:
        if self.began < 0:
            self.began = self.clock.now()

    # ---- recovery ------------------------------------------------------------------------------------------------

    def fault_ended(self, kind: str, at: float | None = None) -> FaultWatch:
        """The fault ends now (or ended `at`, monotonic seconds): the time until recovery starts here."""
        found = FaultWatch(kind, self.clock.now() if at is None else at)
        self.watches.append(found)
        return found

    @contextmanager
    def fault_lasts(self, kind: str, since: float | None = None) -> Iterator[FaultWatch]:
        """The fault lasts as long as the block, and so does the watch: the longest wait of any record counts."""
        found = self.fault_ended(kind, since)
        found.lasts = True
        try:
            yield found
        finally:
            found.over(self.clock.now())

    def watch(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until `until()`, at most `seconds`, and observe recoveries meanwhile, so that their times are exact.

        Returns:
            False if it did not become true in time.
        """
        deadline = self.clock.now() + seconds
        while not until():
            if self.clock.now() > deadline:
                return False
            self._look_at_faults()
            self.clock.sleep(_LOOK_S)
        return True

    def _look_at_faults(self) -> None:
        if self.clock.now() >= self._looked + _LOOK_AT_FAULTS_S:
            for watch in self.watches:
                if watch.took is None:
                    self.inputs.look_at(watch)
            self._looked = self.clock.now()

    def recovered(self, *watches: FaultWatch, seconds: float = 3 * LIMIT_S) -> None:
        """Wait until everything works again after the faults; a recovery beyond the limit goes to `wrong`."""
        waiting = watches or tuple(watch for watch in self.watches if watch.took is None)
        self.inputs.await_recovery(waiting, seconds)
        for watch in self.watches:  # `watch` has already seen some of them recover
            if id(watch) in self._checked or (watch.took is None and all(watch is not open_ for open_ in waiting)):
                continue
            self._checked.add(id(watch))
            if watch.took is None:
                watch.took = watch.waited(self.clock.now())
                self.wrong.append(f"{watch.kind} at {watch.at - self.began:.0f} s: never recovered")
            elif watch.took > LIMIT_S:
                self.wrong.append(f"{watch.kind} at {watch.at - self.began:.0f} s: recovered after {watch.took:.1f} s")

    # ---- workers -------------------------------------------------------------------------------------------------

    def armed(self, fault: Fault) -> Start:
        """The start of a process that dies at the fault's crash point; one for each fault."""
        settings = {CRASH_AT: f"{fault.with_['point']}:{fault.with_['passes']}"}
        return self._armed.setdefault(id(fault), Start(settings))

    def next_starts(self, slot: int) -> list[Start]:
        """Armed starts if the coming faults are crash points of this slot: then a kill costs one restart, not two."""
        chain = takewhile(lambda fault: (fault.kind, fault.slot) == (CRASH_POINT, slot), self.coming[:AHEAD])
        starts = [self.armed(fault) for fault in chain]
        return [start for start in starts if not any(start is known for known in self.fleet.launched)]

    def kill(self, slot: int, *, hold: bool = False) -> Death:
        """kill -9 under load."""
        death = self.fleet.kill(slot, () if hold else self.next_starts(slot), hold=hold)
        self.note_kill()
        return death

    def disarm(self, slot: int, start: Start, kind: str) -> None:
        """Cancel a start, now and later: a process that was started with it is killed."""
        self.fleet.next_starts(slot, self.next_starts(slot))
        if self.fleet.worker(slot).start is start:
            self.fault_ended(kind, self.kill(slot).at)

    def launch(self, slot: int) -> Worker:
        """Start a worker in an empty slot."""
        starts = self.next_starts(slot)
        self.fleet.next_starts(slot, starts[1:])
        return self.fleet.launch(slot, *starts[:1])

    def note_kill(self) -> None:
        self.kill_marks.append(self.feeder.done)

    def uncounted(self, slot: int, point: str) -> Death | None:
        """A death at the point that no fault has counted yet."""
        deaths = [d for d in self.fleet.deaths if d.worker.slot == slot and d.point == point]
        return next((death for death in deaths if id(death) not in self.counted), None)

    def count(self, death: Death) -> None:
        """Count a kill at the requested crash point."""
        self.counted.add(id(death))
        self.hits[death.point] += 1
        self.note_kill()

    def terminate(self, slot: int, starts: Iterable[Start] = (), *, hold: bool = False) -> None:
        """SIGTERM: the worker must commit, leave, and exit with 0."""
        self._await_answering(slot)
        try:
            death = self.fleet.terminate(slot, starts, hold=hold)
        except TimeoutError as problem:
            self.wrong.append(str(problem))
            raise
        if death.code != 0 and not death.point:  # it may have been armed, and come to its point
            self.wrong.append(f"slot {slot} answered SIGTERM with {death.called} ({death.worker.log.name})")

    def _await_answering(self, slot: int) -> None:
        """Wait until the signal handler is installed: before that the signal kills the process."""
        self.watch(lambda: self.fleet.worker(slot).restored() > 0, READY_S)

    def others(self, slot: int) -> list[int]:
        """The slots of the other running workers."""
        return [w.slot for w in self.fleet.running() if w.slot != slot]

    def await_ready(self, slot: int, seconds: float = READY_S) -> Worker:
        """The worker of the slot, once all its processors have an assignment.

        Raises:
            Missed: not within `seconds`.
        """
        worker = self.fleet.worker(slot)
        self.watch(lambda: worker.restored() >= PROCESSORS or self._is_dead(worker), seconds)
        if worker.restored() < PROCESSORS or self._is_dead(worker):
            raise Missed(f"slot {slot} was not ready")
        return worker

    def await_death(self, worker: Worker, seconds: float) -> Death | None:
        """Its death; None if it is still alive after `seconds`."""
        self.watch(lambda: self._is_dead(worker), seconds)
        return self.fleet.await_death(worker, 0.0)

    def _is_dead(self, worker: Worker) -> bool:
        return self.fleet.await_death(worker, 0.0) is not None

    def stop(self, slot: int) -> Worker:
        return self.fleet.send(slot, signal.SIGSTOP)

    def wake(self, worker: Worker) -> None:
        if worker.process.poll() is None:
            worker.process.send_signal(signal.SIGCONT)

    def await_stopped(self, worker: Worker, seconds: float = READY_S) -> None:
        """Wait until the process has stopped itself (SIGSTOP).

        Raises:
            Missed: not within `seconds`.
        """
        self.watch(lambda: worker.is_stopped() or self._is_dead(worker), seconds)
        if not worker.is_stopped():
            raise Missed(f"slot {worker.slot} never reached {worker.start.environment}")

    def sleep_until(self, instant: float) -> None:
        """Sleep until exactly `instant` (monotonic seconds); recoveries are observed until shortly before."""
        self.watch(lambda: self.clock.now() > instant - _SPARE_S, max(instant - self.clock.now(), 0.0))
        self.clock.sleep(max(instant - self.clock.now(), 0.0))

    def past_the_session(self, since: float, seconds: float = SESSION_S + 2.5) -> None:
        self.sleep_until(since + seconds)

    # ---- output --------------------------------------------------------------------------------------------------

    def say(self, what: str) -> None:
        """Print a line of progress."""
        lag = self.inputs.lag()
        waiting = "?" if lag is None else f"{lag:,}"
        elapsed = self.clock.now() - self.began
        self.story.append(f"{elapsed:7.1f} s {self.feeder.done:6.1%}  lag {waiting:>6}  {what}")
        print(self.story[-1], file=sys.stderr, flush=True)

    def environment(self) -> dict[str, Any]:
        """The environment of a `garbo` command."""
        return {**os.environ, "GARBO_BOOTSTRAP": self.kafka.bootstrap, "GARBO_TOPIC_PREFIX": self.kafka.prefix}
