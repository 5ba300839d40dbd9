"""Faults around workers: the broker, the disk, the model, the policy, the registry.

A fault is counted when something proves that it occurred: a death with the right code and message, a table set aside,
an answer. A few seconds' sleep is no proof, because a machine may be slow.
"""

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Producer
from msgspec import msgpack

from garbo.adapters.kafka.reader import read_all
from garbo.learning import snapshots
from garbo.learning.estimators.heads import Linear
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.evaluation.figures import Figures
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.processors.topics import Topics
from garbo.runtime.exit_codes import ExitCode
from tests.brokers import NoKafka
from tests.chaos import faults
from tests.chaos.bench import READY_S, Bench, Missed
from tests.chaos.fleet import REFUSED, Death, Start
from tests.chaos.schedule import Fault
from tests.chaos.worker import FILE_LIMIT, MODEL

RETURN_S: Final = 240.0
HANG_S: Final = 90.0  # a start, a record to score, and the watchdog's 15 s
SLOW_S: Final = 6.0
SCORED: Final = 60  # messages over all workers: the slow one scores some of them
FULL_S: Final = 120.0  # a start, and enough traffic to fill the files
REFUSED_S: Final = 40.0  # a start
MOST: Final = 100  # restarts during the fault, at most
_COMMAND_S: Final = 120.0
_NO_ROOM: Final = os.strerror(errno.EFBIG).encode()  # RocksDB's message, in the worker's log
_NOT_PUBLISHED: Final = b"nothing was published"
_FLIPPED: Final = 64  # bytes per file
_FAMILY: Final = "term_deposit"  # one of the bank's models


def broker(bench: Bench, fault: Fault) -> None:
    """kill -9 of the broker, a pause, a restart on the same data. Workers may leave meanwhile and are restarted."""
    bench.broker.kill()
    time.sleep(float(fault.with_["seconds"]))
    _start(bench)
    bench.fault_ended(f"{fault.kind} {fault.with_['seconds']:g} s")


