"""Faults of workers: killed, terminated, stopped and continued, fewer and more.

Each function gets the bench and the fault, and returns when the fault is over. The runner waits for the recovery.
"""

import signal
import time
from collections.abc import Callable
from typing import Final, TypeAlias

from garbo.runtime.crash_points import VARIABLE as CRASH_AT
from tests.chaos.bench import Bench, Missed
from tests.chaos.fleet import SESSION_S, TRANSACTION_S, Death, Start, Worker
from tests.chaos.schedule import Fault
from tests.chaos.worker import STOP_AT

Does: TypeAlias = Callable[[Bench, Fault], None]

REACH_S: Final = 20.0  # for a crash point, once its worker is ready
LINGER_S: Final = 1.0  # a zombie that wakes inside a checkpoint stays, so that its consumer learns the generation
LEAVE_S: Final = LINGER_S + 4.0  # time for it to be refused and to leave


def crash_point(bench: Bench, fault: Fault) -> None:
    """The worker dies between two numbered steps. An earlier restart may have armed it, and it may be dead already."""
    point, slot = fault.with_["point"], fault.slot
    again = Start({CRASH_AT: f"{point}:1"})
    for start, by in ((bench.armed(fault), fault.with_.get("by", "")), (again, "leaving")):
        death = bench.uncounted(slot, point) or _await_crash(bench, fault, start, by) or bench.uncounted(slot, point)
        if death is not None and death.point == point:
            bench.fleet.next_starts(slot, bench.next_starts(slot))
            bench.count(death)
            bench.fault_ended(fault.kind, death.at)
            return
        bench.missed.append(f"{start.armed} in slot {slot}: not reached in {REACH_S:.0f} s")
    bench.disarm(slot, again, f"{fault.kind}, missed")
    raise Missed(f"{point} in slot {slot}")


def _await_crash(bench: Bench, fault: Fault, start: Start, by: str) -> Death | None:
    slot = fault.slot
    worker = bench.fleet.worker(slot)
    if worker.start is not start:
        bench.terminate(slot, [start])
        worker = bench.fleet.worker(slot)
    # The process after this death is armed for the next crash point.
    bench.fleet.next_starts(slot, bench.next_starts(slot))
    try:
        bench.await_ready(slot)
    except Missed:  # usually it is dead already, because the point belongs to an assignment
        return bench.fleet.await_death(worker, 0.0)
    if fault.with_["point"].startswith("revoke"):
        _rebalance(bench, worker, by)
    return bench.fleet.await_death(worker, REACH_S)


def _rebalance(bench: Bench, worker: Worker, by: str) -> None:
    """Take partitions from the armed worker: it leaves, or another worker joins and leaves again."""
    if by == "leaving":
        worker.process.send_signal(signal.SIGTERM)
        return
    bench.fleet.launch(bench.slots)
    bench.fleet.await_death(worker, REACH_S)
    bench.terminate(bench.slots, hold=True)


def kill(bench: Bench, fault: Fault) -> None:
    """kill -9 at any place."""
    bench.fault_ended(fault.kind, bench.kill(fault.slot).at)


def terminate(bench: Bench, fault: Fault) -> None:
    """SIGTERM and a restart, as in a deployment."""
    with bench.fault_lasts(fault.kind):
        bench.terminate(fault.slot, bench.next_starts(fault.slot))


def zombie(bench: Bench, fault: Fault) -> None:
    """Stop a worker until its session ends and its partitions are taken over, then wake it: it must not write anything.

    It is stopped anywhere, or at a point of the commit; woken while its transaction is open, or after the timeout.
    """
    seconds = float(fault.with_["seconds"])
    worker, since = _stop(bench, fault)
    with bench.fault_lasts(f"{fault.kind} {seconds:g} s", since):
        bench.sleep_until(since + seconds)
        bench.wake(worker)
        death = bench.await_death(worker, LEAVE_S)
    if death is None:
        _whole_again(bench, fault, worker)


def successor_killed(bench: Bench, fault: Fault) -> None:
    """A zombie stops inside a checkpoint; its successor commits and dies; then the zombie wakes."""
    worker, since = _stop(bench, fault, "commit.before_offsets")
    with bench.fault_lasts(f"{fault.kind}, taken over", since) as taken_over:
        bench.past_the_session(since, SESSION_S + TRANSACTION_S)
    bench.recovered(taken_over)
    with bench.fault_lasts(fault.kind):
        killed = [bench.kill(slot) for slot in bench.others(fault.slot)]
        bench.wake(worker)
        death = bench.await_death(worker, LEAVE_S)
    if death is None:
        _whole_again(bench, fault, worker)
    if not killed:
        raise Missed(f"no other worker ran beside slot {fault.slot}")


def _whole_again(bench: Bench, fault: Fault, worker: Worker) -> None:
    """The refused zombie works again. If it runs decide alone, it is restarted with all processors.

    (Without the restart a slot that was the last one running had no resolve: three minutes without recovery.)
    """
    bench.recovered()
    if bench.fleet.worker(fault.slot) is worker:  # otherwise its successor already runs all processors
        with bench.fault_lasts(f"{fault.kind}, whole again"):
            bench.terminate(fault.slot, bench.next_starts(fault.slot))


def _stop(bench: Bench, fault: Fault, point: str | None = None) -> tuple[Worker, float]:
    """Stop the worker of the slot, anywhere or at `point`; the worker and the instant (monotonic seconds)."""
    stop_at = fault.with_.get("stop_at", "") if point is None else point
    if not stop_at:
        bench.await_ready(fault.slot)  # a worker that is only starting has no partitions yet
        return bench.stop(fault.slot), time.monotonic()
    # `decide` alone: the point must be in one of its transactions; resolve has none.
    start = Start({STOP_AT: f"{stop_at}:{fault.with_['passes']}:{LINGER_S:g}"}, ("decide",))
    bench.terminate(fault.slot, [start])
    worker = bench.fleet.worker(fault.slot)
    try:
        bench.await_stopped(worker)
    except Missed:  # otherwise its last commit at SIGTERM would stop it
        bench.disarm(fault.slot, start, f"{fault.kind}, missed")
        raise
    return worker, time.monotonic()


def scale(bench: Bench, fault: Fault) -> None:
    """Scale to one worker, then to one more than usual, then back."""
    last, one_more = fault.slot, bench.slots
    gone = [slot for slot in range(bench.slots) if slot != last]
    with bench.fault_lasts(f"{fault.kind} to 1") as watch:
        for slot in gone:
            bench.terminate(slot, hold=True)
    bench.recovered(watch)
    try:
        with bench.fault_lasts(f"{fault.kind} to {bench.slots + 1}") as watch:
            for slot in [*gone, one_more]:
                bench.fleet.launch(slot)
            for slot in [*gone, one_more]:
                bench.await_ready(slot, 90.0)
        bench.recovered(watch)
    finally:  # also if they were not ready: the next try starts the additional worker again
        with bench.fault_lasts(f"{fault.kind} to {bench.slots}"):
            bench.terminate(one_more, hold=True)
