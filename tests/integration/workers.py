"""Worker processes of one group that come in, stop, wake and die on cue: what the scripted scenes have in common."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from confluent_kafka import Consumer, ConsumerGroupState, IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from tests.integration.counting import PARTITIONS, wait_committed

PATIENCE_S, HELD_S = 60.0, 8.0
REFUSED_S = 20.0  # a zombie lingers where it stopped before it goes on
SESSION_MS, HEARTBEAT_MS = 6000, 1000  # the least a broker allows


class Workers:
    """Started by slot; all are killed in the end, the stopped ones too."""

    def __init__(self, bootstrap: str, group: str, source: str, changelog: str, folder: Path, bug: str | None) -> None:
        self._bootstrap, self._group, self._source, self._changelog = bootstrap, group, source, changelog
        self._folder, self._bug = folder, bug
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._asker = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
        self._members: set[str] = set()
        self._before: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for slot in list(self._workers):
            self.kill(slot)
        self._asker.close()

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

    def trickle(self) -> None:
        """A few events more, for each partition."""
        raise NotImplementedError

    # ---- what is waited for

    def wait_stopped(self, slot: str) -> None:
        """It has stopped itself; whoever comes into the group now is its successor. Traffic goes on until then."""

        def stopped() -> bool:
            self.trickle()
            return "stopped at" in self.log(slot)

        self.wait(stopped, f"{slot} did not stop")
        self._members = self._described()[1]

    def wait_undecided(self) -> None:
        """Rows lie on the changelog whose transaction is neither committed nor aborted."""

        def ends(level: IsolationLevel) -> int:
            asked = {TopicPartition(self._changelog, p): OffsetSpec.latest() for p in range(PARTITIONS)}  # type: ignore[no-untyped-call]
            answers = self._admin.list_offsets(asked, isolation_level=level, request_timeout=10).values()
            return sum(answer.result(15).offset for answer in answers)

        def undecided() -> bool:
            return ends(IsolationLevel.READ_COMMITTED) < ends(IsolationLevel.READ_UNCOMMITTED)

        self.wait(undecided, f"no row on {self._changelog} is undecided")
        self._before = self._committed()

    def end(self, slot: str) -> None:
        """Without its guard it dies, as it was told. With it, it is refused: it leaves, or goes on as a member."""
        if self._bug is not None:
            self.wait_died(slot)
        else:
            with suppress(subprocess.TimeoutExpired):
                self._workers[slot].wait(REFUSED_S)
            self.kill(slot)

    def wait_died(self, slot: str) -> None:
        """It was killed at a crash point. Traffic goes on until then."""
        worker = self._workers[slot]

        def died() -> bool:
            self.trickle()
            return worker.poll() is not None

        self.wait(died, f"{slot} did not die")
        assert self._workers.pop(slot).wait() == -signal.SIGKILL, self.log(slot)

    def wait_taken_over(self) -> None:
        """The group has expelled whoever was in it, and given the partitions to others."""

        def changed() -> bool:
            state, members = self._described()
            return state is ConsumerGroupState.STABLE and bool(members) and not members & self._members

        self.wait(changed, "nobody took over")

    def wait_members(self, count: int) -> None:
        """So many are in the group, and each has its partitions."""

        def there() -> bool:
            state, members = self._described()
            return state is ConsumerGroupState.STABLE and len(members) == count

        self.wait(there, f"the group has not come to {count}")

    def wait_passed_unless_held(self, slot: str, point: str) -> None:
        """It has passed a crash point, and tells."""

        def passed(seconds: float) -> None:
            self.wait(lambda: f"passed {point}" in self.log(slot), f"{slot} did not pass {point}", seconds)

        self.unless_held(passed)

    def wait_committed_unless_held(self) -> None:
        """A successor has committed something of each partition, since rows were found undecided."""

        def beyond() -> bool:
            return all(now > before for now, before in zip(self._committed(), self._before, strict=True))

        self.unless_held(lambda seconds: self.wait(beyond, "the successor commits nothing", seconds))

    def _committed(self) -> list[int]:
        places = [TopicPartition(self._source, p) for p in range(PARTITIONS)]
        return [max(place.offset, 0) for place in self._asker.committed(places, 10)]

    def wait_committed(self, group: str, topic: str) -> None:
        try:
            wait_committed(self._bootstrap, group, topic, PATIENCE_S)
        except AssertionError as slow:
            raise AssertionError(f"{slow}\n{self.logs()}") from slow

    def unless_held(self, wait: Callable[[float], None]) -> None:
        """Without its guard a worker goes on, and must: else the play is none. With it, it may be held back."""
        if self._bug is not None:
            wait(PATIENCE_S)
        else:
            with suppress(AssertionError):
                wait(HELD_S)

    def wait(self, met: Callable[[], bool], otherwise: str, timeout: float = PATIENCE_S) -> None:
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
