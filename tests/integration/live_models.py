"""Two real workers (`garbo run`) on a real Kafka, a steady load of screens that ask what to show, and customers who
answer. The policy is in `swap_policy/`: one offer is worth more and nobody takes it, the other nearly everybody.

with live(kafka_settings, tmp_path) as plant:
    plant.await_records(lambda r: r.models, 100)
    plant.publish(plant.policy(MODELS))
    plant.finish()                   # load and workers end, and everything is judged by the topics
"""

import json
import shutil
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml
from typer.testing import CliRunner

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all, tail
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.client import Command, Connection, Dispatcher, MemoryInbox
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.learning import snapshots
from garbo.policy.loader import bundle, load
from garbo.processors.routing import routed
from garbo.processors.topics import Topics
from garbo.replay.pipeline import Pipeline
from garbo.testing import builders
from tests.chaos.fleet import Fleet, Start, WorkerCommand

FOLDER: Final = Path(__file__).with_name("swap_policy")
PARTITIONS: Final = 4
SLOTS: Final = (0, 1)
PEOPLE: Final = 40
RATE: Final = 25.0  # screens a second
TAKERS: Final = 0.9  # of those who are shown the plain card
SESSION_MS: Final = 6_000
PROCESSORS: Final = 3
WAIT_S: Final = 90.0  # a condition ends it; this is for a busy machine
CODEC: Final = AvroCodec(PackagedRegistry())


