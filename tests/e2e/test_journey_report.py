"""`garbo journey report` and `garbo journey why` on what the engine wrote: facts, cells and decisions."""

import json
import re
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import JOURNEY_KPIS_CHANGELOG, as_counts, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.client.fields import Identifiers
from garbo.core.vocabulary.effects import JourneyFinding
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Disposition
from garbo.embedded import EmbeddedBroker
from garbo.errors import ConfigError, NotFoundError
from garbo.journeys.flow_log import to_file
from garbo.processors.ports import ConsumerRecord, InboundMessage
from garbo.processors.topics import DECISIONS, JOURNEY_FINDINGS, JOURNEY_FLOWS, JOURNEY_KPIS
from garbo.testing import Driver, consent, instant, outcome, profile, touchpoint
from tests.policies import EXAMPLES, policy_of

TOPICS = (JOURNEY_FLOWS, JOURNEY_KPIS, DECISIONS)
PARTITIONS = 1  # the driver counts offsets by topic, a broker by partition


BEGIN, PARTIES, DAYS, SLICE = instant("2025-01-07 10:00"), 450, 30, 6 * HOUR


def messages() -> list[InboundMessage]:
    """Fifteen persons a day write about their token, in turn from the app, e-banking and e-mail. Of those who write by
    e-mail three in four never allowed us to use their data, of the others one in seven. Most of the answered pay."""
    sent = []
    for i in range(PARTIES):
        at, channel = BEGIN + i % DAYS * DAY + i // DAYS * 7 * MINUTE, ("app", "ebanking", "email")[i % 3]
        who = Identifiers(customer_id=f"c{i}", email=f"c{i}@example.org")
        silent = i // DAYS % 10 < (6 if channel == "email" else 1)
        if not silent:
            sent.append(consent("personal_data", True, at - HOUR, **who))
        if silent and i % DAYS >= 24:  # first known by a cookie; a system of record says a day later who that is
            cookie = Identifiers(cookie=f"k{i}")
            sent.append(touchpoint(channel, "social_message", at, theme="token", **cookie))
            sent.append(profile(at + DAY, **who, **cookie))
            continue
        sent.append(touchpoint(channel, "social_message", at, theme="token", **who))
        if not silent and i % 4:
            sent.append(touchpoint("app", "transfer_done", at + 2 * DAY, theme="token", **who))
    return sorted(sent, key=lambda m: m.at)


@cache
def town() -> tuple[Driver, dict[str, list[ConsumerRecord]]]:
    """What lies on the topics after fifty days, each command reported as delivered."""
    driver, kept = Driver(policy_of("bank"), partitions=PARTITIONS), dict[str, list[ConsumerRecord]]()
    waiting, reports = deque(messages()), list[InboundMessage]()
    for until in range(BEGIN, BEGIN + 50 * DAY, SLICE):
        while waiting and waiting[0].at < until:
            driver.send(waiting.popleft())
        for report in reports:
            driver.send(report)
        driver.tick(until)
        made = driver.commands()
        reports = [outcome("delivered", until, action_id=c.action_id, party=c.party) for c in made if not c.inbound]
        for topic, records in driver.take().items():  # forgotten, or each slice would read it all again
            kept.setdefault(topic, []).extend(records)
    return driver, kept


class Scene(NamedTuple):
    """A broker on which the town's log lies."""

    kafka: KafkaSettings

    def garbo(self, *words: str) -> Result:
        options = ["--bootstrap", self.kafka.bootstrap, "--prefix", self.kafka.prefix]
        env = {"GARBO_TRANSACTIONAL": "false", "COLUMNS": "150", "GARBO_POLICY_DIR": str(EXAMPLES / "bank")}
        return CliRunner().invoke(app, ["journey", *words, *options], env=env)

    def findings(self) -> list[JourneyFinding]:
        driver, _ = town()
        records = read_all(self.kafka, [self.kafka.topic(JOURNEY_FINDINGS)])
        return [driver.codec.finding(r.value or b"") for r in records]


@pytest.fixture
def empty(embedded_broker: Callable[..., EmbeddedBroker], prefix: str) -> KafkaSettings:
    broker = embedded_broker(as_counts(topic_specs(PARTITIONS, prefix)))
    return KafkaSettings(bootstrap=broker.bootstrap, transactional=False, prefix=prefix)


@pytest.fixture
def scene(empty: KafkaSettings) -> Scene:
    driver, log = town()
    with Writer(empty) as writer:
        for topic in TOPICS:
            for r in log[topic]:
                at = r.timestamp_ms
                writer.write(empty.topic(topic), r.key, r.value, partition=r.partition, timestamp_ms=at)
        for partition in range(PARTITIONS):
            for key, value in driver.table("journey_kpis", partition).scan():
                writer.write(empty.topic(JOURNEY_KPIS_CHANGELOG), key, value, partition=partition)
    return Scene(empty)


