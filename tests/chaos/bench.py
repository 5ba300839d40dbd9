"""What a fault has in its hands, and the small things several faults do."""

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
from tests.chaos.recovery import LIMIT_S, Hurt, Inputs
from tests.chaos.registry import Registry
from tests.chaos.schedule import CRASH_POINT, Fault

PROCESSORS: Final = 3  # of a worker: each gets an assignment of its own
READY_S: Final = 45.0  # a start, a session timeout, a transaction timeout, a restore
AHEAD: Final = 2  # crash points that may strike before those before them are recovered: bounds what recovery waits for
_LOOK_S: Final = 0.05
_LOOK_AT_HURTS_S: Final = 0.2
_SPARE_S: Final = 2.0  # before an instant that matters: a question to the broker may take its time


class Missed(Exception):
    """A fault did not come about: it is not counted, and tried once more."""


@dataclass(slots=True)
class Bench:
    """Everything there is to hurt.

    hits: kills by crash point. done: faults by kind. missed: what did not come about. wrong: what must not happen.
    story: what was done, a line each. coming: the faults after the present one.
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
    hurts: list[Hurt] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    kill_marks: list[float] = field(default_factory=list)  # progress at each kill -9 of a worker
    poisons: list[bytes] = field(default_factory=list)  # model versions nobody may ever decide by
    corrupted: set[Path] = field(default_factory=set)  # tables whose files were changed
    coming: Sequence[Fault] = ()
    _armed: dict[int, Start] = field(default_factory=dict)
    _judged: set[int] = field(default_factory=set)  # hurts whose time was held against the limit, by identity
    _looked: float = 0.0

    def __post_init__(self) -> None:
        if self.began < 0:
            self.began = self.clock.now()

    # ---- recovery ------------------------------------------------------------------------------------------------

    def hurt(self, kind: str, at: float | None = None) -> Hurt:
        """The fault ends here (or ended `at`): from now on, recovery counts."""
        found = Hurt(kind, self.clock.now() if at is None else at)
        self.hurts.append(found)
        return found

    @contextmanager
    def hurting(self, kind: str, since: float | None = None) -> Iterator[Hurt]:
        """The fault lasts as long as the block, and recovery counts all the while: the longest that anything waits."""
        found = self.hurt(kind, since)
        found.lasts = True
        try:
            yield found
        finally:
            found.over(self.clock.now())

    def watch(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, and look meanwhile at what is hurt: it recovers when it does, not when we are done.

        Returns:
            False: it was not so in time.
        """
        deadline = self.clock.now() + seconds
        while not until():
            if self.clock.now() > deadline:
                return False
            self._look_at_hurts()
            self.clock.sleep(_LOOK_S)
        return True

    def _look_at_hurts(self) -> None:
        if self.clock.now() >= self._looked + _LOOK_AT_HURTS_S:
            for hurt in self.hurts:
                if hurt.took is None:
                    self.inputs.look_at(hurt)
            self._looked = self.clock.now()

    def recovered(self, *hurts: Hurt, seconds: float = 3 * LIMIT_S) -> None:
        """Wait until all that was hurt works again; what takes too long is remembered."""
        waiting = hurts or tuple(hurt for hurt in self.hurts if hurt.took is None)
        self.inputs.await_recovery(waiting, seconds)
        for hurt in self.hurts:  # some recovered before anybody asked: `watch` saw it
            if id(hurt) in self._judged or (hurt.took is None and all(hurt is not open_ for open_ in waiting)):
                continue
            self._judged.add(id(hurt))
            if hurt.took is None:
                hurt.took = hurt.waited(self.clock.now())
                self.wrong.append(f"{hurt.kind} at {hurt.at - self.began:.0f} s: never recovered")
            elif hurt.took > LIMIT_S:
                self.wrong.append(f"{hurt.kind} at {hurt.at - self.began:.0f} s: recovered after {hurt.took:.1f} s")

    # ---- workers -------------------------------------------------------------------------------------------------

    def armed(self, fault: Fault) -> Start:
        """A process that dies at the fault's crash point; one for each fault."""
        told = {CRASH_AT: f"{fault.with_['point']}:{fault.with_['passes']}"}
        return self._armed.setdefault(id(fault), Start(told))

    def next_starts(self, slot: int) -> list[Start]:
        """Armed, when the coming faults are crash points of this slot: a kill then costs one restart, not two."""
        chain = takewhile(lambda fault: (fault.kind, fault.slot) == (CRASH_POINT, slot), self.coming[:AHEAD])
        starts = [self.armed(fault) for fault in chain]
        return [start for start in starts if not any(start is known for known in self.fleet.launched)]

    def kill(self, slot: int, *, hold: bool = False) -> Death:
        """kill -9, under load."""
        death = self.fleet.kill(slot, () if hold else self.next_starts(slot), hold=hold)
        self.note_kill()
        return death

    def disarm(self, slot: int, start: Start, kind: str) -> None:
        """What was ordered is to come about no more, nor later: whoever was started for it is killed."""
        self.fleet.next_starts(slot, self.next_starts(slot))
        if self.fleet.worker(slot).start is start:
            self.hurt(kind, self.kill(slot).at)

    def launch(self, slot: int) -> Worker:
        """Into an empty slot."""
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
        """A kill at a crash point, as it was ordered."""
        self.counted.add(id(death))
        self.hits[death.point] += 1
        self.note_kill()

    def terminate(self, slot: int, starts: Iterable[Start] = (), *, hold: bool = False) -> None:
        """SIGTERM: it must commit, leave, and say 0."""
        self._await_answering(slot)
        try:
            death = self.fleet.terminate(slot, starts, hold=hold)
        except TimeoutError as problem:
            self.wrong.append(str(problem))
            raise
        if death.code != 0 and not death.point:  # it may have been armed, and come to its point
            self.wrong.append(f"slot {slot} answered SIGTERM with {death.called} ({death.worker.log.name})")

    def _await_answering(self, slot: int) -> None:
        """Who has only just begun to start has no handler yet, and dies of the signal as any program does."""
        self.watch(lambda: self.fleet.worker(slot).restored() > 0, READY_S)

    def others(self, slot: int) -> list[int]:
        """Slots where others run."""
        return [w.slot for w in self.fleet.running() if w.slot != slot]

    def await_ready(self, slot: int, seconds: float = READY_S) -> Worker:
        """Who runs there, once all its processors have an assignment.

        Raises:
            Missed: not in time.
        """
        worker = self.fleet.worker(slot)
        self.watch(lambda: worker.restored() >= PROCESSORS or self._is_dead(worker), seconds)
        if worker.restored() < PROCESSORS or self._is_dead(worker):
            raise Missed(f"slot {slot} was not ready")
        return worker

    def await_death(self, worker: Worker, seconds: float) -> Death | None:
        """Its death, or None when it lives on."""
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
        """Until it has stopped itself.

        Raises:
            Missed: it has not.
        """
        self.watch(lambda: worker.is_stopped() or self._is_dead(worker), seconds)
        if not worker.is_stopped():
            raise Missed(f"slot {worker.slot} never came to {worker.start.environment}")

    def sleep_until(self, instant: float) -> None:
        """To the moment; what is hurt is looked at until shortly before."""
        self.watch(lambda: self.clock.now() > instant - _SPARE_S, max(instant - self.clock.now(), 0.0))
        self.clock.sleep(max(instant - self.clock.now(), 0.0))

    def past_the_session(self, since: float, seconds: float = SESSION_S + 2.5) -> None:
        self.sleep_until(since + seconds)

    # ---- words ---------------------------------------------------------------------------------------------------

    def say(self, what: str) -> None:
        """A line of progress."""
        lag = self.inputs.lag()
        waiting = "?" if lag is None else f"{lag:,}"
        elapsed = self.clock.now() - self.began
        self.story.append(f"{elapsed:7.1f} s {self.feeder.done:6.1%}  lag {waiting:>6}  {what}")
        print(self.story[-1], file=sys.stderr, flush=True)

    def environment(self) -> dict[str, Any]:
        """Of a command of ours."""
        return {**os.environ, "GARBO_BOOTSTRAP": self.kafka.bootstrap, "GARBO_TOPIC_PREFIX": self.kafka.prefix}
