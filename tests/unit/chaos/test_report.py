"""A report lists every reason of a failure, and the measurements."""

import json
from typing import Any

import pytest

from tests.chaos.recovery import FaultWatch
from tests.chaos.report import Result, markdown, recovery

JUDGED = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I19")


def verdict(**violations: int) -> dict[str, Any]:
    invariants = {
        name: {"says": "so", "checked": 10, "violations": violations.get(name, 0), "first": []} for name in JUDGED
    }
    return {"violations": sum(violations.values()), "invariants": invariants, "kinds": {"decided: decided": 10}}


def result(**other: Any) -> Result:
    usual: dict[str, Any] = {
        "commit": "abc", "seed": 7, "command": "python -m tests.chaos", "workers": 3, "partitions": 6, "seconds": 90.0,
        "events": 1_000, "sent": {"facts": 1_000}, "hits": {"commit.before_commit": 2},
        "asked": {"commit.before_commit": 2}, "wanted": {"crash_point": 2, "kill": 1, "scale": 1},
        "faults": {"crash_point": 2, "kill": 1, "scale": 1},
        "kill_marks": [0.2, 0.5, 0.9], "recovery": {"kill": {"count": 1, "median": 5.0, "max": 5.0}},
        "exits": {"0 (done)": 3}, "last_exits": [0, 0, 0], "starts": 6, "assignments": 18, "missed": [], "wrong": [],
        "story": [], "verdict": verdict(),
    }  # fmt: skip
    return Result(**{**usual, **other})


def test_a_run_without_failures_passes() -> None:
    assert [] == result().failures()
    assert markdown(result()).startswith("**Passed**: commit `abc`, seed 7, 3 workers, 6 partitions, 1.5 minutes.")
    assert "2 kills at crash points, 1 random kills, 1 other faults" in markdown(result())
    assert "No violation in 3 kills: with 95 % confidence the rate is below 3/3" in markdown(result())


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"verdict": verdict(I3=2)}, "2 violations"),
        ({"hits": {"commit.before_commit": 1}}, "commit.before_commit: 1 kills of 2"),
        ({"faults": {"crash_point": 2, "kill": 1}}, "scale never occurred"),
        ({"faults": {"crash_point": 2, "kill": 1, "scale": 1}, "wanted": {"kill": 2}}, "1 random kills of 2"),
        ({"kill_marks": [0.1, 0.5]}, "1 kills before 20 % or after 90 % of progress"),
        ({"exits": {"4 (bug)": 1}}, "1 times a processor raised (exit code 4)"),
        ({"last_exits": [0, -9, 0]}, "after the final SIGTERM the workers ended with [0, -9, 0]"),
        ({"wrong": ["kill at 3 s: recovered after 61.0 s"]}, "kill at 3 s: recovered after 61.0 s"),
    ],
)
def test_a_run_fails_for_every_reason(what: dict[str, Any], said: str) -> None:
    assert [said] == result(**what).failures()
    assert f"- {said}" in markdown(result(**what))
    assert markdown(result(**what)).startswith("**FAILED**")


def test_a_check_of_nothing_is_a_failure() -> None:
    empty = verdict()
    empty["invariants"]["I3"]["checked"] = 0
    assert ["I3: nothing was checked"] == result(verdict=empty).failures()


def test_the_report_is_valid_json() -> None:
    data = json.loads(json.dumps(result(exits={"4 (bug)": 1}).as_dict()))
    assert (False, 7, {"commit.before_commit": 2}) == (data["passed"], data["seed"], data["hits"])


def test_recovery_is_reported_by_kind() -> None:
    watches = [FaultWatch("kill", 0.0, took=took) for took in (3.0, 9.0, 4.0)] + [
        FaultWatch("broker 3 s", 0.0, took=7.0)
    ]
    assert {
        "broker 3 s": {"count": 1, "median": 7.0, "max": 7.0},
        "kill": {"count": 3, "median": 4.0, "max": 9.0},
    } == recovery(watches)
