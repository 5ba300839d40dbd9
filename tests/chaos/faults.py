"""What happens to workers: killed, asked to leave, stopped and woken, fewer and more.

Each takes the bench and the fault, and returns when what it did is over; what it hurt, the runner waits for.
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
LINGER_S: Final = 1.0  # a zombie, woken inside a checkpoint, stays there: its consumer learns of the new generation
LEAVE_S: Final = LINGER_S + 4.0  # for it to be refused, and to leave


def crash_point(bench: Bench, fault: Fault) -> None:
    """It dies between two numbered steps. The restart before may have armed it, and it may have died already."""
    point, slot = fault.with_["point"], fault.slot
    again = Start({CRASH_AT: f"{point}:1"})
    for start, by in ((bench.armed(fault), fault.with_.get("by", "")), (again, "leaving")):
        death = bench.uncounted(slot, point) or _await_crash(bench, fault, start, by) or bench.uncounted(slot, point)
        if death is not None and death.point == point:
            bench.fleet.next_starts(slot, bench.next_starts(slot))
            bench.count(death)
            bench.hurt(fault.kind, death.at)
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
    # Whoever starts after this death is armed for the next one.
    bench.fleet.next_starts(slot, bench.next_starts(slot))
    try:
        bench.await_ready(slot)
    except Missed:  # it does not live to see it, as a rule: the point is one of an assignment
        return bench.fleet.await_death(worker, 0.0)
    if fault.with_["point"].startswith("revoke"):
        _rebalance(bench, worker, by)
    return bench.fleet.await_death(worker, REACH_S)


def _rebalance(bench: Bench, worker: Worker, by: str) -> None:
    """Partitions are taken from the armed worker: it leaves, or one more comes, and goes again."""
    if by == "leaving":
        worker.process.send_signal(signal.SIGTERM)
        return
    bench.fleet.launch(bench.slots)
    bench.fleet.await_death(worker, REACH_S)
    bench.terminate(bench.slots, hold=True)


def kill(bench: Bench, fault: Fault) -> None:
    """kill -9, wherever it is."""
    bench.hurt(fault.kind, bench.kill(fault.slot).at)


def terminate(bench: Bench, fault: Fault) -> None:
    """SIGTERM and a start: a deployment."""
    with bench.hurting(fault.kind):
        bench.terminate(fault.slot, bench.next_starts(fault.slot))


def zombie(bench: Bench, fault: Fault) -> None:
    """Stopped past its session, its partitions taken over, woken: it must get nothing out any more.

    Stopped anywhere, or at a point of the commit; woken while its transaction is still open, or after it timed out.
    """
    seconds = float(fault.with_["seconds"])
    worker, since = _stop(bench, fault)
    with bench.hurting(f"{fault.kind} {seconds:g} s", since):
        bench.sleep_until(since + seconds)
        bench.wake(worker)
        death = bench.await_death(worker, LEAVE_S)
    if death is None:
        _whole_again(bench, fault, worker)


def successor_killed(bench: Bench, fault: Fault) -> None:
    """A zombie inside a checkpoint; its successor commits, then dies; then the zombie wakes."""
    worker, since = _stop(bench, fault, "commit.before_offsets")
    with bench.hurting(f"{fault.kind}, taken over", since) as taken_over:
        bench.past_the_session(since, SESSION_S + TRANSACTION_S)
    bench.recovered(taken_over)
    with bench.hurting(fault.kind):
        killed = [bench.kill(slot) for slot in bench.others(fault.slot)]
        bench.wake(worker)
        death = bench.await_death(worker, LEAVE_S)
    if death is None:
        _whole_again(bench, fault, worker)
    if not killed:
        raise Missed(f"nobody ran beside slot {fault.slot}")


def _whole_again(bench: Bench, fault: Fault, worker: Worker) -> None:
    """Refused, it works again. It may host decide alone: then the other processors come back.

    (Left as it was, a slot that was the last one running had nobody to resolve: three minutes without recovery.)
    """
    bench.recovered()
    if bench.fleet.worker(fault.slot) is worker:  # else it left meanwhile, and whoever came hosts them all
        with bench.hurting(f"{fault.kind}, whole again"):
            bench.terminate(fault.slot, bench.next_starts(fault.slot))


def _stop(bench: Bench, fault: Fault, point: str | None = None) -> tuple[Worker, float]:
    """Stop the worker of the slot, anywhere or where it is told; since when."""
    at = fault.with_.get("stop_at", "") if point is None else point
    if not at:
        bench.await_ready(fault.slot)  # who only starts has nothing that could be taken over
        return bench.stop(fault.slot), time.monotonic()
    # `decide` alone: the point is to be one of its transactions, not of resolve, which has none.
    start = Start({STOP_AT: f"{at}:{fault.with_['passes']}:{LINGER_S:g}"}, ("decide",))
    bench.terminate(fault.slot, [start])
    worker = bench.fleet.worker(fault.slot)
    try:
        bench.await_stopped(worker)
    except Missed:  # else its last commit, when it is asked to leave, would stop it
        bench.disarm(fault.slot, start, f"{fault.kind}, missed")
        raise
    return worker, time.monotonic()


def scale(bench: Bench, fault: Fault) -> None:
    """One worker, then one more than ever, then as before."""
    last, one_more = fault.slot, bench.slots
    gone = [slot for slot in range(bench.slots) if slot != last]
    with bench.hurting(f"{fault.kind} to 1") as hurt:
        for slot in gone:
            bench.terminate(slot, hold=True)
    bench.recovered(hurt)
    try:
        with bench.hurting(f"{fault.kind} to {bench.slots + 1}") as hurt:
            for slot in [*gone, one_more]:
                bench.fleet.launch(slot)
            for slot in [*gone, one_more]:
                bench.await_ready(slot, 90.0)
        bench.recovered(hurt)
    finally:  # also when they were not ready: the next try starts one more again
        with bench.hurting(f"{fault.kind} to {bench.slots}"):
            bench.terminate(one_more, hold=True)
