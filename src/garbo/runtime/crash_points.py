"""Places where a test may kill this process: one between every two numbered steps of the runtime.

    GARBO_CRASH_AT=commit.before_commit:3    the process kills itself (SIGKILL) at the third pass

Inert unless the variable is set: `reach` is then an empty function.
"""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Final

VARIABLE: Final = "GARBO_CRASH_AT"

POINTS: Final = (
    "assign.before_stable_offsets",  # 1 | 2
    "assign.before_restore",  # 2 | 3
    "assign.before_open",  # 3 | 4
    "chunk.before_work",  # 5 | 6
    "chunk.after_work",  # 6 | 7
    "commit.before_offsets",  # 7 | 8
    "commit.before_commit",  # 8 | 9   at least once: outputs are acknowledged, rows are not
    "commit.before_store",  # 9 | 10  at least once: rows are acknowledged, offsets are on their way
    "commit.after_store",  # 10
    "revoke.before_finish",  # 11 | 12
    "revoke.before_close",  # 12 | 13
)


def armed(environment: Mapping[str, str]) -> Callable[[str], None]:
    """The function to call at each point.

    Raises:
        ValueError: the variable names no point, or no pass.
    """
    wanted = environment.get(VARIABLE)
    if not wanted:
        return _nothing
    point, _, passes = wanted.partition(":")
    if point not in POINTS:
        raise ValueError(f"{VARIABLE}={wanted}: the points are {', '.join(POINTS)}")
    left = int(passes or "1")

    def reach(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reach


def _nothing(name: str) -> None:
    """Not armed."""


reach: Final = armed(os.environ)