def _start(bench: Bench) -> None:
    """Start the broker until it answers: after a kill it may read its logs for longer than `start` waits."""
    deadline = time.monotonic() + RETURN_S
    while True:
        try:
            bench.broker.start()
            with socket.create_connection(("127.0.0.1", bench.broker.port), 1.0):
                return
        except (NoKafka, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def disk_wiped(bench: Bench, fault: Fault) -> None:
    """A new, empty disk: the tables are restored from the changelogs."""
    death = bench.kill(fault.slot, hold=True)
    held = _tables(bench, fault.slot)
    shutil.rmtree(bench.fleet.data(fault.slot), ignore_errors=True)
    bench.launch(fault.slot)
    bench.fault_ended(fault.kind, death.at)
    if not held:
        raise Missed(f"slot {fault.slot} had no tables")


def store_corrupted(bench: Bench, fault: Fault) -> None:
    """Flip bytes in one file of each table, RocksDB's kinds of files in turn: any worker then finds a damaged one."""
    death = bench.kill(fault.slot, hold=True)
    before = _set_aside(bench, fault.slot)
    tables = _tables(bench, fault.slot)
    bench.dice.shuffle(tables)
    for number, table in enumerate(tables):
        kind = ("CURRENT", "MANIFEST", ".log", ".sst")[number % 4]
        of_kind = [path for path in sorted(table.iterdir()) if kind in path.name and path.stat().st_size]
        for path in bench.dice.sample(of_kind, min(1, len(of_kind))):
            _flip(bench, path)
            bench.corrupted.add(table)
    bench.launch(fault.slot)
    bench.fault_ended(fault.kind, death.at)
    if not bench.watch(lambda: _set_aside(bench, fault.slot) > before, READY_S):
        raise Missed(f"slot {fault.slot} opened no corrupted table")


def _tables(bench: Bench, slot: int) -> list[Path]:
    """The folders of the slot's RocksDB tables."""
    found = sorted(path.parent for path in bench.fleet.data(slot).rglob("CURRENT"))
    return [path for path in found if ".corrupt-" not in path.name]


def _set_aside(bench: Bench, slot: int) -> int:
    """The number of tables that workers found damaged so far."""
    return sum(1 for _ in bench.fleet.data(slot).rglob("*.corrupt-*"))


def _flip(bench: Bench, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(min(_FLIPPED, len(content))):
        content[bench.dice.randrange(len(content))] ^= 0xFF
    path.write_bytes(content)


def disk_full(bench: Bench, fault: Fault) -> None:
    """For a while no file may grow beyond a bound; then the disk has room again."""
    full = Start({FILE_LIMIT: str(fault.with_["bytes"])})
    with bench.fault_lasts(fault.kind):
        bench.terminate(fault.slot, [full] * MOST)  # after a restart the disk is still full
        left = bench.watch(lambda: any(_had_no_room(death, full) for death in bench.fleet.deaths), FULL_S)
        bench.disarm(fault.slot, full, fault.kind)
    if not left:
        raise Missed(f"no worker of slot {fault.slot} left because of the full disk")


def _had_no_room(death: Death, start: Start) -> bool:
    """Did the process end as the product does when a table cannot be written?"""
    ours = death.worker.start is start and death.code == ExitCode.RESTART
    return ours and _NO_ROOM in death.worker.log.read_bytes()


def model_slow(bench: Bench, fault: Fault) -> None:
    """Every score is slow: chunks take long, nothing is lost."""
    slot, slow = fault.slot, Start({MODEL: f"slow:{fault.with_['ms']}"})
    with bench.fault_lasts(fault.kind) as watch:
        bench.terminate(slot, [slow])
        try:
            worker = bench.await_ready(slot)
            scored, until = bench.feeder.sent + SCORED, time.monotonic() + SLOW_S
            bench.watch(lambda: bench.feeder.sent >= scored and time.monotonic() >= until, READY_S)
        except Missed:
            bench.disarm(slot, slow, f"{fault.kind}, missed")
            raise
        enough = bench.feeder.sent >= scored
    bench.recovered(watch)  # while the model is still slow
    lived = bench.fleet.worker(slot) is worker
    bench.disarm(slot, slow, fault.kind)
    if not (lived and enough):
        raise Missed(f"slot {slot} did not score slowly for long enough")


def model_hangs(bench: Bench, fault: Fault) -> None:
    """A score never returns: the watchdog ends the process, and the supervisor restarts it."""
    hanging = Start({MODEL: "hang"})
    with bench.fault_lasts(fault.kind):
        bench.terminate(fault.slot, [hanging])
        worker = bench.fleet.worker(fault.slot)
        bench.fleet.next_starts(fault.slot, bench.next_starts(fault.slot))
        death = bench.await_death(worker, HANG_S)
    if death is None:
        bench.disarm(fault.slot, hanging, f"{fault.kind}, missed")
        raise Missed(f"nothing was scored in slot {fault.slot}")
    if death.code != ExitCode.STUCK:
        bench.wrong.append(f"a hanging model ended in {death.called}, not by the watchdog")


def snapshot_poisoned(bench: Bench, fault: Fault) -> None:
    """Write garbage, or a well-formed model with senseless values, to the snapshots' topic."""
    topic = Topics(bench.kafka.prefix).snapshots
    key, good = _published(bench, topic)
    if fault.with_["how"] == "framed":
        version = f"poison@{fault.mark}"
        value = _poisoned(good, version)
        bench.poisons.append(version.encode())
    else:
        value = bytes(bench.dice.randrange(256) for _ in range(500))
    _write(bench, topic, key, value)
    bench.fault_ended(fault.kind)


def _published(bench: Bench, topic: str) -> tuple[bytes, bytes]:
    """The key and value of the learner's latest valid snapshot; before the first one, a plausible one."""
    serving = encode_serving(Serving(0.1, ["age"], {}, Linear(0.0, {"age": 0.1}, "sigmoid")))
    one = snapshots.snapshot_of(_FAMILY, 1, "", serving, Figures())
    found = (_FAMILY.encode(), snapshots.encode(one))
    for record in read_all(bench.kafka, [topic]):
        with suppress(snapshots.SnapshotError):
            snapshots.decode(record.value or b"")
            found = (record.key or b"", record.value or b"")
    return found


def _poisoned(good: bytes, version: str) -> bytes:
    """`good` with a correct MAC and every number NaN, those of the serving state too."""
    body = _senseless(msgpack.decode(good[snapshots._BODY :]))
    body["serving"] = msgpack.encode(_senseless(msgpack.decode(body["serving"])))
    body["version"] = version
    raw = msgpack.encode(body)
    return good[: snapshots._HEAD] + snapshots._mac(raw, DEVELOPMENT_KEY) + raw


def _senseless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _senseless(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_senseless(held) for held in value]
    return float("nan") if isinstance(value, float) else value


def policy_broken(bench: Bench, fault: Fault) -> None:
    """A faulty document on the topic; and a half-written folder, which must not be published."""
    _write(bench, Topics(bench.kafka.prefix).policies, b"policy", b'{"policy.yaml": "actions: [')
    half = bench.folder / "half-written"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(bench.policy, half)
    text = (half / "actions.yaml").read_bytes()
    (half / "actions.yaml").write_bytes(text[: len(text) // 2])
    (half / "consents.yaml").unlink()
    code, errors = _publish(bench, half)
    if code == 0:
        bench.wrong.append("a half-written policy was published")
    elif _NOT_PUBLISHED not in errors:  # it failed before that
        raise Missed(f"publishing ended with {code}: {errors[-200:]!r}")
    if fault.with_["mend"] and _publish(bench, bench.policy)[0] != 0:
        bench.wrong.append("the whole policy was not published")
    bench.fault_ended(fault.kind)


def _publish(bench: Bench, folder: Path) -> tuple[int, bytes]:
    """The exit code and stderr."""
    command = [sys.executable, "-m", "garbo.cli", "policy", "publish", str(folder)]
    try:
        done = subprocess.run(command, env=bench.environment(), check=False, timeout=_COMMAND_S, capture_output=True)
    except subprocess.TimeoutExpired:
        raise Missed(f"publishing took longer than {_COMMAND_S:.0f} s") from None
    return done.returncode, done.stderr


def registry_down(bench: Bench, fault: Fault) -> None:
    """The registry does not answer: a worker that starts now fails and is restarted."""
    bench.registry.stop()
    try:
        worker = bench.fleet.worker(bench.kill(fault.slot).worker.slot)
        death = bench.fleet.await_death(worker, REFUSED_S)
    finally:
        bench.registry.start()
    bench.fault_ended(fault.kind)
    if death is None or death.called != REFUSED:
        ended = "it is still running" if death is None else death.called
        raise Missed(f"the worker that started in slot {fault.slot} was not refused: {ended}")


def _write(bench: Bench, topic: str, key: bytes, value: bytes) -> None:
    refused: list[object] = []
    producer = Producer(bench.kafka.producer())
    producer.produce(topic, value, key, on_delivery=lambda error, _: refused.append(error) if error else None)
    if producer.flush(30) or refused:
        raise Missed(f"{topic} did not take the message: {refused}")


KINDS: Final[dict[str, faults.Does]] = {
    does.__name__: does
    for does in (
        faults.crash_point,
        faults.kill,
        faults.terminate,
        faults.zombie,
        faults.successor_killed,
        faults.scale,
        broker,
        disk_wiped,
        store_corrupted,
        disk_full,
        model_slow,
        model_hangs,
        snapshot_poisoned,
        policy_broken,
        registry_down,
    )
}
