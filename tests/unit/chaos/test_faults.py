"""A fault that did not come about is told as missed, is not counted, and leaves nobody behind who may yet do it.

The workers are small programs that do what a worker does as a fleet sees it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos import faults, surroundings
from tests.chaos.bench import Bench, Missed
from tests.chaos.fleet import PLAIN, Fleet, Start, Told
from tests.chaos.recovery import Inputs
from tests.chaos.registry import Registry, registry
from tests.chaos.schedule import Fault

# It takes up its three assignments; LEAVE and SAY are what it does next. It writes to a table, as RocksDB would.
WORKER = """
import os, pathlib, signal, sys, time
data = pathlib.Path(sys.argv[sys.argv.index("--data") + 1], "decide", "decide-0")
if os.environ.get("REGISTRY"):
    import urllib.request
    try:
        urllib.request.urlopen(os.environ["REGISTRY"] + "/schemas/ids/1", timeout=5)
    except urllib.error.HTTPError:
        pass
    except OSError:
        sys.exit(1)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if (data / "CURRENT").exists() and (data / "CURRENT").read_bytes() != b"MANIFEST":
    data.rename(data.with_name("decide-0.corrupt-1"))
if not os.environ.get("NO_TABLES"):
    data.mkdir(parents=True, exist_ok=True)
    (data / "CURRENT").write_text("MANIFEST")
print("3 rows restored in 0.1 s\\n" * 3, flush=True)
if os.environ.get("CHAOS_FILE_LIMIT"):
    print(os.environ.get("SAY", ""), flush=True)
    if code := os.environ.get("LEAVE"):
        time.sleep(0.2)
        sys.exit(int(code))
