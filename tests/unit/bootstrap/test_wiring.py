"""The production wiring: what each processor counts is in the text that Prometheus reads, under its own name."""

import re

import pytest
from prometheus_client import generate_latest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.settings import load_settings
from garbo.bootstrap.wiring import hosted_processors
from garbo.core.vocabulary.effects import Learn
from garbo.errors import ConfigError
from garbo.faust_host.run import HostedProcessor
from garbo.learning import snapshots
from garbo.policy.loader import load
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import PROCESSORS
from garbo.testing.driver import DictRows

POLICY = load(load_settings(env={}).policy_dir)
MODEL = next(iter(POLICY.models.values()))
EXAMPLE = Learn(MODEL.id, "e", "p", 0, "a", {MODEL.features[0].name: 1.0}, 1, 0.5, 0.5, "")


class Worker:
    """What `garbo run` hosts, and the text of its /metrics."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        settings = load_settings(env={})
        self.hosted = {h.settings.name: h for h in hosted_processors(settings, policy=POLICY, metrics=self.metrics)}
        self.rows = {name: DictRows() for name in self.hosted}
        for name, hosted in self.hosted.items():
            hosted.processor.open(0, self.rows[name])

    def process(self, name: str, key: bytes, value: bytes) -> None:
        hosted: HostedProcessor = self.hosted[name]
        record = ConsumerRecord(hosted.settings.inputs[-1], 0, 0, key, value, 0)
        hosted.processor.process(0, [record], self.rows[name], 0)

    def broadcast(self, name: str, topic: str, value: bytes) -> None:
        hosted = self.hosted[name]
        assert topic in hosted.settings.broadcast  # or the host would not deliver it
        hosted.processor.broadcast(topic, b"key", value)

    def scraped(self, metric: str) -> dict[str, float]:
        """Labels -> value, of the series that are not 0."""
        text = generate_latest(self.metrics.registry).decode()
        found = {labels: float(value) for labels, value in re.findall(rf"^{metric}{{(.*)}} (\S+)$", text, re.MULTILINE)}
        return {labels: value for labels, value in found.items() if value}


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.mark.parametrize("name", PROCESSORS)
def test_a_dead_letter_is_counted_for_its_processor(worker: Worker, name: str) -> None:
    worker.process(name, b"key", b"hello")
    assert worker.scraped("garbo_dead_letters_total") == {f'processor="{name}",reason="not_avro"': 1.0}


@pytest.mark.parametrize("name", ["decide", "learn", "journey_kpis"])
def test_a_refused_policy_is_counted_for_its_processor(worker: Worker, name: str) -> None:
    worker.broadcast(name, "policy-versions", b"no policy")
    assert worker.scraped("garbo_refused_total") == {f'processor="{name}",what="policy"': 1.0}


def test_a_snapshot_that_decide_refuses_is_counted(worker: Worker) -> None:
    worker.broadcast("decide", "model-snapshots", b"no snapshot")
    assert worker.scraped("garbo_refused_total") == {'processor="decide",what="snapshot"': 1.0}


def test_a_snapshot_that_learn_does_not_publish_is_counted(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 10)
    worker.process("learn", MODEL.id.encode(), AvroCodec(PackagedRegistry()).encode(EXAMPLE))
    assert worker.scraped("garbo_refused_total") == {'processor="learn",what="snapshot"': 1.0}


def test_an_example_that_learn_drops_is_counted(worker: Worker) -> None:
    for _ in range(3):
        worker.process("learn", MODEL.id.encode(), AvroCodec(PackagedRegistry()).encode(EXAMPLE))
    assert worker.scraped("garbo_duplicates_total") == {'processor="learn"': 2.0}


@pytest.mark.parametrize("name", PROCESSORS)
def test_what_a_processor_can_count_starts_at_zero(worker: Worker, name: str) -> None:
    """Or Prometheus would not see the first one as an increase."""
    text = generate_latest(worker.metrics.registry).decode()
    assert f'garbo_dead_letters_total{{processor="{name}",reason="not_avro"}} 0.0' in text
    refuses = [
        f'garbo_refused_total{{processor="{name}",what="{what}"}} 0.0' in text for what in ("policy", "snapshot")
    ]
    assert refuses == [True, name in ("decide", "learn")]


def test_a_processor_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(
        ConfigError, match="no processor judge; the processors are resolve, decide, learn, journey_kpis"
    ):
        hosted_processors(load_settings(env={}), ["decide", "judge"], policy=POLICY)
