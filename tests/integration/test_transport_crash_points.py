"""kill -9 between every two numbered steps of the transport, one after the other, on a real Kafka.

One worker in one slot, restarted after each death, while events keep coming. Every point must be hit, and in the end
every event is counted once and forwarded once.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from garbo.runtime.crash_points import POINTS, VARIABLE
from tests.integration.counting import Names, counts, create_topics, produce, read, wait_committed

# Points passed once an assignment or a revocation are hit at the first pass, the others in the middle of the work.
PASSES = {point: 1 if point.startswith(("assign", "revoke")) else 2 for point in POINTS}
EACH = 300


def worker(bootstrap: str, prefix: str, folder: Path, crash_at: str | None, **settings: Any) -> subprocess.Popen[bytes]:
    told = {
        "bootstrap": bootstrap,
        "prefix": prefix,
        "data_dir": str(folder / "rows"),
        "pause_s": 0.01,  # a chunk: its events take several commits
        "settings": {"max_chunk": 20, "session_timeout_ms": 6000, "heartbeat_ms": 1000, **settings},
    }
    environment = {**os.environ, **({VARIABLE: crash_at} if crash_at else {})}
    with (folder / "worker.log").open("ab") as log:
        command = [sys.executable, "-m", "tests.integration.counting", json.dumps(told)]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def ready(folder: Path, times: int) -> bool:
    return (folder / "worker.log").read_text().count("ready\n") >= times


@pytest.mark.kafka
@pytest.mark.timeout(240)
@pytest.mark.parametrize("exactly_once", [True, False], ids=["exactly once", "at least once"])
def test_a_crash_in_any_gap_loses_nothing(kafka: str, prefix: str, tmp_path: Path, exactly_once: bool) -> None:
    names = Names.of(prefix)
    create_topics(kafka, names)
    sent: Counter[bytes] = Counter()
    deaths: dict[str, int] = {}
    for point in POINTS:
        sent += produce(kafka, names.events, EACH, start=sent.total())
        # A member of its own each time: the broker need not wait for the dead one's session.
        process = worker(
            kafka, prefix, tmp_path, f"{point}:{PASSES[point]}", exactly_once=exactly_once, static_membership=True
        )
        if point.startswith("revoke"):
            before = (tmp_path / "worker.log").read_text().count("ready\n")
            until = time.monotonic() + 20
            while not ready(tmp_path, before + 1) and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
        try:
            deaths[point] = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            deaths[point] = 0
    last = worker(kafka, prefix, tmp_path, None, exactly_once=exactly_once, static_membership=True)
    try:
        wait_committed(kafka, names.group, names.events)
    finally:
        last.terminate()
        code = last.wait(20)

    assert deaths == dict.fromkeys(POINTS, -signal.SIGKILL), (tmp_path / "worker.log").read_text()[-4000:]
    assert code == 0
    counted = counts(kafka, names.changelog)[0]
    outputs = Counter(message.value() for message in read(kafka, names.out))
    assert len(outputs) == sent.total()
    if exactly_once:
        assert (counted, set(outputs.values())) == (sent, {1})
    else:
        assert counted >= sent