time.sleep(120)
"""


class Works(Inputs):
    """A pipeline that has always committed all."""

    def __init__(self) -> None:
        pass

    def ends(self) -> Any:
        return {}

    def behind(self, ends: Any) -> int:
        return 0


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told((sys.executable, "-c", WORKER), (), {}, tmp_path, tmp_path)


@pytest.fixture
def schemas() -> Iterator[Registry]:
    with registry() as found:
        yield found


@pytest.fixture
def bench(told: Told, schemas: Registry) -> Iterator[Bench]:
    fleet, none = Fleet(told, 2), cast("Any", None)
    feeder = cast("Any", SimpleNamespace(done=0.5, sent=0))
    made = Bench(none, none, fleet, feeder, Works(), schemas, none, told.folder, 1, Random(1))
    try:
        fleet.begin(range(1))
        made.await_ready(0)
        yield made
    finally:
        fleet.abandon()


def environment(bench: Bench) -> dict[str, str]:
    """Told to whoever is started from now on."""
    return cast("dict[str, str]", bench.fleet._told.environment)


def plain_again(bench: Bench) -> None:
    assert bench.fleet.worker(0).start is PLAIN
    bench.await_ready(0)


def test_a_zombie_that_never_stopped_is_killed_before_the_next_try(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed: list[Start] = []

    def never(bench: Bench, worker: Any) -> None:
        armed.append(worker.start)
        raise Missed

    monkeypatch.setattr(Bench, "await_stopped", never)
    with pytest.raises(Missed):
        faults.zombie(bench, Fault("zombie", 1, 0, {"stop_at": "commit.before_offsets", "seconds": 8.5, "passes": 3}))
    plain_again(bench)
    assert [armed[0]] == [death.worker.start for death in bench.fleet.deaths if death.called == "killed by us"]
    bench.recovered()
    assert ["zombie, missed"] == [hurt.kind for hurt in bench.hurts]


DISK = Fault("disk_full", 1, 0, {"bytes": 5})


def test_a_full_disk_is_one_for_which_somebody_left(bench: Bench) -> None:
    environment(bench).update(LEAVE="3", SAY="decide-0 cannot be written: IO error: File too large")
    surroundings.disk_full(bench, DISK)
    assert "3 (restart)" in bench.fleet.exits()
    plain_again(bench)


@pytest.mark.parametrize("leaving", [{}, {"LEAVE": "3", "SAY": "fenced"}, {"LEAVE": "4", "SAY": "File too large"}])
def test_a_disk_that_nobody_found_full_was_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, leaving: dict[str, str]
) -> None:
    environment(bench).update(leaving)
    monkeypatch.setattr(surroundings, "FULL_S", 1.0)
    with pytest.raises(Missed, match="want of room"):
        surroundings.disk_full(bench, DISK)
    plain_again(bench)


def test_with_the_registry_away_whoever_starts_is_refused(bench: Bench, schemas: Registry) -> None:
    environment(bench)["REGISTRY"] = schemas.url
    surroundings.registry_down(bench, Fault("registry_down", 1, 0))
    assert 1 == bench.fleet.exits()["1 (refused to start)"]


def test_with_the_registry_away_a_worker_that_lives_on_has_not_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "REFUSED_S", 0.5)
    with pytest.raises(Missed, match="it lives"):
        surroundings.registry_down(bench, Fault("registry_down", 1, 0))


def test_tables_are_found_damaged(bench: Bench) -> None:
    surroundings.store_corrupted(bench, Fault("store_corrupted", 1, 0))
    assert 1 == surroundings._set_aside(bench, 0)


def test_where_there_are_no_tables_nothing_is_corrupted_or_wiped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(bench)["NO_TABLES"] = "1"
    surroundings.disk_wiped(bench, Fault("disk_wiped", 1, 0))
    bench.await_ready(0)
    monkeypatch.setattr(surroundings, "READY_S", 0.5)
    with pytest.raises(Missed, match="opened nothing"):
        surroundings.store_corrupted(bench, Fault("store_corrupted", 1, 0))
    bench.await_ready(0)
    with pytest.raises(Missed, match="no tables"):
        surroundings.disk_wiped(bench, Fault("disk_wiped", 1, 0))


def test_a_slow_model_that_had_nothing_to_score_was_not_slow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "READY_S", 0.5)
    monkeypatch.setattr(surroundings, "SLOW_S", 0.1)
    slow = Fault("model_slow", 1, 0, {"ms": 5})
    with pytest.raises(Missed, match="did not score"):
        surroundings.model_slow(bench, slow)
    monkeypatch.setattr(surroundings, "SCORED", 0)
    surroundings.model_slow(bench, slow)
    plain_again(bench)


def test_a_publication_that_failed_for_another_reason_refused_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = tmp_path / "policy"
    policy.mkdir()
    (policy / "actions.yaml").write_text("a: 1")
    (policy / "consents.yaml").write_text("b: 2")
    bench.policy = policy
    bench.kafka = cast("Any", SimpleNamespace(prefix=""))
    monkeypatch.setattr(surroundings, "_write", lambda *_: None)
    broken = Fault("policy_broken", 1, 0, {"mend": False})
    monkeypatch.setattr(surroundings, "_publish", lambda *_: (1, b"The broker does not answer."))
    with pytest.raises(Missed, match="does not answer"):
        surroundings.policy_broken(bench, broken)
    monkeypatch.setattr(surroundings, "_publish", lambda *_: (1, b"3 errors: nothing was published; the workers"))
    surroundings.policy_broken(bench, broken)
    assert [] == bench.wrong
    monkeypatch.setattr(surroundings, "_publish", lambda *_: (0, b""))
    surroundings.policy_broken(bench, broken)
    assert ["a half-written policy was published"] == bench.wrong


def test_one_more_worker_that_is_never_ready_goes_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def ready(bench: Bench, slot: int, seconds: float = 0.0) -> None:
        raise Missed

    monkeypatch.setattr(Bench, "await_ready", ready)
    with pytest.raises(Missed):
        faults.scale(bench, Fault("scale", 1, 0))
    assert [0] == [worker.slot for worker in bench.fleet.running()]
