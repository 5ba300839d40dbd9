"""Workers as processes, one per slot, and the supervisor that restarts them.

Rules
 1. Only the supervisor's thread restarts a process after its death. A fault gives it the next starts (`next_starts`)
    and may hold a slot empty.
 2. A death is ours if we sent the signal. Another SIGKILL counts for a crash point if the process was armed with it:
    nothing else here kills.
 3. Each process has a log file of its own: a process with a bound on its files must still be able to log.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from garbo.runtime.exit_codes import ExitCode

SESSION_MS: Final = 6_000  # the least a broker allows
TRANSACTION_MS: Final = 14_000  # longer than the session: a zombie may wake with its transaction still open
SESSION_S, TRANSACTION_S = SESSION_MS / 1000, TRANSACTION_MS / 1000

_LOOK_S: Final = 0.02
# Pause before a restart: none after a kill, longer for a process that ends again and again (the broker is away).
_BACK_OFF_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_QUICK_S: Final = 8.0  # a shorter life counts as an immediate end
_STOP_S: Final = 40.0
REFUSED: Final = "1 (refused to start)"
_RESTORED: Final = b"rows restored in"
_LEAVING: Final = b"leaving with code"


class Start(NamedTuple):
    """What a process is started with: environment variables, and the processors it runs (none: all)."""

    environment: Mapping[str, str] = {}
    processors: tuple[str, ...] = ()

    @property
    def armed(self) -> str:
        """The crash point it dies at."""
        return self.environment.get(CRASH_AT, "")


PLAIN: Final = Start()


@dataclass(slots=True)
class Worker:
    """One process."""

    slot: int
    process: subprocess.Popen[bytes]
    start: Start
    log: Path
    since: float
    ours: bool = False  # we sent the signal that ends it

    def restored(self) -> int:
        """The number of its restored assignments, over all processors."""
        return self.log.read_bytes().count(_RESTORED)

    def is_stopped(self) -> bool:
        """Is it stopped by SIGSTOP?"""
        try:
            return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False


class Death(NamedTuple):
    """The end of a process. at: monotonic seconds; code: as in subprocess, minus the number of a signal."""

    at: float
    worker: Worker
    code: int

    @property
    def point(self) -> str:
        """The crash point it died at, if it did."""
        at_point = self.code == -signal.SIGKILL and not self.worker.ours
        return self.worker.start.armed.partition(":")[0] if at_point else ""

    @property
    def called(self) -> str:
        """A name for this kind of end."""
        if self.code == -signal.SIGKILL:
            return "killed at a crash point" if self.point else "killed by us"
        if self.code < 0:
            return f"signal {-self.code}"
        if self.code == ExitCode.STUCK and _LEAVING not in self.worker.log.read_bytes():
            return REFUSED
        return f"{self.code} ({ExitCode(self.code).name.lower() if self.code in list(ExitCode) else 'error'})"


@dataclass(slots=True)
class _Slot:
    worker: Worker | None = None
    starts: deque[Start] = field(default_factory=deque)  # the next ones; after them plain ones
    held: bool = True  # no process may run here
    quick: int = 0  # deaths in a row soon after the start
    back_at: float = 0.0


@dataclass(slots=True)
class WorkerCommand:
    """The command line and environment of every worker."""

    program: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    cwd: Path = field(default_factory=Path.cwd)


class Fleet:
    """Starts, kills, stops and restarts workers."""

    def __init__(self, command: WorkerCommand, slots: int) -> None:
        self._command = command
        self._slots = {number: _Slot() for number in range(slots)}
        self._changed = threading.Condition(threading.RLock())
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self.deaths: list[Death] = []
        self.launched: list[Start] = []

    # ---- the whole fleet -----------------------------------------------------------------------------------------

    def begin(self, slots: range) -> None:
        for slot in slots:
            self.launch(slot)
        self._thread.start()

    def end(self) -> list[int]:
        """Send SIGTERM to all, as an operator would; returns their exit codes."""
        with self._changed:
            for slot in self._slots.values():
                slot.held = True
            workers = self.running()
        for worker in workers:
            self.send(worker.slot, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        codes = []
        for worker in workers:
            death = self.await_death(worker, max(deadline - time.monotonic(), 0.1))
            codes.append(death.code if death else -signal.SIGKILL)
        self.abandon()
        return codes

    def abandon(self) -> None:
        """Kill every process that is left."""
        self._ending.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(5)
        with self._changed:
            for worker in self.running():
                _kill_group(worker.process)

    def running(self) -> list[Worker]:
        with self._changed:
            return [slot.worker for slot in self._slots.values() if slot.worker is not None]

    def exits(self) -> Counter[str]:
        """The number of ends by kind."""
        return Counter(death.called for death in self.deaths)

    def assignments(self) -> int:
        """The number of restored assignments of all processes and processors."""
        return sum(log.read_bytes().count(_RESTORED) for log in self.logs())

    def data(self, slot: int) -> Path:
        return self._command.folder / f"data-{slot}"

    def logs(self) -> list[Path]:
        return sorted(self._command.folder.glob("worker-*.log"))

    # ---- one slot ------------------------------------------------------------------------------------------------

    def worker(self, slot: int, seconds: float = 30.0) -> Worker:
        """The worker of the slot; waits for a restart.

        Raises:
            TimeoutError: no worker within `seconds`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._slots[slot].worker is not None, seconds):
                raise TimeoutError(f"no worker runs in slot {slot}")
            found = self._slots[slot].worker
            assert found is not None
            return found

    def launch(self, slot: int, start: Start = PLAIN) -> Worker:
        """Start a process in an empty slot."""
        with self._changed:
            self._slots[slot].held = False
            return self._start(slot, start)

    def next_starts(self, slot: int, starts: Iterable[Start]) -> None:
        """Set the starts of the slot's next processes, in order; later processes start plain."""
        with self._changed:
            self._slots[slot].starts = deque(starts)

    def send(self, slot: int, number: signal.Signals) -> Worker:
        """Send a signal; a death by it is ours."""
        with self._changed:
            worker = self.worker(slot)
            if number in (signal.SIGKILL, signal.SIGTERM) and worker.process.poll() is None:
                worker.ours = True
            worker.process.send_signal(number)
            return worker

    def await_death(self, worker: Worker, seconds: float) -> Death | None:
        """Its death; None if it is still alive after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._death_of(worker) is not None, seconds)
            return self._death_of(worker)

    def kill(self, slot: int, starts: Iterable[Start] = (), *, hold: bool = False) -> Death:
        """kill -9; the supervisor restarts it with the first of `starts`, unless `hold`."""
        return self._end(slot, signal.SIGKILL, starts, hold, 10.0)

    def terminate(self, slot: int, starts: Iterable[Start] = (), *, hold: bool = False) -> Death:
        """SIGTERM, and wait for its end.

        Raises:
            TimeoutError: it does not end.
        """
        return self._end(slot, signal.SIGTERM, starts, hold, _STOP_S)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _end(self, slot: int, number: signal.Signals, starts: Iterable[Start], hold: bool, seconds: float) -> Death:
        with self._changed:
            worker = self.send(slot, number)
            self.next_starts(slot, starts)
            self._slots[slot].held = self._slots[slot].held or hold
        death = self.await_death(worker, seconds)
        if death is None:
            raise TimeoutError(f"slot {slot} does not end within {seconds:.0f} s of {number.name}")
        return death

    def _death_of(self, worker: Worker) -> Death | None:
        if worker.process.returncode is None:
            return None
        return next((death for death in reversed(self.deaths) if death.worker is worker), None)

    def _start(self, slot: int, start: Start) -> Worker:
        command, place = self._command, self._slots[slot]
        log = command.folder / f"worker-{slot}.{len(self.launched) + 1:04d}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GARBO_", "CHAOS_"))},
            **command.environment, "GARBO_STATIC_MEMBERSHIP": str(slot % 2 == 0), **start.environment,
        }  # fmt: skip
        hosted = [word for name in start.processors for word in ("--processor", name)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command.program, *command.arguments, "--slot", str(slot), "--data", str(self.data(slot)), *hosted],
                env=environment, cwd=command.cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        place.worker = Worker(slot, process, start, log, time.monotonic())
        self.launched.append(start)
        self._changed.notify_all()
        return place.worker

    def _supervise(self) -> None:
        while not self._ending.wait(_LOOK_S):
            with self._changed:
                now = time.monotonic()
                for number, slot in self._slots.items():
                    if slot.worker is not None and slot.worker.process.poll() is not None:
                        self._bury(slot, slot.worker, now)
                    if slot.worker is None and not slot.held and now >= slot.back_at:
                        self._start(number, slot.starts.popleft() if slot.starts else PLAIN)

    def _bury(self, slot: _Slot, worker: Worker, now: float) -> None:
        death = Death(now, worker, worker.process.returncode)
        self.deaths.append(death)
        slot.worker = None
        quick = death.code > 0 and now - worker.since < _QUICK_S
        slot.quick = min(slot.quick + 1, len(_BACK_OFF_S) - 1) if quick else 0
        slot.back_at = now + _BACK_OFF_S[slot.quick]
        self._changed.notify_all()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def program() -> tuple[str, ...]:
    """The command of the worker that misbehaves on request."""
    return sys.executable, "-m", "tests.chaos.worker"
