"""How a process leaves when something cannot go on.

A record that cannot be processed is a dead letter, whatever the cause (`garbo.processors.each_record`). So an exception
out of a processor is not about one record: the process ends with nothing committed, and the same records come again
after the restart. Such a bug is loud, loses nothing, and repeats.
"""

import faulthandler
import logging
import os
import sys
from collections.abc import Callable
from enum import IntEnum

log = logging.getLogger(__name__)


class ExitCode(IntEnum):
    """Why a worker ended. The supervisor restarts it on everything but 0."""

    DONE = 0  # asked to stop: committed, group left
    STUCK = 1  # the watchdog's: alive but not working
    RESTART = 3  # fenced, the broker gave up on us, or the local store is unusable: a restart solves it
    BUG = 4  # the processor raised


# What a processor's parts call when they cannot go on. It does not return in a process of its own; in a hosted thread
# it does, and the caller raises.
Leave = Callable[[ExitCode, str], None]


def leave_process(code: ExitCode, why: str) -> None:
    """Say why and go, at once: no commit, no clean-up that could block. The broker rolls back what is open."""
    sentence = f"leaving with code {int(code)}: {why}"
    if code is ExitCode.STUCK:
        # The thread that is stuck may hold a lock of logging: straight to the file descriptor.
        os.write(2, f"garbo: {sentence}\n".encode())
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    else:
        log.critical(sentence)
        logging.shutdown()
    os._exit(code)
