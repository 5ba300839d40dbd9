"""Each variable has its effect; without variables nothing changes. Each test has a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FROM = Path(__file__).resolve().parents[3]
ORDERED = "import os; from tests.chaos.worker import install; install(os.environ)\n"


def started(program: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ORDERED + program], cwd=FROM, env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def state(process: subprocess.Popen[str]) -> str:
    """T: stopped."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def await_stopped(process: subprocess.Popen[str], point: str) -> None:
    assert process.stderr is not None
    assert process.stderr.readline() == f"stopped at {point}\n"
    until = time.monotonic() + 10
    while state(process) != "T":
        assert time.monotonic() < until
        time.sleep(0.02)


def test_without_variables_nothing_is_patched() -> None:
    program = """
from garbo.learning.serving import SnapshotScorer
from garbo.runtime import crash_points, processing
assert processing.reach is crash_points.reach
assert SnapshotScorer.estimate.__module__ == "garbo.learning.serving"
"""
    process = started(program)
    assert (process.wait(30), process.communicate()[1]) == (0, "")


def test_it_stops_at_the_given_pass_lingers_and_goes_on() -> None:
    program = """
import time
from garbo.runtime import exactly_once, checkpoint
exactly_once.reach("commit.before_commit")
checkpoint.reach("commit.before_store")
print("first", flush=True)
exactly_once.reach("commit.before_commit")
print("went on", flush=True)
"""
    process = started(program, CHAOS_STOP_AT="commit.before_commit:2:0.7")
    await_stopped(process, "commit.before_commit")
    woken = time.monotonic()
    process.send_signal(signal.SIGCONT)
    output = process.communicate(timeout=30)[0]
    assert (output, process.returncode) == ("first\nwent on\n", 0)
    assert time.monotonic() - woken >= 0.7


def test_it_stops_in_a_checkpoint_of_so_many_partitions_with_all_it_wrote_sent_and_dies_where_it_is_told() -> None:
    program = """
from types import SimpleNamespace
from confluent_kafka import TopicPartition
from garbo.runtime import checkpoint
from garbo.runtime.exactly_once import ExactlyOnce

class Client:
    def flush(self, seconds):
        print("sent", flush=True)
    def send_offsets_to_transaction(self, offsets, group, patience): pass
    def commit_transaction(self, patience):
        print("committed", flush=True)

way = SimpleNamespace(_producer=SimpleNamespace(client=Client(), serve=lambda: None, cut_off=False, error=None))
for partitions in ((0, 1), (0,), (1, 0)):
    ExactlyOnce.commit(way, [TopicPartition("t", p, 5) for p in partitions], None)
    checkpoint.reach("commit.before_store")
"""
    process = started(
        program,
        CHAOS_STOP_AT="commit.before_offsets:2",
        CHAOS_STOP_PARTITIONS="2",
        CHAOS_THEN_DIE_AT="commit.before_store",
    )
    await_stopped(process, "commit.before_offsets")
    process.send_signal(signal.SIGCONT)
    output = process.communicate(timeout=30)[0]
    assert (output.split(), process.returncode) == (["sent", "committed"] * 3, -signal.SIGKILL)


def test_each_pass_is_logged_even_if_it_stops_elsewhere() -> None:
    program = """
from garbo.runtime import assignment
for _ in range(2):
    assignment.reach("assign.before_restore")
    assignment.reach("assign.before_open")
"""
    process = started(program, CHAOS_LOG_POINT="assign.before_restore", CHAOS_STOP_AT="commit.before_commit")
    assert process.communicate(timeout=30)[1] == "passed assign.before_restore\n" * 2


def test_a_model_is_slow_and_a_disk_is_full(tmp_path: Path) -> None:
    program = f"""
import time
from garbo.learning.serving import SnapshotScorer
began = time.monotonic()
SnapshotScorer().estimate("cards", {{}})
assert time.monotonic() - began >= 0.2
with open({str(tmp_path / "log")!r}, "wb", buffering=0) as file:
    file.write(b"x" * 1000)
    file.write(b"y")
"""
    process = started(program, CHAOS_MODEL="slow:200", CHAOS_FILE_LIMIT="1000")
    error = process.communicate(timeout=30)[1]
    assert (process.returncode, "File too large" in error) == (1, True), error


@pytest.mark.parametrize(
    "order",
    [
        ("CHAOS_STOP_AT", "commit.after_lunch:1"),
        ("CHAOS_LOG_POINT", "lunch"),
        ("CHAOS_MODEL", "lazy"),
        ("CHAOS_BUG", "none_such"),
    ],
)
def test_an_invalid_variable_ends_the_process(order: tuple[str, str]) -> None:
    process = started("", **dict([order]))
    assert "ValueError" in process.communicate(timeout=30)[1]
    assert process.returncode == 1
