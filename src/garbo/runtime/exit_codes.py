"""What happens when something cannot go on: the fate of a chunk, and how a process leaves.

A processor never raises for bad input (it writes a dead letter), so an exception out of it is a bug. By default the
process stops with nothing committed, and the same records come again after the restart: a bug is loud, loses
nothing, and repeats. The host may decide otherwise for the one record at fault.
"""

import faulthandler
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final

from garbo.processors.ports import ConsumerRecord, Output

log = logging.getLogger(__name__)


class Fate(Enum):
    """Of a record whose processing raised."""

    STOP = auto()  # leave; nothing is committed
    SKIP = auto()  # count it, say it, go on behind it
    DEAD_LETTER = auto()  # write what `Failures.bury` makes of it, go on behind it


@dataclass(frozen=True, slots=True)
class Failures:
    """The host's decision for bugs.

    Attributes:
        fate: of the one record at fault; the others of its chunk are processed.
        bury: makes the dead letter; needed for DEAD_LETTER alone.
    """

    fate: Fate = Fate.STOP
    bury: Callable[[ConsumerRecord, Exception], Output] | None = None

    def __post_init__(self) -> None:
        if self.fate is Fate.DEAD_LETTER and self.bury is None:
            raise ValueError("DEAD_LETTER needs `bury`, which writes the letter")


STOP: Final = Failures()


class ExitCode(IntEnum):
    """Why a worker ended. The supervisor restarts it on everything but 0."""

    DONE = 0  # asked to stop: committed, group left
    STUCK = 1  # the watchdog's: alive but not working
    RESTART = 3  # fenced, the broker gave up on us, or the local store is unusable: a restart mends it
    BUG = 4  # the processor raised


# What a stage calls when it cannot go on. It does not return in a process of its own; in a hosted thread it does,
# and the caller raises.
Leave = Callable[[ExitCode, str], None]


def leave_process(code: ExitCode, why: str) -> None:
    """Say why and go, at once: no commit, no clean-up that could block. What is open is rolled back by the broker."""
    sentence = f"leaving with code {int(code)}: {why}"
    if code is ExitCode.STUCK:
        # Whoever is stuck may hold a lock of logging: straight to the file descriptor.
        os.write(2, f"garbo: {sentence}\n".encode())
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    else:
        log.critical(sentence)
        logging.shutdown()
    os._exit(code)
