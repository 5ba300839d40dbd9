"""Worker processes of one group that come in, stop, wake and die on cue: what the scripted scenes have in common."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from confluent_kafka import ConsumerGroupState, Producer
from confluent_kafka.admin import AdminClient

SESSION_MS, HEARTBEAT_MS = 6000, 1000  # the least a broker allows


class Workers:
    """Started by slot; all are killed in the end, the stopped ones too."""

    def __init__(self, bootstrap: str, group: str, folder: Path, bug: str | None) -> None:
        self._bootstrap, self._group, self._folder, self._bug = bootstrap, group, folder, bug
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._members: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for slot in list(self._workers):
            self.kill(slot)

    # ---- what happens

    def launch(self, slot: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """With the bug, if there is one."""
        bug = {"CHAOS_BUG": self._bug} if self._bug else {}
        with self._log(slot).open("ab") as log:
            self._workers[slot] = subprocess.Popen(
                command, env={**os.environ, **bug, **environment}, stdout=log, stderr=log
            )

    def wake(self, slot: str) -> None:
        self._workers[slot].send_signal(signal.SIGCONT)

    def kill(self, slot: str) -> None:
        worker = self._workers.pop(slot)
        worker.kill()
        worker.wait()

    def decide(self, slot: str) -> None:
        """What a restart in the slot would do to its open transaction: roll it back."""
        Producer({"bootstrap.servers": self._bootstrap, "transactional.id": f"{self._group}-{slot}"}).init_transactions(
            20
        )

    # ---- what is waited for

    def wait_stopped(self, slot: str) -> None:
        """It has stopped itself; whoever comes into the group now is its successor."""
        self.wait(lambda: "stopped at" in self.log(slot), f"{slot} did not stop")
        self._members = self._described()[1]

    def wait_died(self, slot: str) -> None:
        assert self._workers.pop(slot).wait(30) == -signal.SIGKILL, self.log(slot)

    def wait_taken_over(self) -> None:
        """The group has expelled whoever was in it, and given the partitions to others."""

        def changed() -> bool:
            state, members = self._described()
            return state is ConsumerGroupState.STABLE and bool(members) and not members & self._members

        self.wait(changed, "nobody took over")

    def wait(self, met: Callable[[], bool], otherwise: str, timeout: float = 30.0) -> None:
        until = time.monotonic() + timeout
        while not met():
            assert time.monotonic() < until, f"{otherwise}\n{self.logs()}"
            time.sleep(0.1)

    def _described(self) -> tuple[ConsumerGroupState, set[str]]:
        found = self._admin.describe_consumer_groups([self._group], request_timeout=10)[self._group].result(15)
        return found.state, {member.member_id for member in found.members}

    # ---- what they say

    def log(self, slot: str) -> str:
        return self._log(slot).read_text()[-4000:]

    def logs(self) -> str:
        return "\n".join(map(self.log, self._workers))

    def _log(self, slot: str) -> Path:
        return self._folder / f"worker-{slot}.log"
