"""One scripted fault on a real Kafka: counting workers that come in, stop, wake and die on cue.

scene = Scene(bootstrap, prefix, folder, transaction_timeout_ms=14_000)
scene.produce(600)
scene.start("a", CHAOS_STOP_AT="commit.before_commit:3")
scene.wait_stopped("a")
scene.start("b")
scene.wait_taken_over()
scene.wake("a")
scene.wait_done()
scene.judge()      # what was lost, what was done twice
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import ConsumerGroupState, Producer
from confluent_kafka.admin import AdminClient

from tests.integration.counting import Names, counts, create_topics, produce, read, wait_committed

SESSION_MS, HEARTBEAT_MS = 6000, 1000  # the least a broker allows


class Verdict(NamedTuple):
    """Events whose output is missing or came again; keys whose row counts too few or too many."""

    lost: int
    again: int
    short: int
    over: int


EXACT = Verdict(0, 0, 0, 0)


class Scene:
    """The topics and workers of one test."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, bug: str | None = None, **settings: Any) -> None:
        self.names = Names.of(prefix)
        self._bootstrap, self._prefix, self._folder, self._bug = bootstrap, prefix, folder, bug
        self._settings = {
            "session_timeout_ms": SESSION_MS,
            "heartbeat_ms": HEARTBEAT_MS,
            "max_chunk": 20,
            "commit_interval_s": 0.1,  # what is written has left before the commit begins
            **settings,
        }
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._sent: Counter[bytes] = Counter()
        self._members: set[str] = set()
        create_topics(bootstrap, self.names)

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        for slot in list(self._workers):
            self.kill(slot)

    # ---- what happens

    def produce(self, count: int) -> None:
        self._sent += produce(self._bootstrap, self.names.events, count, start=self._sent.total())

    def start(self, slot: str, disk: str = "", **environment: str) -> None:
        """A worker; `disk` names its folder, by default its slot's own."""
        told = {
            "bootstrap": self._bootstrap,
            "prefix": self._prefix,
            "pause_s": 0.01,
            "data_dir": str(self._folder / (disk or slot)),
            "settings": {"slot": slot, **self._settings},
        }
        bug = {"CHAOS_BUG": self._bug} if self._bug else {}
        with self._log(slot).open("ab") as log:
            self._workers[slot] = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.counting", json.dumps(told)],
                env={**os.environ, **bug, **environment}, stdout=log, stderr=log,
            )  # fmt: skip

    def wake(self, slot: str) -> None:
        self._workers[slot].send_signal(signal.SIGCONT)

    def kill(self, slot: str) -> None:
        worker = self._workers.pop(slot)
        worker.kill()
        worker.wait()

    def decide(self, slot: str) -> None:
        """What a restart in the slot would do to its open transaction: roll it back."""
        Producer(
            {"bootstrap.servers": self._bootstrap, "transactional.id": f"{self.names.group}-{slot}"}
        ).init_transactions(20)

    # ---- what is waited for

    def wait_stopped(self, slot: str) -> None:
        """It has stopped itself; whoever comes into the group now is its successor."""
        self._wait(lambda: "stopped at" in self.log(slot), f"{slot} did not stop")
        self._members = self._group()[1]

    def wait_died(self, slot: str) -> None:
        assert self._workers.pop(slot).wait(20) == -signal.SIGKILL, self.log(slot)

    def wait_taken_over(self) -> None:
        """The group has expelled whoever was in it, and given the partitions to others."""

        def changed() -> bool:
            state, members = self._group()
            return state is ConsumerGroupState.STABLE and bool(members) and not members & self._members

        self._wait(changed, "nobody took over")

    def wait_done(self, timeout: float = 40.0) -> None:
        try:
            wait_committed(self._bootstrap, self.names.group, self.names.events, timeout)
        except AssertionError as slow:
            raise AssertionError(f"{slow}\n" + "\n".join(map(self.log, self._workers))) from slow

    def _wait(self, met: Callable[[], bool], otherwise: str, timeout: float = 20.0) -> None:
        until = time.monotonic() + timeout
        while not met():
            assert time.monotonic() < until, otherwise + "\n" + "\n".join(map(self.log, self._workers))
            time.sleep(0.1)

    def _group(self) -> tuple[ConsumerGroupState, set[str]]:
        group = self.names.group
        found = self._admin.describe_consumer_groups([group], request_timeout=10)[group].result(15)
        return found.state, {member.member_id for member in found.members}

    # ---- what is seen

    def log(self, slot: str) -> str:
        return self._log(slot).read_text()[-4000:]

    def _log(self, slot: str) -> Path:
        return self._folder / f"worker-{slot}.log"

    def judge(self) -> Verdict:
        """Topics alone speak."""
        rows, _ = counts(self._bootstrap, self.names.changelog)
        outputs = Counter(message.value() for message in read(self._bootstrap, self.names.out))
        return Verdict(
            lost=self._sent.total() - len(outputs),
            again=outputs.total() - len(outputs),
            short=len(self._sent - rows),
            over=len(rows - self._sent),
        )