class Plant:
    """The installation of one test."""

    def __init__(self, kafka: KafkaSettings, folder: Path, fleet: Fleet, ports: Mapping[int, int]) -> None:
        self.kafka, self.topics, self.fleet = kafka, Topics(kafka.prefix), fleet
        self.records: list[DecisionRecord] = []
        self.sent: list[str] = []  # event ids of the screens
        self._folder, self._ports = folder, ports
        self._published, self._poison = FOLDER, set[bytes]()
        self._paused, self._ended = threading.Event(), threading.Event()
        self._failures: list[BaseException] = []
        self._names = count()
        self._dispatcher = Dispatcher(
            "app", self._answer, inbox=MemoryInbox(), connection=Connection(kafka.bootstrap, kafka.prefix)
        )
        self._dice = Random(7)
        self._threads = [
            threading.Thread(target=self._guarded, args=(part,), name=part.__name__, daemon=True)
            for part in (self._load, self._dispatcher.run, self._watch)
        ]

    # ---- acts ----------------------------------------------------------------------------------------------------

    def policy(self, **models: Mapping[str, Any]) -> Path:
        """A folder with the policy; `models` replaces models by name, or adds them."""
        folder = self._folder / f"policy-{next(self._names)}"
        shutil.copytree(FOLDER, folder)
        file = folder / "models.yaml"
        known = yaml.safe_load(file.read_text())
        known["models"] |= models
        file.write_text(yaml.safe_dump(known))
        return folder

    def publish(self, folder: Path) -> Policy:
        """As an operator does."""
        self.garbo("policy", "publish", str(folder))
        self._published = folder
        return load(folder)

    def smuggle(self, folder: Path) -> None:
        """Past `publish`: the bytes on the topic."""
        self._write(self.topics.policies, b"policy", bundle(folder))

    def smuggle_snapshots(self, model: str, *values: bytes) -> None:
        """Past the learner."""
        self._poison.update(values)
        self._write(self.topics.snapshots, model.encode(), *values)

    def kill(self, slot: int) -> None:
        """kill -9; the supervisor restarts it. Returns when it has its partitions again."""
        self.fleet.kill(slot, [self._start(slot)])
        self.await_ready(slot)

    def garbo(self, *words: str) -> str:
        """The output of a command that must succeed."""
        where = ("--bootstrap", self.kafka.bootstrap, "--prefix", self.kafka.prefix)
        done = CliRunner().invoke(app, [*words, *where])
        assert done.exit_code == 0, f"{done.output}{done.exception!r}"
        return done.output

    # ---- waits ---------------------------------------------------------------------------------------------------

    def until(self, met: Callable[[], bool], what: str, seconds: float = WAIT_S) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            if self._failures:
                raise self._failures[0]
            assert time.monotonic() < deadline, f"{what}\n{self.logs()}"
            time.sleep(0.05)

    def await_records(self, wanted: Callable[[DecisionRecord], bool], least: int, what: str) -> None:
        """`least` further records that are wanted, on every partition."""
        seen = len(self.records)

        def enough() -> bool:
            places = [r.partition for r in self.records[seen:] if wanted(r)]
            return min(places.count(partition) for partition in range(PARTITIONS)) >= least

        self.until(enough, what)

    def await_ready(self, slot: int) -> None:
        self.until(lambda: self.fleet.worker(slot).restored() >= PROCESSORS, f"worker {slot} is not ready")

    def await_metric(self, name: str, least: float, **labels: str) -> None:
        """Both workers show the metric with `least`."""

        def shown() -> bool:
            return all(self.metric(slot, name, **labels) >= least for slot in SLOTS)

        self.until(shown, f"{name}{labels} is not {least}")

    def metric(self, slot: int, name: str, **labels: str) -> float:
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[slot]}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:  # it is starting
            return 0.0
        lines = [line for line in text.splitlines() if line.startswith(f"{name}{{") and all(w in line for w in wanted)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def snapshots(self) -> list[tuple[bytes, bytes]]:
        """Key and value of every one on the topic."""
        return [(r.key or b"", r.value or b"") for r in read_all(self.kafka, [self.topics.snapshots])]

    def logs(self, most: int = 3_000) -> str:
        return "\n".join(path.read_text()[-most:] for path in self.fleet.logs())

    # ---- beginning and end ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        for slot in SLOTS:
            self.fleet.launch(slot, self._start(slot))
        self.fleet.begin(range(0))
        with Writer(self.kafka, timeout_s=WAIT_S) as writer:
            for person in range(PEOPLE):
                for message in _introduced(person):
                    topic, key = routed(message)
                    writer.write(self.topics.named(topic), key, CODEC.encode_inbound(message))
        for slot in SLOTS:
            self.await_ready(slot)
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """End the load, let everything come to rest, end the workers, and judge."""
        self._paused.set()
        self._threads[0].join(10)
        pipeline = Pipeline(self.kafka, CODEC, PARTITIONS)
        pipeline.wait_idle(60.0)
        self._dispatcher.stop()
        self._threads[1].join(10)
        pipeline.wait_idle(60.0)
        pipeline.close()
        assert self.fleet.end() == [0, 0], self.logs()
        self.until(lambda: len(self.records) == self._decisions(), "a record was not seen")
        self.stop()
        assert not self._failures, self._failures
        self._judge()

    def stop(self) -> None:
        self._paused.set()
        self._ended.set()
        self._dispatcher.stop()
        self.fleet.abandon()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(10)

    def _judge(self) -> None:
        screens = [r for r in self.records if r.event_kind == "slot_viewed" and r.disposition == "decided"]
        assert sorted(r.event_id for r in screens) == sorted(self.sent)  # each of them once
        assert [] == list(read_all(self.kafka, [self.topics.dead_letters]))
        assert [] == [path.name for path in self.fleet.logs() if "Traceback" in path.read_text()]
        self._judge_models(screens)
        replayed = self.garbo("replay-decision", "--all", "--policy", str(FOLDER))
        assert f"{len(self.records):,} decisions recomputed: {len(self.records):,} byte-equal" in replayed
        verified = self.garbo("verify", "--json", "--policy", str(self._published))
        assert 0 == json.loads(verified)["violations"]

    def _judge_models(self, screens: Sequence[DecisionRecord]) -> None:
        """Only the learner's snapshots were used, and no worker decided before it had them."""
        learnt = {v.version for _, raw in self.snapshots() if raw not in self._poison for v in [snapshots.decode(raw)]}
        assert {version for r in screens for version in r.models} <= learnt
        for partition in range(PARTITIONS):
            asked = [r for r in screens if r.partition == partition and r.scored and r.numbers and not r.fallback]
            first = next(n for n, r in enumerate(asked) if r.models)
            assert all(r.models for r in asked[first:])

    # ---- inside --------------------------------------------------------------------------------------------------

    def _write(self, topic: str, key: bytes, *values: bytes) -> None:
        with Writer(self.kafka, timeout_s=WAIT_S) as writer:
            for value in values:
                writer.write(topic, key, value)

    def _decisions(self) -> int:
        return sum(1 for _ in read_all(self.kafka, [self.topics.decisions]))

    def _start(self, slot: int) -> Start:
        return Start({"GARBO_METRICS_PORT": str(self._ports[slot])})

    def _guarded(self, part: Callable[[], None]) -> None:
        try:
            part()
        except BaseException as problem:  # noqa: BLE001  # `until` raises it in the test's thread
            self._failures.append(problem)

    def _load(self) -> None:
        dice, began = Random(3), time.monotonic()
        with Writer(self.kafka, timeout_s=WAIT_S) as writer:
            while not self._paused.wait(0.02):
                while len(self.sent) < (time.monotonic() - began) * RATE:
                    name = f"screen-{len(self.sent)}"
                    who = f"c{dice.randrange(PEOPLE)}"
                    message = builders.touchpoint("app", "slot_viewed", _now(), cookie=who, event_id=name)
                    topic, key = routed(message)
                    writer.write(self.topics.named(topic), key, CODEC.encode_inbound(message))
                    self.sent.append(name)
            writer.flush()

    def _watch(self) -> None:
        for record in tail(self.kafka, [self.topics.decisions], until=self._ended.is_set, from_beginning=True):
            self.records.append(CODEC.decision(record.value or b""))

    def _answer(self, command: Command) -> bool | str:
        yes = command.action == "plain_card" and self._dice.random() < TAKERS
        return "accepted" if yes else True


@contextmanager
def live(kafka: KafkaSettings, folder: Path) -> Iterator[Plant]:
    create(kafka, topic_specs(PARTITIONS, kafka.prefix, load(FOLDER).vocabulary.command_channels))
    environment = {
        "GARBO_BOOTSTRAP": kafka.bootstrap,
        "GARBO_TOPIC_PREFIX": kafka.prefix,
        "GARBO_SESSION_TIMEOUT_MS": str(SESSION_MS),
    }
    workers = folder / "workers"
    workers.mkdir()
    program = (sys.executable, "-m", "garbo.cli", "run")
    fleet = Fleet(WorkerCommand(program, ("--policy", str(FOLDER)), environment, workers), len(SLOTS))
    plant = Plant(kafka, folder, fleet, dict(zip(SLOTS, _free_ports(len(SLOTS)), strict=True)))
    try:
        plant.begin()
        yield plant
    finally:
        plant.stop()


def _introduced(person: int) -> list[Any]:
    who, at = f"c{person}", _now()
    consents = ("personal_data", "own_promotion", "profiling")
    known = builders.profile(at, cookie=who, attributes={"age": 20.0 + person % 50})
    return [*(builders.consent(name, True, at, cookie=who) for name in consents), known]


def _now() -> int:
    return time.time_ns() // 1_000_000


def _free_ports(wanted: int) -> list[int]:
    sockets = [socket.socket() for _ in range(wanted)]
    try:
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [int(found.getsockname()[1]) for found in sockets]
    finally:
        for found in sockets:
            found.close()
