"""One scripted fault on a real Kafka, played by counting workers, which deduplicate nothing.

scene = Scene(bootstrap, prefix, folder, transaction_timeout_ms=14_000)
scene.produce()
scene.start("a", CHAOS_STOP_AT="commit.before_commit:3")
scene.wait_stopped("a")
scene.start("b")
scene.wait_taken_over()
scene.wake("a")
scene.wait_done()
scene.judge()      # what was lost, what was done twice
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.counting import Names, counts, create_topics, produce, read
from tests.integration.workers import HEARTBEAT_MS, SESSION_MS, Workers


class Verdict(NamedTuple):
    """Events whose output is missing or came again; keys whose row counts too few or too many."""

    lost: int
    again: int
    short: int
    over: int


EXACT = Verdict(0, 0, 0, 0)


class Scene(Workers):
    """The topics and workers of one test."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, bug: str | None = None, **settings: Any) -> None:
        self.names = Names.of(prefix)
        super().__init__(bootstrap, self.names.group, self.names.events, self.names.changelog, folder, bug)
        self._prefix = prefix
        self._settings = {
            "session_timeout_ms": SESSION_MS,
            "heartbeat_ms": HEARTBEAT_MS,
            "max_chunk": 20,  # in 10 ms
            "commit_interval_s": 0.2,
            **settings,
        }
        self._sent: Counter[bytes] = Counter()
        create_topics(bootstrap, self.names)

    def produce(self, *, more: bool = False) -> None:
        """Enough for a second's work, and half of that again."""
        self._send(600 if more else 1_800)

    def trickle(self) -> None:
        self._send(50)

    def _send(self, count: int) -> None:
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
        self.launch(slot, [sys.executable, "-m", "tests.integration.counting", json.dumps(told)], environment)

    def wait_done(self) -> None:
        self.wait_committed(self.names.group, self.names.events)

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
