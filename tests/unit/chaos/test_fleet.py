"""The supervisor restarts every worker that ends, and names the kind of its end."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from tests.chaos.fleet import Death, Fleet, Start, WorkerCommand

# A fake worker: it dies at its crash point, exits with 0 at SIGTERM, otherwise as its environment says.
WORKER = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("3 rows restored in 0.1 s", flush=True)
if os.environ.get("GARBO_CRASH_AT") and not os.environ.get("UNREACHED"):
    os.kill(os.getpid(), signal.SIGKILL)
if code := os.environ.get("LEAVE"):
    sys.exit(int(code))
time.sleep(60)
"""
POINT = "commit.before_commit"
ARMED = Start({CRASH_AT: f"{POINT}:3"})


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(WorkerCommand((sys.executable, "-c", WORKER), (), {}, tmp_path, tmp_path), 2)
    try:
        made.begin(range(1))
        yield made
    finally:
        made.abandon()


def death_of(fleet: Fleet, start: Start, seconds: float = 30) -> Death:
    """The death of the process with this start. It may be over at once: then the slot already has the next process."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := [death for death in list(fleet.deaths) if death.worker.start is start]:
            return found[0]
        time.sleep(0.01)
    raise AssertionError(f"no process with {start} has died")


def test_killed_worker_is_restarted_with_the_given_start(fleet: Fleet) -> None:
    first = fleet.worker(0)
    death = fleet.kill(0, [ARMED])
    assert ("killed by us", "") == (death.called, death.point)
    armed = death_of(fleet, ARMED).worker
    assert (first.slot, ARMED) == (armed.slot, armed.start)
    assert armed is not first


def test_a_death_at_a_crash_point_is_known_and_the_next_start_is_plain(fleet: Fleet) -> None:
    fleet.kill(0, [ARMED])
    death = death_of(fleet, ARMED)
    assert (POINT, "killed at a crash point") == (death.point, death.called)
    assert "" == fleet.worker(0).start.armed


def test_a_kill_of_ours_does_not_count_as_a_crash_point(fleet: Fleet) -> None:
    fleet.kill(0, [Start({CRASH_AT: f"{POINT}:3", "UNREACHED": "1"})])
    death = fleet.kill(0)
    assert (f"{POINT}:3", "", "killed by us") == (death.worker.start.armed, death.point, death.called)


def test_terminated_worker_exits_with_0_and_is_not_replaced_in_a_held_slot(fleet: Fleet) -> None:
    while not fleet.worker(0).restored():  # it listens
        pass
    assert "0 (done)" == fleet.terminate(0, hold=True).called
    assert [] == fleet.running()


def test_end_without_a_signal_is_counted_by_its_code(fleet: Fleet) -> None:
    leaving = Start({"LEAVE": "3"})
    fleet.kill(0, [leaving])
    assert "3 (restart)" == death_of(fleet, leaving).called
    assert {"killed by us": 1, "3 (restart)": 1} == fleet.exits()


def test_end_terminates_all(fleet: Fleet) -> None:
    other = fleet.launch(1)
    for worker in (fleet.worker(0), other):
        while not worker.restored():
            pass
    assert [0, 0] == fleet.end()
    assert [] == fleet.running()


def test_stopped_worker_is_recognised(fleet: Fleet) -> None:
    worker = fleet.worker(0)
    assert not worker.is_stopped()
    fleet.send(0, signal.SIGSTOP)
    while not worker.is_stopped():
        pass
