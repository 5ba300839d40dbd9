"""Three workers under kill -9 and SIGSTOP past the session, on a real Kafka: every event counts once.

The workers deduplicate nothing, so a lost event, one done twice, and a zombie's write each show as a wrong number.
The check reads topics alone.
"""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.counting import Names, counts, create_topics, produce, read, wait_committed
from tests.integration.misbehaving import until

SLOTS = 3
# The transaction outlives the stop: the zombie is refused for its old generation, not for a transaction timed out.
SESSION_MS, HEARTBEAT_MS, TRANSACTION_MS = 6000, 1000, 14_000
PAST_THE_SESSION_S = 8.5
EVENTS, RATE = 30_000, 1000.0
SEED = 20_240


class Fleet:
    """Workers as processes, one a slot, restarted by us as a supervisor would."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self._told = {"bootstrap": bootstrap, "prefix": prefix, "pause_s": 0.005}
        self._folder = folder
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.exits: Counter[int] = Counter()
        self._from: dict[int, int] = {}

    def start(self, slot: int) -> None:
        told = self._told | {
            "data_dir": str(self._folder / str(slot)),
            "settings": {
                "slot": str(slot),
                "session_timeout_ms": SESSION_MS,
                "heartbeat_ms": HEARTBEAT_MS,
                "transaction_timeout_ms": TRANSACTION_MS,
                "max_chunk": 50,
            },
        }
        self._from[slot] = self._log(slot).stat().st_size if self._log(slot).exists() else 0
        command = [sys.executable, "-m", "tests.integration.counting", json.dumps(told)]
        with self._log(slot).open("ab") as log:
            self.running[slot] = subprocess.Popen(command, stdout=log, stderr=log)

    def supervise(self) -> None:
        """Restart whoever left."""
        for slot, process in list(self.running.items()):
            if (code := process.poll()) is not None:
                self.exits[code] += 1
                self.start(slot)

    def ready(self, slot: int) -> bool:
        """It has joined since it was started: only now can it be hurt."""
        with self._log(slot).open("rb") as log:
            log.seek(self._from[slot])
            return b"ready" in log.read()

    def kill(self, slot: int) -> None:
        self.running[slot].kill()
        self.running[slot].wait()
        self.start(slot)

    def end(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def _log(self, slot: int) -> Path:
        return self._folder / f"worker-{slot}.log"

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))[-6000:]


def settled(fleet: Fleet, bootstrap: str, names: Names) -> bool:
    """All is committed; whoever leaves meanwhile is started again."""
    fleet.supervise()
    try:
        wait_committed(bootstrap, names.group, names.events, timeout=2)
    except AssertionError:
        return False
    return True


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_every_event_is_counted_once_through_kills_and_zombies(kafka: str, prefix: str, tmp_path: Path) -> None:
    names = Names.of(prefix)
    create_topics(kafka, names)
    dice = random.Random(SEED)
    fleet = Fleet(kafka, prefix, tmp_path)
    sent: list[Counter[bytes]] = []
    feeder = threading.Thread(target=lambda: sent.append(produce(kafka, names.events, EVENTS, rate=RATE)))
    kills = zombies = 0
    try:
        for slot in range(SLOTS):
            fleet.start(slot)
        until(lambda: all(map(fleet.ready, range(SLOTS))), 60, fleet.logs)
        feeder.start()
        while feeder.is_alive():
            time.sleep(dice.uniform(1.5, 3.0))
            fleet.supervise()
            ready = [slot for slot in range(SLOTS) if fleet.ready(slot)]
            if not ready:
                continue
            slot = dice.choice(ready)
            if zombies == 0 or (kills >= 3 and zombies < 2):
                fleet.running[slot].send_signal(signal.SIGSTOP)
                time.sleep(PAST_THE_SESSION_S)
                fleet.running[slot].send_signal(signal.SIGCONT)
                zombies += 1
            else:
                fleet.kill(slot)
                kills += 1
        feeder.join()
        until(lambda: settled(fleet, kafka, names), 60, fleet.logs)
    finally:
        fleet.end()

    counted, older = counts(kafka, names.changelog)
    outputs = Counter(message.value() for message in read(kafka, names.out))
    assert (kills >= 2, zombies >= 1) == (True, True), "the test was vacuous"
    assert counted == sent[0]
    assert (len(outputs), set(outputs.values())) == (EVENTS, {1})
    assert older == 0
    assert fleet.exits[4] == 0, fleet.logs()
