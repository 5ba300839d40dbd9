"""A worker as a child process: a feeder in the same interpreter would distort the measurement."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from garbo.adapters.kafka.retry import wait_until
from garbo.errors import GarboError

_LOG_TAIL: Final = 4_000  # characters of the worker's log: several lines and a stack trace
_STOP_S: Final = 30.0  # the worker has to commit and to leave its groups


class WorkerEnded(GarboError):
    """The worker ended, or was not ready in time. Operator action: read the end of its log in the message."""


class Worker:
    """`with Worker(command, {"GARBO_BOOTSTRAP": ...}, log) as worker:`; its output goes to the file `log`.

    command: the program and its arguments. `--metrics-port` is added: that port tells when the worker is ready.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._port = _free_port()
        self._command = [*command, "--metrics-port", str(self._port)]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return when every processor has its partitions.

        Raises:
            WorkerEnded: the worker ended, or was not ready within `seconds`.
        """
        if not wait_until(self._ready_or_ended, seconds, pause_s=0.1):
            tail = self.log_tail()
            raise WorkerEnded(f"the worker was not ready within {seconds:.0f} s. The end of its log:\n{tail}")

    def check(self) -> None:
        """Raise `WorkerEnded` if the worker is not running any more."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            raise WorkerEnded(f"the worker ended with code {code}. The end of its log:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The end of the worker's log."""
        return self._log.read_text("utf-8", "replace")[-_LOG_TAIL:].strip() or "(empty)"

    def _ready_or_ended(self) -> bool:
        if self._ready():
            return True
        self.check()
        return False

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=1.0) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    """A port that was free a moment ago; if another process takes it first, the worker logs that and ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
