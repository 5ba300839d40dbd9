"""What happens when a processor cannot go on: the gate closes and the process leaves, with the code of the cause."""

import logging

from garbo.errors import GarboError
from garbo.runtime.exit_codes import ExitCode, Leave
from garbo.runtime.gate import Gate
from garbo.runtime.observer import ProcessorObserver

log = logging.getLogger(__name__)


class LeavePolicy:
    """Tells an operator's problem from a bug of the processor."""

    def __init__(self, name: str, gate: Gate, observer: ProcessorObserver, leave: Leave) -> None:
        self._name, self._gate, self._observer, self._leave = name, gate, observer, leave

    def give_up(self, problem: GarboError) -> None:
        """An operator or a restart must solve this problem."""
        self._gate.close()
        self._leave(ExitCode.RESTART, f"{self._name}: {problem}")

    def bug(self, problem: Exception) -> None:
        """The processor raised. The caller has poisoned the checkpoint already, so nothing of it is committed."""
        self._gate.close()
        log.error("%s: a bug", self._name, exc_info=problem)
        self._observer.failed(type(problem).__name__)
        self._leave(ExitCode.BUG, f"{self._name}: {type(problem).__name__} out of the processor")
