"""One scripted fault on a real Kafka, played by `garbo run` on a bank's traffic, and judged by the checker.

The slots of the scene host one processor, decide as a rule. The others have a worker of their own, which nobody hurts.
"""

import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import present, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import CHANGELOGS, create, topic_specs
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.audit.verify.report import Report
from garbo.bootstrap.settings import packaged_example
from garbo.core.vocabulary.instants import DAY
from garbo.processors.topics import PROCESSORS, Topics
from garbo.replay.pipeline import Pipeline
from tests.chaos.traffic import Traffic
from tests.integration.counting import PARTITIONS
from tests.integration.workers import SESSION_MS, Workers

SEED, PARTIES, DAYS = 11, 150, 120


class DecideScene(Workers):
    """The topics and workers of one test."""

    def __init__(
        self, bootstrap: str, prefix: str, folder: Path, bug: str | None = None, processor: str = "decide",
        **settings: Any,
    ) -> None:  # fmt: skip
        (source,) = Topics(prefix).inputs(processor)
        super().__init__(bootstrap, f"{prefix}garbo-{processor}", source, prefix + CHANGELOGS[processor], folder, bug)
        self._processor = processor
        self._kafka = KafkaSettings(bootstrap, prefix=prefix)
        self._codec = AvroCodec(PackagedRegistry())
        self._environment = {
            "GARBO_BOOTSTRAP": bootstrap,
            "GARBO_TOPIC_PREFIX": prefix,
            "GARBO_CLOCK": "stream",
            "GARBO_METRICS_PORT": "-1",
            "GARBO_COMMIT_INTERVAL_MS": "100",
            "GARBO_SESSION_TIMEOUT_MS": str(SESSION_MS),
            **{f"GARBO_{name.upper()}": str(value).lower() for name, value in settings.items()},
        }
        create(self._kafka, topic_specs(PARTITIONS, prefix))
        self._pipeline = Pipeline(self._kafka, self._codec, PARTITIONS)
        self._messages = iter(Traffic(SEED, PARTIES, DAYS, self._codec))
        self._at = 0
        self._run("others", *(name for name in PROCESSORS if name != processor))

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._pipeline.close()

    def produce(self, *, more: bool = False) -> None:
        """Enough for a second's work, and half of that again."""
        self._send(2_000 if more else 6_000)
        # Resolve goes first, all the way: what decide finds is a backlog, however slow this machine.
        topics = Topics(self._kafka.prefix)
        for topic in (*topics.inbound, topics.links):
            self.wait_committed(f"{self._kafka.prefix}garbo-resolve", topic)

    def trickle(self) -> None:
        self._send(50)

    def _send(self, count: int) -> None:
        for message in islice(self._messages, count):
            self._pipeline.send_raw(message.topic, message.key, message.value)
            self._at = message.at
        self._pipeline.flush()

    def start(self, slot: str, disk: str = "", **environment: str) -> None:
        """A worker; `disk` names its folder, by default its slot's own."""
        self._run(slot, self._processor, disk=disk, **environment)

    def _run(self, slot: str, *processors: str, disk: str = "", **environment: str) -> None:
        hosted: list[str] = [word for processor in processors for word in ("--processor", processor)]
        data = str(self._folder / (disk or slot))
        self.launch(
            slot,
            [sys.executable, "-m", "tests.chaos.worker", *hosted, "--slot", slot, "--data", data],
            {**self._environment, **environment},
        )

    def wait_done(self, timeout: float = 60.0) -> None:
        """All is decided; then a week goes by, so that what was planned is done."""
        self._pipeline.wait_idle(timeout)
        self._pipeline.tick(self._at + 7 * DAY)
        self._pipeline.wait_idle(timeout)

    def judge(self) -> Report:
        """Topics alone speak."""
        reads: Any = partial(read_all, self._kafka)
        log = collect(reads, self._codec, present(self._kafka), self._kafka.prefix)
        return invariants.check(log, rules.read(packaged_example()), exactly_once=True)
