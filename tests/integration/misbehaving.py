"""A counting worker that misbehaves when told to, as a process: `python -m tests.integration.misbehaving JSON`.

    hang        "processor": the event valued `at` is never done with; "C code": the same, and nothing else in the
                process runs, because C code keeps the GIL; "loop": the event loop stands still once ready
    limits      the watchdog's, where they are not its own: {"heartbeat_s": 4.0}
    file_bytes  the largest file this process may write (RLIMIT_FSIZE): what a full disk looks like to RocksDB

`Worker` starts it, and starts it again when it leaves, as a supervisor would.
"""

import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host.run import HostedProcessor, run_processors
from garbo.processors.ports import ConsumerRecord, Rows, Work
from garbo.runtime.watchdog import Limits
from tests.integration.counting import Counting, Names, settings


class Hanging(Counting):
    """Counts, until it meets the event it hangs at."""

    def __init__(self, out: str, pause_s: float, at: bytes | None, in_c: bool) -> None:
        super().__init__(out, pause_s)
        self.at, self.in_c = at, in_c

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        if self.at is not None and any(record.value == self.at for record in records):
            print("hanging", flush=True)
            if self.in_c:
                re.fullmatch(r"(a|a)*b", "a" * 100)  # 2 to the power of 100 ways to fail
            threading.Event().wait()
        return super().process(partition, records, rows, now_ms)


class Exit(NamedTuple):
    """How a worker left."""

    code: int
    at: float  # monotonic
    said: str  # its log from its start on


class Worker:
    """One slot: a process, its log, its exits."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, **told: Any) -> None:
        given = {"session_timeout_ms": 6000, "heartbeat_ms": 1000, **told.pop("settings", {})}
        self.rows = folder / "rows"
        self._told = {"bootstrap": bootstrap, "prefix": prefix, "pause_s": 0.005, **told, "settings": given}
        self._told["data_dir"] = str(self.rows)
        folder.mkdir(exist_ok=True)
        self._log = folder / "worker.log"
        self._log.touch()
        self._from = 0
        self.exits: list[Exit] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **told: Any) -> Self:
        self._from = self._log.stat().st_size
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.integration.misbehaving", json.dumps(self._told | told)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    @property
    def said(self) -> str:
        """Its log since it was started last."""
        with self._log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode(errors="replace")

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait_stopped(self) -> None:
        """Until SIGSTOP has arrived."""
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat")
        until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", 30.0, "it does not stand still")

    def wait_said(self, word: str, timeout: float = 90.0) -> None:
        until(lambda: word in self.said or self._gone(), timeout, lambda: f"no {word!r} in:\n{self.said}")
        assert word in self.said, self.said

    def wait_gone(self, timeout: float) -> Exit:
        assert self.process is not None
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it is still there after {timeout} s:\n{self.said}") from None
        self.exits.append(Exit(code, time.monotonic(), self.said))
        return self.exits[-1]

    def supervise(self) -> None:
        """Start it again if it left."""
        if self._gone():
            self.wait_gone(1.0)
            self.start()

    def _gone(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


def until(true: Callable[[], object], timeout: float, otherwise: str | Callable[[], str] = "") -> None:
    """Wait for a condition; `otherwise` tells what is wrong."""
    end = time.monotonic() + timeout
    while not true():
        if time.monotonic() > end:
            raise AssertionError(otherwise() if callable(otherwise) else otherwise or "it did not happen in time")
        time.sleep(0.05)


def main(told: dict[str, Any]) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    if told.get("file_bytes"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the write, as a full disk's
        resource.setrlimit(resource.RLIMIT_FSIZE, (told["file_bytes"], told["file_bytes"]))
    names, hang = Names.of(told["prefix"]), told.get("hang")
    at = told["at"].encode() if hang in ("processor", "C code") else None

    def ready() -> None:
        print("ready", flush=True)
        if hang == "loop":
            time.sleep(3600)

    return run_processors(
        [
            HostedProcessor(
                settings(told["prefix"], Path(told["data_dir"]), **told["settings"]),
                Hanging(names.out, told.get("pause_s", 0.0), at, hang == "C code"),
                KafkaSettings(bootstrap=told["bootstrap"], prefix=told["prefix"]),
            )
        ],
        limits=Limits(**told["limits"]) if "limits" in told else None,
        on_ready=ready,
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(json.loads(sys.argv[1])))
