"""What happens around workers: the broker, the disk, the model, the policy, the registry."""

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
from garbo.engine.topics import Topics
from garbo.learning import snapshots
from garbo.learning.progressive import Progressive
from garbo.topology.failures import ExitCode
from tests.brokers import NoKafka
from tests.chaos import faults
from tests.chaos.bench import Bench, Missed
from tests.chaos.fleet import Start
from tests.chaos.schedule import Fault
from tests.chaos.worker import FILE_LIMIT, MODEL

RETURN_S: Final = 240.0
HANG_S: Final = 60.0  # the watchdog's 15 s, and a start and a record to score before
SLOW_S: Final = 6.0
FULL_S: Final = 8.0
MOST: Final = 100  # restarts meanwhile
_COMMAND_S: Final = 60.0
_FLIPPED: Final = 64  # bytes a file
_FAMILY: Final = "term_deposit"  # of the bank's models


def broker(bench: Bench, fault: Fault) -> None:
    """kill -9, away, back on the same data. Workers may leave meanwhile; they are restarted."""
    bench.broker.kill()
    time.sleep(float(fault.with_["seconds"]))
    _start(bench)
    bench.hurt(f"{fault.kind} {fault.with_['seconds']:g} s")


def _start(bench: Bench) -> None:
    """Until it answers: on a busy machine a broker that was killed may read its logs for longer than `start` waits."""
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
    """A new machine: the tables come back from the changelogs."""
    death = bench.kill(fault.slot, hold=True)
    shutil.rmtree(bench.fleet.data(fault.slot), ignore_errors=True)
    bench.launch(fault.slot)
    bench.hurt(fault.kind, death.at)


def store_corrupted(bench: Bench, fault: Fault) -> None:
    """Bytes flipped in one file of each kind RocksDB has."""
    death = bench.kill(fault.slot, hold=True)
    files = [path for path in sorted(bench.fleet.data(fault.slot).rglob("*")) if path.is_file()]
    for kind in ("CURRENT", "MANIFEST", ".sst", ".log"):
        of_kind = [path for path in files if kind in path.name and path.stat().st_size]
        for path in bench.dice.sample(of_kind, min(2, len(of_kind))):
            _flip(bench, path)
    bench.launch(fault.slot)
    bench.hurt(fault.kind, death.at)


def _flip(bench: Bench, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(min(_FLIPPED, len(content))):
        content[bench.dice.randrange(len(content))] ^= 0xFF
    path.write_bytes(content)


def disk_full(bench: Bench, fault: Fault) -> None:
    """No file may grow beyond a bound for a while; then there is room again."""
    full = Start({FILE_LIMIT: str(fault.with_["bytes"])})
    bench.hurt(fault.kind)
    bench.terminate(fault.slot, [full] * MOST)  # restarts find the disk as full as it was
    until = time.monotonic() + FULL_S
    while time.monotonic() < until:
        worker = bench.fleet.worker(fault.slot)
        bench.fleet.await_death(worker, max(until - time.monotonic(), 0.0))
    bench.fleet.next_starts(fault.slot, bench.next_starts(fault.slot))
    worker = bench.fleet.worker(fault.slot)
    if worker.start.environment.get(FILE_LIMIT):
        bench.kill(fault.slot)
    bench.hurt(fault.kind)


def model_slow(bench: Bench, fault: Fault) -> None:
    """Every score takes its time: the chunks last, nothing is lost."""
    bench.hurt(fault.kind)
    bench.terminate(fault.slot, [Start({MODEL: f"slow:{fault.with_['ms']}"})])
    bench.await_ready(fault.slot)
    time.sleep(SLOW_S)
    bench.hurt(fault.kind, bench.kill(fault.slot).at)


def model_hangs(bench: Bench, fault: Fault) -> None:
    """A score never comes: the watchdog ends the process, which a supervisor restarts."""
    bench.terminate(fault.slot, [Start({MODEL: "hang"})])
    worker = bench.fleet.worker(fault.slot)
    bench.fleet.next_starts(fault.slot, bench.next_starts(fault.slot))
    death = bench.fleet.await_death(worker, HANG_S)
    if death is None:
        bench.kill(fault.slot)
        raise Missed(f"nothing was scored in slot {fault.slot}")
    if death.code != ExitCode.STUCK:
        bench.wrong.append(f"a hanging model ended in {death.called}, not by the watchdog")
    bench.hurt(fault.kind, death.at)


def snapshot_poisoned(bench: Bench, fault: Fault) -> None:
    """Garbage, or a model that is well written and senseless, where models come from."""
    topic = Topics(bench.kafka.prefix).snapshots
    key, good = _published(bench, topic)
    if fault.with_["how"] == "framed":
        version = f"poison@{fault.mark}"
        value = _poisoned(good, version)
        bench.poisons.append(version.encode())
    else:
        value = bytes(bench.dice.randrange(256) for _ in range(500))
    _write(bench, topic, key, value)
    bench.hurt(fault.kind)


def _published(bench: Bench, topic: str) -> tuple[bytes, bytes]:
    """A learner's latest snapshot: what an earlier poisoning wrote is none. Before the first, one as it might be."""
    one = snapshots.Snapshot(
        _FAMILY, snapshots.version(_FAMILY, 1), 1, "logistic_adagrad", {"weights": {"age": 0.1}}, Progressive()
    )
    found = (_FAMILY.encode(), snapshots.encode(one))
    for record in read_all(bench.kafka, [topic]):
        with suppress(snapshots.SnapshotError):
            snapshots.decode(record.value or b"")
            found = (record.key or b"", record.value or b"")
    return found


def _poisoned(good: bytes, version: str) -> bytes:
    """Checksum and frame are right; every number is none."""
    body = _senseless(msgpack.decode(good[snapshots._BODY :]))
    body["version"] = version
    raw = msgpack.encode(body)
    return good[: snapshots._HEAD] + snapshots._checksum(raw) + raw


def _senseless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _senseless(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_senseless(held) for held in value]
    return float("nan") if isinstance(value, float) else value


def policy_broken(bench: Bench, fault: Fault) -> None:
    """A broken document on the topic; and a folder somebody is still writing, which must not be published."""
    _write(bench, Topics(bench.kafka.prefix).policies, b"policy", b'{"policy.yaml": "actions: [')
    half = bench.folder / "half-written"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(bench.policy, half)
    text = (half / "actions.yaml").read_bytes()
    (half / "actions.yaml").write_bytes(text[: len(text) // 2])
    (half / "consents.yaml").unlink()
    if _publish(bench, half) == 0:
        bench.wrong.append("a half-written policy was published")
    if fault.with_["mend"] and _publish(bench, bench.policy) != 0:
        bench.wrong.append("the whole policy was not published")
    bench.hurt(fault.kind)


def _publish(bench: Bench, folder: Path) -> int:
    command = [sys.executable, "-m", "garbo.cli", "policy", "publish", str(folder)]
    done = subprocess.run(
        command, env=bench.environment(), check=False, timeout=_COMMAND_S, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode


def registry_down(bench: Bench, fault: Fault) -> None:
    """Nobody answers for schemas; a worker that starts meanwhile cannot, and tries again."""
    bench.registry.stop()
    try:
        worker = bench.fleet.worker(bench.kill(fault.slot).worker.slot)
        bench.fleet.await_death(worker, 10.0)
    finally:
        bench.registry.start()
    bench.hurt(fault.kind)


def _write(bench: Bench, topic: str, key: bytes, value: bytes) -> None:
    producer = Producer(bench.kafka.producer())
    producer.produce(topic, value, key)
    if producer.flush(30):
        raise Missed(f"{topic} took nothing")


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
