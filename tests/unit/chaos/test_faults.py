"""A fault that did not occur is reported as missed, is not counted, and leaves no armed worker behind.

The workers are small programs that do what a worker does as a fleet sees it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos import environment_faults, faults
from tests.chaos.bench import Bench, Missed
from tests.chaos.fleet import PLAIN, Fleet, Start, WorkerCommand
from tests.chaos.recovery import Inputs
from tests.chaos.registry import Registry, registry
from tests.chaos.schedule import Fault

# It takes up its four assignments; LEAVE and SAY are what it does next. It writes to a table, as RocksDB would.
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
print("3 rows restored in 0.1 s\\n" * 4, flush=True)
if os.environ.get("CHAOS_FILE_LIMIT"):
    print(os.environ.get("SAY", ""), flush=True)
    if code := os.environ.get("LEAVE"):
        time.sleep(0.2)
        sys.exit(int(code))
time.sleep(120)
"""


class Works(Inputs):
    """A pipeline that has always committed everything."""

    def __init__(self) -> None:
        pass

    def ends(self) -> Any:
        return {}

    def behind(self, ends: Any) -> int:
        return 0


@pytest.fixture
def command(tmp_path: Path) -> WorkerCommand:
    return WorkerCommand((sys.executable, "-c", WORKER), (), {}, tmp_path, tmp_path)


@pytest.fixture
def schemas() -> Iterator[Registry]:
    with registry() as found:
        yield found


@pytest.fixture
def bench(command: WorkerCommand, schemas: Registry) -> Iterator[Bench]:
    fleet, none = Fleet(command, 2), cast("Any", None)
    feeder = cast("Any", SimpleNamespace(done=0.5, sent=0))
    made = Bench(none, none, fleet, feeder, Works(), schemas, none, command.folder, 1, Random(1))
    try:
        fleet.begin(range(1))
        made.await_ready(0)
        yield made
    finally:
        fleet.abandon()


def environment(bench: Bench) -> dict[str, str]:
    """The environment of every worker that starts from now on."""
    return cast("dict[str, str]", bench.fleet._command.environment)


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
    assert ["zombie, missed"] == [hurt.kind for hurt in bench.watches]


DISK = Fault("disk_full", 1, 0, {"bytes": 5})


def test_a_full_disk_counts_when_a_worker_left_because_of_it(bench: Bench) -> None:
    environment(bench).update(LEAVE="3", SAY="decide-0 cannot be written: IO error: File too large")
    environment_faults.disk_full(bench, DISK)
    assert "3 (restart)" in bench.fleet.exits()
    plain_again(bench)


@pytest.mark.parametrize("leaving", [{}, {"LEAVE": "3", "SAY": "fenced"}, {"LEAVE": "4", "SAY": "File too large"}])
def test_a_full_disk_that_no_worker_noticed_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, leaving: dict[str, str]
) -> None:
    environment(bench).update(leaving)
    monkeypatch.setattr(environment_faults, "FULL_S", 1.0)
    with pytest.raises(Missed, match="because of the full disk"):
        environment_faults.disk_full(bench, DISK)
    plain_again(bench)


def test_without_the_registry_a_starting_worker_is_refused(bench: Bench, schemas: Registry) -> None:
    environment(bench)["REGISTRY"] = schemas.url
    environment_faults.registry_down(bench, Fault("registry_down", 1, 0))
    assert 1 == bench.fleet.exits()["1 (refused to start)"]


def test_without_the_registry_a_worker_that_keeps_running_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_faults, "REFUSED_S", 0.5)
    with pytest.raises(Missed, match="it is still running"):
        environment_faults.registry_down(bench, Fault("registry_down", 1, 0))


def test_tables_are_found_damaged(bench: Bench) -> None:
    environment_faults.store_corrupted(bench, Fault("store_corrupted", 1, 0))
    assert 1 == environment_faults._set_aside(bench, 0)


def test_where_there_are_no_tables_nothing_is_corrupted_or_wiped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(bench)["NO_TABLES"] = "1"
    environment_faults.disk_wiped(bench, Fault("disk_wiped", 1, 0))
    bench.await_ready(0)
    monkeypatch.setattr(environment_faults, "READY_S", 0.5)
    with pytest.raises(Missed, match="opened no corrupted table"):
        environment_faults.store_corrupted(bench, Fault("store_corrupted", 1, 0))
    bench.await_ready(0)
    with pytest.raises(Missed, match="no tables"):
        environment_faults.disk_wiped(bench, Fault("disk_wiped", 1, 0))


def test_a_slow_model_without_anything_to_score_is_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_faults, "READY_S", 0.5)
    monkeypatch.setattr(environment_faults, "SLOW_S", 0.1)
    slow = Fault("model_slow", 1, 0, {"ms": 5})
    with pytest.raises(Missed, match="did not score"):
        environment_faults.model_slow(bench, slow)
    monkeypatch.setattr(environment_faults, "SCORED", 0)
    environment_faults.model_slow(bench, slow)
    plain_again(bench)


def test_a_publication_that_failed_for_another_reason_is_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = tmp_path / "policy"
    policy.mkdir()
    (policy / "actions.yaml").write_text("a: 1")
    (policy / "consents.yaml").write_text("b: 2")
    bench.policy = policy
    bench.kafka = cast("Any", SimpleNamespace(prefix=""))
    monkeypatch.setattr(environment_faults, "_write", lambda *_: None)
    broken = Fault("policy_broken", 1, 0, {"mend": False})
    monkeypatch.setattr(environment_faults, "_publish", lambda *_: (1, b"The broker does not answer."))
    with pytest.raises(Missed, match="does not answer"):
        environment_faults.policy_broken(bench, broken)
    monkeypatch.setattr(environment_faults, "_publish", lambda *_: (1, b"3 errors: nothing was published, the workers"))
    environment_faults.policy_broken(bench, broken)
    assert [] == bench.wrong
    monkeypatch.setattr(environment_faults, "_publish", lambda *_: (0, b""))
    environment_faults.policy_broken(bench, broken)
    assert ["a half-written policy was published"] == bench.wrong


def test_an_additional_worker_that_is_never_ready_is_removed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def ready(bench: Bench, slot: int, seconds: float = 0.0) -> None:
        raise Missed

    monkeypatch.setattr(Bench, "await_ready", ready)
    with pytest.raises(Missed):
        faults.scale(bench, Fault("scale", 1, 0))
    assert [0] == [worker.slot for worker in bench.fleet.running()]
