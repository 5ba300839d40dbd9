"""What happens around one real worker on a real Kafka: disk, model, policy, registry. Nothing is lost, and it says why.

The worker is `garbo run` (`tests.chaos.worker` is the same command, misbehaving by environment variables); `garbo
verify`, which reads topics only, says whether anything was lost.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.avro.schemas import current
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import ConsentChange, Identifier, Touchpoint
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import PROCESSORS
from garbo.replay.pipeline import Pipeline
from garbo.runtime.exit_codes import ExitCode
from garbo.simulation.world import world
from tests.chaos.registry import registry
from tests.chaos.worker import MODEL
from tests.integration.counting import Names, counts, create_topics, produce, wait_committed
from tests.integration.misbehaving import Worker, until

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(300)]

CODEC = AvroCodec(PackagedRegistry())
PARTITIONS = 2
BANK = Path(__file__).resolve().parents[2] / "examples" / "bank"
COOKIE = (Identifier("cookie", "new"),)


class Garbo:
    """`garbo run` as a process, restarted by the test."""

    def __init__(self, kafka: KafkaSettings, folder: Path, *options: str) -> None:
        self.kafka, self._folder, self._options = kafka, folder, options
        folder.mkdir(exist_ok=True)
        self._log = folder / "garbo.log"
        self._log.touch()
        self._from = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        self._from = self._log.stat().st_size
        given = {
            **os.environ,
            "GARBO_BOOTSTRAP": self.kafka.bootstrap,
            "GARBO_TOPIC_PREFIX": self.kafka.prefix,
            "GARBO_METRICS_PORT": "0",
            **environment,
        }
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.chaos.worker", "--data", str(self._folder / "data"), *self._options]
            self.process = subprocess.Popen(command, env=given, stdout=log, stderr=log)

    @property
    def said(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode(errors="replace")

    def wait_gone(self, timeout: float = 90.0) -> int:
        assert self.process is not None
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it is still there:\n{self.said[-4000:]}") from None

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def place(kafka_settings: KafkaSettings) -> KafkaSettings:
    create(kafka_settings, topic_specs(PARTITIONS, kafka_settings.prefix))
    return kafka_settings


@contextmanager
def pipeline(kafka: KafkaSettings) -> Iterator[Pipeline]:
    made = Pipeline(kafka, CODEC, PARTITIONS)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def garbo(place: KafkaSettings, tmp_path: Path) -> Iterator[Garbo]:
    made = Garbo(place, tmp_path)
    yield made
    made.close()


def feed(pipe: Pipeline, part: int, parts: int = 2) -> None:
    """A part of a small world's last days, up to yesterday."""
    start = (datetime.now(UTC) - timedelta(days=4)).date()
    facts = list(world(11, 40, 3, start=start))
    for fact in facts[part * len(facts) // parts : (part + 1) * len(facts) // parts]:
        pipe.send(fact)
    pipe.flush()


def decisions(kafka: KafkaSettings) -> list[DecisionRecord]:
    return [CODEC.decision(m.value) for m in read_all(kafka, [kafka.topic("decisions")]) if m.value]


def verified(kafka: KafkaSettings, **environment: str) -> None:
    words = ["verify", "--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    told = CliRunner().invoke(app, words, env=environment)
    assert told.exit_code == 0, told.output


# ---- disk --------------------------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_worker_with_the_folders_name_and_costs_nothing(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    names = Names.of(prefix)
    create_topics(kafka, names)
    with Worker(kafka, prefix, tmp_path, settings={"static_membership": True}) as worker:
        worker.start(file_bytes=20_000).wait_said("ready")
        sent = produce(kafka, names.events, 8000, keys=4000)
        gone = worker.wait_gone(90)
        assert gone.code == ExitCode.RESTART
        assert f"leaving with code 3: count: {worker.rows}" in gone.said
        assert "cannot be written" in gone.said
        worker.start()  # with room again
        wait_committed(kafka, names.group, names.events, timeout=90)
    assert counts(kafka, names.changelog) == (sent, 0)


# ---- model -------------------------------------------------------------------------------------------------------


def customer(n: int) -> tuple[Identifier, ...]:
    return (Identifier("customer_id", f"c{n}"), Identifier("phone", f"+39333000{n:04}"))


def agreed(pipe: Pipeline, customers: range) -> None:
    """They agreed to everything, and that is decided: consents and touchpoints have no order among them."""
    now = time.time_ns() // 1_000_000
    for n in customers:
        for consent in ("personal_data", "own_promotion", "profiling"):
            pipe.send(InboundMessage(f"{consent}-{n}", now, ConsentChange(consent, True, customer(n))))
    pipe.wait_idle(90)


def offered(pipe: Pipeline, *customers: int) -> None:
    """They finish a pension simulation: a marketing offer is scored for each."""
    now = time.time_ns() // 1_000_000
    for n in customers:
        seen = Touchpoint(Channel.WEB, "simulation_completed", identifiers=customer(n), theme="pension")
        pipe.send(InboundMessage(f"simulation-{n}", now, seen))
    pipe.flush()


def fallbacks(kafka: KafkaSettings) -> list[bool]:
    """For every decision with a score, in the order of the log: not the model's, but the prior's."""
    return [d.fallback for d in decisions(kafka) if d.scored]


@pytest.fixture
def at_any_hour(tmp_path: Path) -> Path:
    """The bank's policy without quiet hours for texts (this test runs when it runs) and without a control group (each
    customer is offered something)."""
    folder = tmp_path / "bank"
    shutil.copytree(BANK, folder)
    path = folder / "contact_policy.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not re.match(r"  sms: \{from:", line)]
    assert len(lines) - len(kept) == 1
    path.write_text("".join(kept), "utf-8")
    settings = folder / "policy.yaml"
    text = re.sub(r"(?m)^hold_out:.*\n", "", settings.read_text("utf-8"))
    assert "hold_out" not in text
    settings.write_text(text, "utf-8")
    return folder


def test_a_slow_model_is_passed_over_and_a_hanging_one_ends_the_worker(
    place: KafkaSettings, tmp_path: Path, at_any_hour: Path
) -> None:
    """A model that takes two seconds is late for its cost of 2 ms: the prior decides, for it and for those who waited
    longer than the offer's budget meanwhile, and each record says so.

    Decide has a process of its own: what comes while it waits for its model is forwarded meanwhile, and grows old.
    """
    policy = {"GARBO_POLICY_DIR": str(at_any_hour)}
    others = Garbo(
        place, tmp_path / "others", "--processor", "resolve", "--processor", "learn", "--processor", "journey_kpis"
    )
    decide = Garbo(place, tmp_path / "decide", "--processor", "decide")
    with closing(others), closing(decide), pipeline(place) as pipe:
        others.start(**policy)
        decide.start(**policy, **{MODEL: "slow:2000"})
        customers = range(30)
        agreed(pipe, customers)  # from here on decide idles
        came = iter(customers)
        offered(pipe, next(came), next(came), next(came))
        pipe.wait_idle(90)
        assert fallbacks(place) == [True] * 3
        decide.close()

        decide.start(**policy, **{MODEL: "hang"})
        agreed(pipe, range(30, 31))  # it is there
        for _ in range(6):  # the first that is on time is the last
            offered(pipe, next(came))
            time.sleep(0.5)
        assert decide.wait_gone() == ExitCode.STUCK
        assert "the event loop has been stuck" in decide.said
        assert "in estimate" in decide.said  # the stack names the model
        decide.start(**policy)
        pipe.wait_idle(90)
        assert len(fallbacks(place)) == next(came)  # nobody is left out, and nobody scored twice
    verified(place, **policy)


# ---- what is broadcast -------------------------------------------------------------------------------------------


def refused(garbo: Garbo) -> dict[tuple[str, str], float]:
    """The worker's metric, by processor and what it refused; the port is the one the worker listens on."""
    assert garbo.process is not None
    port = listening(garbo.process.pid)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.findall(r'garbo_refused_total\{processor="(\w+)",what="(\w+)"\} (\S+)', text)
    return {(processor, what): float(n) for processor, what, n in found}


def listening(pid: int) -> int:
    """The one port a worker listens on: more would be a door nobody knows of."""
    inodes = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                ports.add((fields[1].split(":")[0], int(fields[1].split(":")[1], 16)))
    assert [address for address, _ in ports] == ["0100007F"], f"it listens on {ports}"  # loopback, once
    return ports.pop()[1]


def test_poison_on_the_broadcast_topics_is_refused_and_the_last_good_one_stays(garbo: Garbo) -> None:
    kafka = garbo.kafka
    garbo.start()
    with pipeline(kafka) as pipe:
        feed(pipe, 0)
        pipe.wait_idle(90)
        before = decisions(kafka)
        none = {(processor, what): 0.0 for processor in ("decide", "learn") for what in ("policy", "snapshot")}
        none |= {(processor, "policy"): 0.0 for processor in ("resolve", "journey_kpis")}
        assert refused(garbo) == none
        with Writer(kafka) as writer:
            writer.write(kafka.topic("model-snapshots"), b"loan", b"GBMS\x01 no model")
            writer.write(kafka.topic("policy-versions"), b"policy", b'{"policy.yaml": "actions: ["}')
        once = dict.fromkeys([(name, "policy") for name in PROCESSORS] + [("decide", "snapshot")], 1.0)
        until(lambda: refused(garbo) == none | once, 60)
        feed(pipe, 1)
        pipe.wait_idle(90)
        after = decisions(kafka)
    assert len(after) > len(before)
    assert {d.policy_version for d in after} == {d.policy_version for d in before}
    verified(kafka)


def test_a_half_written_policy_folder_is_not_published(place: KafkaSettings, tmp_path: Path) -> None:
    """Cut in the middle of a file, and a file not there yet."""
    (tmp_path / "half").mkdir()
    for path in BANK.glob("*.yaml"):
        text = path.read_bytes()
        (tmp_path / "half" / path.name).write_bytes(text[: len(text) // 2] if path.name == "actions.yaml" else text)
    (tmp_path / "half" / "consents.yaml").unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "garbo.cli", "policy", "publish", str(tmp_path / "half")],
        env={**os.environ, "GARBO_BOOTSTRAP": place.bootstrap, "GARBO_TOPIC_PREFIX": place.prefix},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "nothing was published, the workers keep their policy" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(read_all(place, [place.topic("policy-versions")])) == []


# ---- registry ----------------------------------------------------------------------------------------------------


def test_without_its_registry_a_worker_leaves_with_a_sentence_and_comes_back(garbo: Garbo) -> None:
    kafka = garbo.kafka
    with registry() as asked, pipeline(kafka) as pipe:
        asked.stop()
        garbo.start(GARBO_REGISTRY_URL=asked.url)
        assert garbo.wait_gone() == 1
        assert "The schema registry at 127.0.0.1 does not answer" in garbo.said
        assert "Traceback" not in garbo.said

        asked.start()
        garbo.start(GARBO_REGISTRY_URL=asked.url)
        feed(pipe, 0)
        pipe.wait_idle(90)
        before = len(list(read_all(kafka, [kafka.topic("decisions")])))  # written under the registry's ids

        # A producer with a schema of its own, and the registry goes before the worker has asked for it.
        touchpoint = current()["garbo.Touchpoint"]
        number = asked.register("garbo.Touchpoint", touchpoint.text.replace("}", " }", 1))
        asked.stop()
        seen = InboundMessage(
            "of-a-new-producer", time.time_ns() // 1_000_000, Touchpoint(Channel.WEB, "page_view", identifiers=COOKIE)
        )
        pipe.send_raw("touchpoints", b"cookie:new", header(number) + CODEC.encode_inbound(seen)[HEADER_BYTES:])
        pipe.flush()
        assert garbo.wait_gone() == ExitCode.RESTART
        assert "leaving with code 3: resolve: The schema registry at 127.0.0.1 does not answer" in garbo.said

        asked.start()
        garbo.start(GARBO_REGISTRY_URL=asked.url)
        pipe.wait_idle(90)
        assert len(list(read_all(kafka, [kafka.topic("decisions")]))) == before + 1
        verified(kafka, GARBO_REGISTRY_URL=asked.url)