def test_the_report_says_what_limits_and_that_the_cells_are_those_of_the_log(scene: Scene, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    found = scene.garbo("report", "service", "--html", str(page))
    assert 0 == found.exit_code, (found.stdout, found.exception)
    assert re.search(r"The [\d,]+ cells of the engine equal those recomputed", found.stdout)
    for words in ("Help (service", "All causes, by gain", "no consent (personal_data)", "Minimum attention"):
        assert words in found.stdout
    html = page.read_text("utf-8")
    assert "equal those recomputed from the log of facts" in html
    assert '<h2 id="service">Help</h2>' in html
    italian = scene.garbo("report", "service", "--language", "it", "--no-check")
    assert "Assistenza (service" in italian.stdout
    assert "manca il consenso" in italian.stdout
    assert "celle" not in italian.stdout


def test_a_cell_that_is_not_the_sum_of_its_facts_is_said(scene: Scene) -> None:
    driver, log = town()
    first = next(r for r in log[JOURNEY_KPIS] if r.value is not None and driver.codec.kpi(r.value).journey == "service")
    last = [r for r in log[JOURNEY_KPIS] if (r.partition, r.key) == (first.partition, first.key)][-1]
    other = next(r for r in log[JOURNEY_KPIS] if r.value and r.key != first.key and r.value != last.value)
    with Writer(scene.kafka) as writer:
        writer.write(scene.kafka.topic(JOURNEY_KPIS), first.key, other.value, partition=first.partition)
    found = scene.garbo("report", "service")
    assert 1 == found.exit_code
    assert "cells are not those recomputed from the log" in " ".join(found.stdout.split())


def test_files_give_the_same_figures_without_a_broker(scene: Scene, tmp_path: Path) -> None:
    driver, log = town()
    to_file(tmp_path / "journey-flows.jsonl", log[JOURNEY_FLOWS], driver.codec)
    streamed = json.loads(scene.garbo("report", "service", "--json", "--no-check").stdout)
    words = ["report", "service", "--json", "--files", str(tmp_path), "--policy", str(EXAMPLES / "bank")]
    found = CliRunner().invoke(app, ["journey", *words, "--bootstrap", "127.0.0.1:1"])
    assert 0 == found.exit_code, found.exception
    assert streamed["journeys"] == json.loads(found.stdout)["journeys"]
    assert streamed["journeys"][0]["begun"] > 50


def test_why_names_what_holds_visits_and_ten_masked_parties_with_their_decisions(scene: Scene) -> None:
    found = scene.garbo("why", "trouble", "--journey", "service", "--json")
    assert 0 == found.exit_code, (found.stdout, found.exception)
    said = json.loads(found.stdout)
    assert said["shown"] == "consent:personal_data"
    assert said["finding"]["cause"] == "consent"
    assert len(said["parties"]) == 10
    driver, log = town()
    records = {r.decision_id: r for r in (driver.codec.decision(one.value or b"") for one in log[DECISIONS])}
    for party in said["parties"]:
        record = records[party["decision"]]
        assert record.at == party["at"] <= party["left"]
        assert {b.detail for b in record.blocked if b.reason == "consent_denied"} >= {"personal_data"}
        assert record.party not in found.stdout, "the id of a party is not shown"
        assert re.fullmatch("p-[0-9a-f]{6}", party["party"])
    assert len({party["party"] for party in said["parties"]}) == 10
    merged = {r.party for r in records.values() if r.disposition is Disposition.MOVED}
    assert merged & {records[party["decision"]].party for party in said["parties"]}, (
        "of rows that were merged since, too"
    )
    table = scene.garbo("why", "trouble", "--journey", "service").stdout
    assert said["parties"][0]["decision"] in table
    assert "no consent (personal_data)" in table


def test_what_is_published_is_idempotent_versioned_and_closes(scene: Scene) -> None:
    first = scene.garbo("report", "service", "--publish", "--no-check")
    assert 0 == first.exit_code, (first.stdout, first.exception)
    published = scene.findings()
    assert published, "the town's narrowing is claimed"
    assert {(f.status, f.version) for f in published} == {("open", 1)}
    assert {"narrowing"} <= {f.kind for f in published}
    assert "0 messages written" in scene.garbo("report", "service", "--publish", "--no-check").stdout
    assert scene.findings() == published

    gone = published[0]
    old = JourneyFinding(**{n: getattr(gone, n) for n in gone.__struct_fields__} | {"cause": "cap", "version": 4})
    with Writer(scene.kafka) as writer:
        writer.write(scene.kafka.topic(JOURNEY_FINDINGS), b"service|trouble|cap", town()[0].codec.encode(old))
    assert "1 messages written" in scene.garbo("report", "service", "--publish", "--no-check").stdout
    closed = scene.findings()[-1]
    assert (closed.cause, closed.status, closed.version) == ("cap", "closed", 5)


MISTAKES = (
    (("report", "servce"), r"the map has no journey 'servce'; did you mean 'service'\?"),
    (("report", "mortgage"), "nothing happened yet in journey 'mortgage'; there are cells of service"),
    (
        ("report", "--until", "2025-01-12"),
        "'service' is not ripe: its first entry was on 2025-01-07, .* 2025-01-17 on",
    ),
    (("report", "--since", "2025-06-01"), "has no exit from 2025-06-01"),
    (("why", "troubl"), "did you mean 'trouble'"),
    (("why", "enquiry", "--journey", "mortgage"), "has no ripe exit yet"),
    (("why", "trouble", "--journey", "service", "--obstacle", "cap:x"), "nothing was held back there by 'cap:x'"),
)


def test_a_mistake_is_answered_with_what_to_do(scene: Scene) -> None:
    for words, says in MISTAKES:
        found = scene.garbo(*words)
        assert isinstance(found.exception, NotFoundError), (words, found.stdout)
        assert re.search(says, str(found.exception)), str(found.exception)


def test_without_cells_it_says_what_is_missing(empty: KafkaSettings, tmp_path: Path) -> None:
    found = Scene(empty).garbo("report")
    assert isinstance(found.exception, NotFoundError)
    assert "no cells of journeys on journey-kpis" in str(found.exception)
    found = Scene(empty).garbo("report", "--files", str(tmp_path))
    assert isinstance(found.exception, ConfigError)
    found = Scene(empty).garbo("report", "--files", str(tmp_path), "--publish")
    assert "leave out --files" in str(found.exception)
