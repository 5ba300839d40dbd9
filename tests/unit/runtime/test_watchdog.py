"""The watchdog: each condition has its limit, and a process that stood still as a whole is not blamed."""

from collections.abc import Callable

import pytest

from garbo.runtime.exit_codes import ExitCode
from garbo.runtime.heartbeat import Heartbeat
from garbo.runtime.watchdog import BEAT_S, Limits, Watchdog, diagnose

LIMITS = Limits()


def healthy(now: float = 0.0) -> Heartbeat:
    return Heartbeat("decide", beat=now, unassigned_since=None, last_commit=now)


def test_a_healthy_processor_is_left_alone() -> None:
    assert diagnose(healthy(), LIMITS, 10.0) is None


@pytest.mark.parametrize(
    ("condition", "limit", "words"),
    [
        (lambda h: None, LIMITS.heartbeat_s, "stuck"),
        (lambda h: setattr(h, "unassigned_since", 0.0), LIMITS.unassigned_s, "no assignment"),
        (lambda h: setattr(h, "rebalancing_since", 0.0), LIMITS.rebalancing_s, "rebalancing"),
        (lambda h: setattr(h, "restoring_since", 0.0), LIMITS.restoring_s, "restoring"),
        (lambda h: setattr(h, "lagging_since", 0.0), LIMITS.lag_without_commit_s, "nothing was committed"),
    ],
)
def test_each_condition_has_its_limit(condition: Callable[[Heartbeat], None], limit: float, words: str) -> None:
    heartbeat = healthy()
    condition(heartbeat)
    before, after = limit - 1, limit + 1
    heartbeat.beat = before if words == "stuck" else after
    if words == "stuck":
        heartbeat.beat = 0.0
    assert diagnose(heartbeat, LIMITS, before) is None
    assert words in (diagnose(heartbeat, LIMITS, after) or "")


def test_lag_with_commits_is_load_and_no_fault() -> None:
    heartbeat = healthy()
    heartbeat.lagging_since, heartbeat.last_commit, heartbeat.beat = 0.0, 100.0, 100.0
    assert diagnose(heartbeat, LIMITS, 110.0) is None


def test_a_restore_in_a_rebalance_has_the_restores_limit() -> None:
    heartbeat = healthy()
    heartbeat.rebalancing_since = heartbeat.restoring_since = 0.0
    heartbeat.beat = LIMITS.rebalancing_s + 1
    assert diagnose(heartbeat, LIMITS, LIMITS.rebalancing_s + 1) is None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def watchdog(heartbeat: Heartbeat, clock: Clock) -> Watchdog:
    def leave(code: ExitCode, why: str) -> None:
        raise AssertionError(why)

    return Watchdog([heartbeat], leave, LIMITS, clock)


def test_a_process_stopped_as_a_whole_is_given_the_time_back() -> None:
    clock, heartbeat = Clock(), healthy()
    dog = watchdog(heartbeat, clock)
    clock.now = 3600.0  # SIGSTOP, an hour later SIGCONT
    assert dog.look() is None
    clock.now += BEAT_S
    assert dog.look() is None


def test_a_loop_stuck_after_a_standstill_is_still_found() -> None:
    clock, heartbeat = Clock(), healthy()
    dog = watchdog(heartbeat, clock)
    clock.now = 3600.0
    dog.look()
    found = None
    for _ in range(int(LIMITS.heartbeat_s) + 1):
        clock.now += BEAT_S
        found = dog.look()
    assert "stuck" in (found or "")


def test_a_heartbeat_without_partitions_is_no_rebalance() -> None:
    heartbeat = healthy()
    heartbeat.assigned(False)
    assert (heartbeat.rebalancing_since, heartbeat.unassigned_since) == (None, None)
