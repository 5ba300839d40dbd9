"""The third line: C code that keeps the GIL stops the watchdog's thread as well.

A rule, a model or a library that never comes back from C code lets no Python run: no thread can look, none can leave.
Two timers that need no Python end the process then; each beat of the event loop winds both again:

    processor time   the watchdog's limit   C code that computes. A process that was stopped as a whole (SIGSTOP, a
                                            paused container) uses none, so it is not blamed.
    wall time        ten times the limit    C code that waits for what never comes.

Both write the stacks of all threads to stderr first. The first ends the process by SIGPROF, the second with code 1;
the supervisor restarts it, and the group gives its partitions to others.
"""

import faulthandler
import signal
import sys
from typing import Final

WAITING: Final = 10.0  # times the limit


class StuckGuard:
    """One for each process. Not for a process that others own: it ends it without a word to them."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def start(self) -> None:
        faulthandler.register(signal.SIGPROF, file=sys.stderr, all_threads=True, chain=True)
        self.beat()

    def beat(self) -> None:
        """The event loop was here."""
        signal.setitimer(signal.ITIMER_PROF, self._limit_s)
        faulthandler.dump_traceback_later(WAITING * self._limit_s, file=sys.stderr, exit=True)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        faulthandler.unregister(signal.SIGPROF)
