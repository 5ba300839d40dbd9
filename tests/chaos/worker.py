"""A worker that misbehaves on order: `python -m tests.chaos.worker OPTIONS OF garbo run`, the real command.

What is done to it is said by environment variables, as `GARBO_CRASH_AT` is. With none of them set nothing is patched.

    CHAOS_STOP_AT=commit.before_commit:3:1.5   at the third pass of that crash point the process stops itself
                                               (SIGSTOP); continued, it stays there for 1.5 s more, then goes on
    CHAOS_MODEL=slow:200 | hang                scoring takes 200 ms more each time, or never returns
    CHAOS_FILE_LIMIT=65536                     no file grows beyond that: a full disk, as RocksDB and logs see it
    CHAOS_BUG=caps_off                         a guard is taken out: see bugs.py

A point is passed by every stage of the process: to stop a certain one there, host that stage alone (`--stage decide`).
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

STOP_AT, MODEL, FILE_LIMIT, BUG = "CHAOS_STOP_AT", "CHAOS_MODEL", "CHAOS_FILE_LIMIT", "CHAOS_BUG"
# The signal is taken by whichever thread comes first, and the others run on for a moment: this one waits for it here.
_TO_STOP_S: Final = 0.05
_FOR_EVER_S: Final = 1e6


def install(environment: Mapping[str, str]) -> None:
    """Do to this process what the variables say.

    Raises:
        ValueError: a variable says nothing that can be done.
    """
    if limit := environment.get(FILE_LIMIT):
        _limit_files(int(limit))
    if model := environment.get(MODEL):
        _slow_model(model)
    if bug := environment.get(BUG):
        from tests.chaos import bugs

        bugs.install(bug)
    if stop_at := environment.get(STOP_AT):
        _stop_at(stop_at)


def _stop_at(wanted: str) -> None:
    """Every module has `reach` by name: each gets ours, which calls the real one first."""
    import garbo.topology.run  # noqa: F401  # with it, all who call `reach` are loaded
    from garbo.topology.transport import crash_points

    point, _, rest = wanted.partition(":")
    passes, _, linger = rest.partition(":")
    if point not in crash_points.POINTS:
        raise ValueError(f"{STOP_AT}={wanted}: the points are {', '.join(crash_points.POINTS)}")
    real = crash_points.reach
    stop = _stopper(point, int(passes or "1"), float(linger or "0"))

    def reach(name: str) -> None:
        real(name)
        stop(name)

    for name, module in list(sys.modules.items()):
        if name.startswith("garbo.topology") and getattr(module, "reach", None) is real:
            module.reach = reach  # type: ignore[attr-defined]


def _stopper(point: str, passes: int, linger_s: float) -> Callable[[str], None]:
    left = passes

    def stop(name: str) -> None:
        nonlocal left
        if name != point:
            return
        left -= 1
        if left == 0:
            os.write(2, f"stopped at {point}\n".encode())
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(_TO_STOP_S)
            time.sleep(linger_s)

    return stop


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
    """A write beyond fails with EFBIG, as one on a full disk fails with ENOSPC, instead of ending the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


if __name__ == "__main__":
    install(os.environ)
    from garbo.cli import main

    sys.argv = ["garbo", "run", *sys.argv[1:]]
    main()
