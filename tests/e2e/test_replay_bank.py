"""`garbo replay bank` over the embedded broker with a real worker process: what it reports is what the topics hold."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from rich.console import Console

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import load_settings
from garbo.cli.replay import Plan, play, story
from garbo.core.vocabulary.reasons import Disposition
from garbo.policy.loader import load
from garbo.processors.topics import CHANNELS, Topics
from garbo.replay import bank
from garbo.replay.feed import Tick
from garbo.testing.driver import Driver
from tests.conftest import PARTITIONS

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "uci_bank_marketing_sample.csv"
ROWS = 300


def held(kafka: KafkaSettings, name: str) -> list[bytes]:
    """Every message of a topic, read independently of the code under test."""
    consumer = Consumer({**kafka.base(), "group.id": "test", "enable.auto.commit": False})
    places = [TopicPartition(kafka.topic(name), p, 0) for p in range(PARTITIONS)]
    expected = sum(consumer.get_watermark_offsets(place, 10.0)[1] for place in places)
    consumer.assign(places)
    found: list[bytes] = []
    while len(found) < expected:
        found += [m.value() or b"" for m in consumer.consume(500, 0.1) if m.error() is None]
    consumer.close()
    return found


def test_every_fact_has_one_end_and_the_report_agrees_with_the_topics(embedded: KafkaSettings) -> None:
    contacts = list(bank.contacts(bank.read(SAMPLE), profiling_share=0.8))
    settings = replace(load_settings(None, env={}), kafka=embedded)
    found = play(Plan(SAMPLE.name, ROWS, PARTITIONS), settings, story(contacts), Console(quiet=True))

    assert [] == found["problems"]
    codec = AvroCodec(PackagedRegistry())
    decisions = [codec.decision(value) for value in held(embedded, "decisions")]
    decided = Counter(d.event_id for d in decisions if d.disposition is Disposition.DECIDED)
    facts = [fact.event_id for contact in contacts for step in contact.steps for fact in step]
    assert {1} == {decided[event_id] for event_id in facts}
    assert (ROWS, 5 * ROWS) == (found["rows"], found["events_sent"])
    assert len(decisions) == found["decisions"]
    assert [] == held(embedded, "dead-letters")

    sent = [codec.command(value) for topic in Topics().of_channels(CHANNELS) for value in held(embedded, topic)]
    commands = Counter(f"{command.channel} {command.action}" for command in sent)
    assert commands == found["commands_by_action"]
    assert commands.total() == found["commands"]
    held_back = Counter(b.reason.value for d in decisions for b in d.blocked)
    held_back += Counter(s.reason.value for d in decisions for s in d.scored if s.reason is not None)
    assert held_back == found["held_back"]

    allowed = sum(fact.body.granted for c in contacts for fact in c.consents if fact.event_id.endswith("/profiling"))  # type: ignore[union-attr]
    examples = [codec.example(value) for value in held(embedded, "learning-examples")]
    assert (allowed, allowed) == (len(examples), found["learnt"])
    assert {bank.FAMILY: allowed} == found["examples"]
    assert f"{bank.FAMILY}@{allowed}" == found["model"].partition(".")[0]
    # The processors on a broker decide the same as one thread without a broker.
    driver = Driver(load(settings.policy_dir))
    for item in story(iter(contacts)):
        for step in [] if isinstance(item, Tick) else item:
            for fact in step:
                driver.send(fact)
        if isinstance(item, Tick):
            driver.tick(item.at)
    expected = Counter((d.event_id, d.chosen) for d in driver.decisions())
    assert expected == Counter((d.event_id, d.chosen) for d in decisions)
    assert sum(bool(d.intent) for d in driver.decisions()) == found["decisions_by_timer"]
    # Without profiling the personalised call is not made, and consent is what held it back.
    assert ROWS - allowed <= held_back["consent_denied"]


def garbo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garbo.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_brings_its_own_broker_and_writes_the_report(tmp_path: Path) -> None:
    done = garbo("replay", "bank", str(SAMPLE), "--rows", "40", "--json", "--report", str(tmp_path / "report.md"))
    assert 0 == done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert (40, 200, []) == (found["rows"], found["events_sent"], found["problems"])
    assert "Nothing was lost: each of the 200 events" in (tmp_path / "report.md").read_text()
    assert "40/40" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("none.csv",), "cannot read none.csv"),
        ((str(SAMPLE), "--in-flight", "9000"), "drops unread records"),
        ((str(SAMPLE), "--report", "no/such/folder/report.md"), "no such folder"),
    ],
)
def test_a_mistake_is_a_sentence(words: tuple[str, ...], says: str) -> None:
    done = garbo("replay", "bank", *words)
    assert 1 == done.returncode
    assert says in done.stderr
    assert "Traceback" not in done.stderr
