"""examples/dispatcher on a real Kafka: killed in every gap between its steps, it acts on each action_id once.

On the topic lie copies of commands, a command of a transaction that was rolled back, one that expired, one whose
consent was withdrawn since, one for later, and garbage.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ActionOutcome, Identifier

pytestmark = pytest.mark.kafka

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dispatcher" / "dispatcher.py"
CODEC = AvroCodec(PackagedRegistry())
HOUR_MS = 3_600_000
GOOD = [f"a-{n}" for n in range(40)]
LATER_S = 6.0

# One for each gap between two numbered steps: (class, method, when, at which call).
GAPS = {
    "1 | 2  read, not kept": ("SqliteInbox", "keep", "before", 1),
    "2      kept, its offset not committed": ("SqliteInbox", "keep", "after", 1),
    "3 | 4  claimed, the provider not asked": ("SqliteInbox", "claim", "after", 3),
    "4 | 5  asked, not written": ("Letters", "send", "after", 5),
    "5 | 6  written, not reported": ("Dispatcher", "_act", "after", 1),
    "6      reported, not marked": ("SqliteInbox", "reported", "before", 1),
}

# Loads the example, makes a method of it, or of a class it imports, deadly, and runs it.
DEADLY = """
import importlib.util, os, signal, sys
path, owner, name, when, left = *sys.argv[1:5], int(sys.argv[5])
spec = importlib.util.spec_from_file_location("dispatcher", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
plain = getattr(getattr(module, owner), name)
def deadly(*args, **more):
    global left
    left -= 1
    if left == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = plain(*args, **more)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
setattr(getattr(module, owner), name, deadly)
sys.argv = [path, *sys.argv[6:]]
sys.exit(module.main())
"""


def command(action_id: str, *, at: int = 0, expires_in: int = HOUR_MS, message: str = "Gentile cliente") -> bytes:
    now = time.time_ns() // 1_000_000
    return CODEC.encode(
        Deliver(
            action_id,
            f"d-{action_id}",
            f"p-{action_id}",
            "email",
            "thanks",
            "marketing",
            "own_promotion",
            "",
            at or now,
            now + expires_in,
            "martina@example.org",
            "it",
            message,
            {},
        )
    )


class Bench:
    """The example as a process, and what it leaves behind."""

    def __init__(self, kafka: KafkaSettings, folder: Path) -> None:
        self.kafka, self.folder = kafka, folder
        self.sent = folder / "sent"
        self._options = ["--channel", "email", "--inbox", str(folder / "inbox.sqlite"), "--sent", str(self.sent)]
        self._options += ["--withdrawn", str(folder / "withdrawn")]
        self.in_doubt = "again"

    def start(self, *program: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "GARBO_BOOTSTRAP": self.kafka.bootstrap,
            "GARBO_TOPIC_PREFIX": self.kafka.prefix,
            "GARBO_KAFKA_SESSION_TIMEOUT_MS": "6000",  # the broker's least: who was killed is waited for
        }
        with (self.folder / "dispatcher.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *program, *self._options, "--in-doubt", self.in_doubt],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def run_to_its_death(self, gap: tuple[str, str, str, int]) -> int:
        process = self.start("-c", DEADLY, str(EXAMPLE), *map(str, gap))
        try:
            return process.wait(40)
        finally:
            process.kill()

    def run_until(self, outcomes: int, read: int, timeout: float = 40.0) -> None:
        """Undisturbed, until so many outcomes are there and so many commands were read; then asked to stop."""
        before = len((self.folder / "dispatcher.log").read_text())
        process = self.start(str(EXAMPLE))
        try:
            end = time.monotonic() + timeout
            while len(self.outcomes()) < outcomes or self.read_since(before) < read:
                assert time.monotonic() < end, f"{len(self.outcomes())} of {outcomes} outcomes\n{self.log()}"
                assert process.poll() is None, self.log()
                time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Of each (action_id, status), how many copies of its one event id."""
        found: Counter[tuple[str, str]] = Counter()
        for record in read_all(self.kafka, [self.kafka.topic("outcomes")]):
            report = CODEC.inbound(record.value or b"")
            assert isinstance(report.body, ActionOutcome)
            assert report.event_id == f"{report.body.action_id}:{report.body.status}"
            assert report.body.identifiers == (Identifier("party", f"p-{report.body.action_id}"),)
            assert record.key == f"party:p-{report.body.action_id}".encode()
            found[report.body.action_id, report.body.status] += 1
        return found

    def read_since(self, start: int) -> int:
        """Commands it says it has read."""
        log = (self.folder / "dispatcher.log").read_text()[start:]
        return sum(int(found) for found in re.findall(r"(\d+) commands, ", log))

    def calls(self) -> Counter[str]:
        return Counter((self.sent / "calls.log").read_text().split())

    def letters(self) -> set[str]:
        return {path.stem for path in self.sent.glob("*.txt")}

    def log(self) -> str:
        return (self.folder / "dispatcher.log").read_text()[-4000:]


@pytest.fixture
def bench(kafka_settings: KafkaSettings, tmp_path: Path) -> Bench:
    wanted = ("actions.email", "outcomes")
    create(kafka_settings, [t for t in topic_specs(2, kafka_settings.prefix) if t.name.endswith(wanted)])
    return Bench(kafka_settings, tmp_path)


def write(kafka: KafkaSettings, commands: list[tuple[str, bytes]], *, commit: bool = True) -> None:
    """In a transaction, as decide does."""
    producer = Producer({**kafka.base(), "transactional.id": kafka.prefix, "partitioner": "murmur2_random"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for action_id, value in commands:
        producer.produce(kafka.topic("actions.email"), value, f"p-{action_id}".encode())
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def uncommitted(kafka: KafkaSettings) -> list[str]:
    """What a dispatcher that does not read committed would see."""
    reader = Consumer({**kafka.base(), "group.id": "careless", "isolation.level": "read_uncommitted"})
    topic = kafka.topic("actions.email")
    reader.assign([TopicPartition(topic, p, 0) for p in (0, 1)])
    ends = sum(reader.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in (0, 1))
    found: list[str] = []
    quiet = 0
    while len(found) < ends and quiet < 3:  # control records take offsets too
        messages = [m for m in reader.consume(500, 1.0) if not m.error()]
        quiet = 0 if messages else quiet + 1
        found += [CODEC.command(value).action_id for m in messages if (value := m.value()) and value[0] == 0]
    reader.close()
    return found


@pytest.mark.timeout(180)
def test_each_action_is_done_once_through_deaths_copies_and_a_rolled_back_transaction(bench: Bench) -> None:
    (bench.folder / "withdrawn").write_text("p-withdrawn own_promotion\n")
    later = time.time_ns() // 1_000_000 + int(LATER_S * 1000)
    write(bench.kafka, [("ghost", command("ghost"))], commit=False)
    first = [(name, command(name)) for name in GOOD]
    special = [
        ("expired", command("expired", expires_in=-1)),
        ("withdrawn", command("withdrawn")),
        ("later", command("later", at=later)),
        ("garbage", b"garbage"),
    ]
    write(bench.kafka, first + special)
    write(bench.kafka, [(name, command(name, message="a second copy")) for name in GOOD[::2]])
    assert "ghost" in uncommitted(bench.kafka)

    deaths = {gap: bench.run_to_its_death(how) for gap, how in GAPS.items()}
    assert deaths == dict.fromkeys(GAPS, -signal.SIGKILL), bench.log()
    write(bench.kafka, [(name, command(name, message="a late copy")) for name in GOOD[::3]])
    bench.run_until(len(GOOD) + 3, read=len(GOOD[::3]))

    assert bench.letters() == {*GOOD, "later"}
    assert set(bench.outcomes()) == {
        *((name, "delivered") for name in (*GOOD, "later")),
        ("expired", "failed"),
        ("withdrawn", "failed"),
    }
    # Asked twice was only what was being acted on at a death; the provider kept the key, and acted once.
    asked = bench.calls()
    assert sorted(asked) == sorted([*GOOD, "later"])
    assert asked.total() - len(asked) <= 1, asked
    assert all("copy" not in path.read_text() for path in bench.sent.glob("*.txt"))
    assert (bench.sent / "later.txt").stat().st_mtime * 1000 >= later


def test_in_doubt_and_never_again_leaves_it_without_an_outcome(bench: Bench) -> None:
    """At most once: what may have happened is neither done again nor told to have failed, so it keeps counting."""
    bench.in_doubt = "never"
    write(bench.kafka, [(name, command(name)) for name in GOOD[:5]])
    assert bench.run_to_its_death(("Letters", "send", "before", 3)) == -signal.SIGKILL
    bench.run_until(4, read=0)
    assert (bench.calls().total(), len(bench.letters()), len(bench.outcomes())) == (4, 4, 4)
