"""A worker that misbehaves on request: `python -m tests.chaos.worker OPTIONS OF garbo run`, the real command.

Environment variables select the faults, like `GARBO_CRASH_AT`. Without them nothing is patched.

    CHAOS_STOP_AT=commit.before_commit:3:1.5   at the third pass of that crash point the process stops itself
                                               (SIGSTOP); after SIGCONT it waits 1.5 s more, then goes on. All its
                                               messages until then are on the broker
    CHAOS_STOP_PARTITIONS=4                    it stops only in a checkpoint with offsets of at least 4 partitions: at
                                               that pass or a later one
    CHAOS_THEN_DIE_AT=commit.before_store      after the stop it kills itself at that point
    CHAOS_LOG_POINT=assign.before_restore      each pass of that crash point is logged on stderr
    CHAOS_MODEL=slow:200 | hang                scoring takes 200 ms more each time, or never returns
    CHAOS_FILE_LIMIT=65536                     no file grows beyond 65,536 bytes: like a full disk
    CHAOS_BUG=caps_off                         one guard is removed: see bugs.py

Every processor of the process passes a point: to stop a certain one there, run it alone (`--processor decide`).
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

STOP_AT, STOP_PARTITIONS, THEN_DIE_AT = "CHAOS_STOP_AT", "CHAOS_STOP_PARTITIONS", "CHAOS_THEN_DIE_AT"
LOG_POINT, MODEL = "CHAOS_LOG_POINT", "CHAOS_MODEL"
FILE_LIMIT, BUG = "CHAOS_FILE_LIMIT", "CHAOS_BUG"
# Any thread may receive the signal, and the others run for a moment longer: this thread waits for the stop here.
_TO_STOP_S: Final = 0.05
_TO_LEAVE_S: Final = 10.0
_FOR_EVER_S: Final = 1e6


def install(environment: Mapping[str, str]) -> None:
    """Patch this process as the variables say.

    Raises:
        ValueError: a variable has an invalid value.
    """
    if limit := environment.get(FILE_LIMIT):
        _limit_files(int(limit))
    if model := environment.get(MODEL):
        _slow_model(model)
    if bug := environment.get(BUG):
        from tests.chaos import bugs

        bugs.install(bug)
    if stop_at := environment.get(STOP_AT):
        _stop_at(stop_at, int(environment.get(STOP_PARTITIONS, "0")), environment.get(THEN_DIE_AT, ""))
    if log_point := environment.get(LOG_POINT):
        _at(log_point, LOG_POINT, log_point, lambda: _say(f"passed {log_point}"))


def _at(point: str, variable: str, wanted: str, then: Callable[[], None]) -> None:
    """Replace `reach` in every module that has imported it; the new one calls the previous one first."""
    import garbo.faust_host.run  # noqa: F401  # loads all modules that call `reach`
    from garbo.runtime import checkpoint, crash_points

    if point not in crash_points.POINTS:
        raise ValueError(f"{variable}={wanted}: the points are {', '.join(crash_points.POINTS)}")
    before = checkpoint.reach

    def reach(name: str) -> None:
        before(name)
        if name == point:
            then()

    for name, module in list(sys.modules.items()):
        if name.startswith(("garbo.faust_host", "garbo.runtime")) and getattr(module, "reach", None) is before:
            module.reach = reach  # type: ignore[attr-defined]


def _stop_at(wanted: str, partitions: int, then_die_at: str) -> None:
    from garbo.runtime.exactly_once import ExactlyOnce

    point, _, rest = wanted.partition(":")
    passes, _, linger = rest.partition(":")
    stopper = _Stopper(point, int(passes or "1"), float(linger or "0"), partitions)
    _at(point, STOP_AT, wanted, stopper.passed)
    if then_die_at:
        _at(then_die_at, THEN_DIE_AT, then_die_at, stopper.die)
    real_commit = ExactlyOnce.commit

    def commit(self: ExactlyOnce, offsets: Sequence[Any], group: Any) -> None:
        # The rows must be on the broker before the stop, otherwise no transaction is left open.
        self._producer.client.flush(_TO_LEAVE_S)
        stopper.covered = len({offset.partition for offset in offsets})
        real_commit(self, offsets, group)

    ExactlyOnce.commit = commit  # type: ignore[method-assign]


class _Stopper:
    """Stops this process once. covered: the number of partitions of the checkpoint that is being committed."""

    def __init__(self, point: str, passes: int, linger_s: float, partitions: int) -> None:
        self._point, self._left, self._linger_s, self._partitions = point, passes, linger_s, partitions
        self._stopped = False
        self.covered = 0

    def passed(self) -> None:
        self._left -= 1
        if self._left > 0 or self._stopped or self.covered < self._partitions:
            return
        self._stopped = True
        _say(f"stopped at {self._point}")
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(_TO_STOP_S)
        time.sleep(self._linger_s)

    def die(self) -> None:
        if self._stopped:
            os.kill(os.getpid(), signal.SIGKILL)


def _say(line: str) -> None:
    os.write(2, f"{line}\n".encode())


def _slow_model(how: str) -> None:
    from garbo.learning.serving import SnapshotScorer

    kind, _, ms = how.partition(":")
    if kind not in ("slow", "hang"):
        raise ValueError(f"{MODEL}={how}: write slow:MILLISECONDS or hang")
    pause_s = _FOR_EVER_S if kind == "hang" else int(ms) / 1000
    real = SnapshotScorer.estimate

    def estimate(self: SnapshotScorer, *asked: Any) -> Any:
        time.sleep(pause_s)
        return real(self, *asked)

    SnapshotScorer.estimate = estimate  # type: ignore[method-assign]


def _limit_files(most: int) -> None:
    """A larger write fails with EFBIG, like a write on a full disk with ENOSPC, instead of ending the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


if __name__ == "__main__":
    install(os.environ)
    from garbo.cli import main

    sys.argv = ["garbo", "run", *sys.argv[1:]]
    main()
