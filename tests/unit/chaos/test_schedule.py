"""A schedule is a pure function of seed and plan, has the plan's faults, and puts them in the middle."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from garbo.runtime.crash_points import POINTS
from tests.chaos import schedule
from tests.chaos.environment_faults import KINDS
from tests.chaos.schedule import CHAIN, CRASH_POINT, OTHERS, Fault, Plan

PLAN = Plan(100_000, 3, 4, 10, dict.fromkeys(OTHERS, 2), (3.0, 15.0))


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert schedule.schedule(7, PLAN) == schedule.schedule(7, PLAN)
    assert schedule.schedule(7, PLAN) != schedule.schedule(8, PLAN)


def test_a_schedule_in_a_file_is_the_same(tmp_path: Path) -> None:
    faults = schedule.schedule(7, PLAN)
    schedule.write(tmp_path / "schedule.json", faults)
    assert faults == schedule.read(tmp_path / "schedule.json")


def test_each_kind_comes_as_often_as_asked() -> None:
    faults = schedule.schedule(7, PLAN)
    assert dict.fromkeys(POINTS, 4) == Counter(f.with_["point"] for f in faults if f.kind == CRASH_POINT)
    assert {CRASH_POINT: 44, "kill": 10, "broker": 2, **dict.fromkeys(OTHERS, 2)} == Counter(f.kind for f in faults)


@pytest.mark.parametrize("seed", range(5))
def test_marks_ascend_between_a_fifth_and_nine_tenths(seed: int) -> None:
    marks = [fault.mark for fault in schedule.schedule(seed, PLAN)]
    assert sorted(set(marks)) == marks
    assert 20_000 == marks[0]
    assert marks[-1] < 90_000


def test_crash_points_come_in_chains_on_one_slot_and_every_slot_has_some() -> None:
    crashes = [fault for fault in schedule.schedule(7, PLAN) if fault.kind == CRASH_POINT]
    changes = sum(a.slot != b.slot for a, b in pairwise(crashes))
    assert changes < len(crashes) / CHAIN + 1
    assert {0, 1, 2} == {fault.slot for fault in crashes}


def test_every_variant_occurs() -> None:
    zombies = [f for f in schedule.schedule(7, Plan(1_000, 3, others={"zombie": 4})) if f.kind == "zombie"]
    wanted = {
        ("", 8.5),
        ("commit.before_offsets", 8.5),
        ("commit.before_commit", 22.0),
        ("commit.before_offsets", 22.0),
    }
    assert wanted == {(fault.with_["stop_at"], fault.with_["seconds"]) for fault in zombies}


def test_kinds_with_variants_come_twice_as_often() -> None:
    assert {"zombie": 2, "scale": 1} == schedule.others(("zombie", "scale"), 1)


def test_every_kind_can_be_requested() -> None:
    assert {*OTHERS, CRASH_POINT, "kill", "broker"} == set(KINDS)


def test_a_fault_reads_like_a_line_of_the_log() -> None:
    assert "broker slot=0 seconds=3" == str(Fault("broker", 5, 0, {"seconds": 3}))
