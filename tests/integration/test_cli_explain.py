"""What a person types, against a broker: explain, policy, topics, and the reader and writer below them.

The log is what the real processors wrote for a short story: somebody browses under a cookie, then logs in.
"""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from garbo.adapters.kafka.reader import read_all, tail
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import RESOLVE_CHANGELOG, create, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap.settings import packaged_example
from garbo.cli import app
from garbo.core.party.identity import party_of
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Direction, Identifier, Touchpoint
from garbo.errors import BrokerError, NotFoundError, PolicyError, TopicError
from garbo.policy.loader import bundle, load
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, InboundMessage
from garbo.testing import instant as at
from garbo.testing.driver import Driver

COOKIE, EMAIL, CUSTOMER = (
    Identifier("cookie", "c-77"),
    Identifier("email", "ann@example.com"),
    Identifier("customer_id", "4711"),
)
NOBODY = "127.0.0.1:1"  # no broker listens there


def visit(event_id: str, when: str, *identifiers: Identifier) -> InboundMessage:
    body = Touchpoint(Channel.WEB, "page_view", Direction.INBOUND, identifiers, theme="mortgage")
    return InboundMessage(event_id, at(when), body)


def told() -> Driver:
    """Two visits under a cookie; a log-in that links it; a third visit under the cookie alone."""
    driver = Driver(load(packaged_example()))
    driver.send(visit("e1", "2024-02-26 10:00", COOKIE))
    driver.send(visit("e2", "2024-02-26 10:05", COOKIE))
    driver.send(visit("e3", "2024-02-26 10:10", COOKIE, EMAIL, CUSTOMER))
    driver.send(visit("e4", "2024-02-26 10:15", COOKIE))
    return driver


@pytest.fixture
def story(embedded: KafkaSettings) -> Driver:
    """The story's decisions and links, on the embedded broker."""
    driver = told()
    with Writer(embedded) as writer:
        for record in driver.log["decisions"]:
            writer.write(embedded.topic("decisions"), record.key, record.value)
        for (name, partition), table in driver._tables.items():
            for key, value in table.rows.items() if name == "resolve" else ():
                writer.write(embedded.topic(RESOLVE_CHANGELOG), key, value, partition=partition)
    return driver


def garbo(kafka: KafkaSettings, *arguments: str) -> Result:
    options = ["--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    env = {"GARBO_TRANSACTIONAL": str(kafka.transactional).lower(), "COLUMNS": "200"}
    return CliRunner().invoke(app, [*arguments, *options], env=env)


def explained(kafka: KafkaSettings, *arguments: str) -> list[str]:
    """The ids of the decisions told."""
    result = garbo(kafka, "explain", "--json", *arguments)
    assert result.exception is None, result.exception
    return [entry["decision"]["event_id"] for entry in json.loads(result.stdout)]


def test_a_decision_is_told_in_sentences_in_both_languages(embedded: KafkaSettings, story: Driver) -> None:
    wanted = story.decisions()[0].decision_id
    english, italian = (garbo(embedded, "explain", wanted, "-l", language) for language in ("en", "it"))
    assert (english.exit_code, italian.exit_code) == (0, 0)
    assert wanted in english.stdout
    assert "On 26 February 2024, 10:00:" in english.stdout
    assert "Il 26 febbraio 2024, 10:00:" in italian.stdout


@pytest.mark.parametrize(
    "what",
    [party_of(COOKIE), party_of(CUSTOMER), "cookie:c-77", "email: ANN@example.com", "customer_id:4711",
     f"party:{party_of(CUSTOMER)}"],
)  # fmt: skip
def test_every_name_of_a_person_leads_to_the_person(embedded: KafkaSettings, story: Driver, what: str) -> None:
    """The cookie's party moved; the e-mail never had events of its own; both end at the customer's last decision."""
    assert explained(embedded, what, "--last", "1") == ["e4"]


def test_an_alias_keeps_what_was_decided_under_it(embedded: KafkaSettings, story: Driver) -> None:
    events = explained(embedded, party_of(COOKIE), "--last", "50")
    assert [e for e in events if e in ("e1", "e2", "e3", "e4")] == ["e1", "e2", "e3", "e4"]


@pytest.mark.parametrize(("language", "expected"), [("en", "competes"), ("it", "gareggia")])
def test_why_not_answers_for_an_action_that_never_reached_the_gates(
    embedded: KafkaSettings, story: Driver, language: str, expected: str
) -> None:
    last = story.decisions()[-1]
    named = {s.action for s in last.scored} | {b.action for b in last.blocked}
    quiet = next(n for n, a in story.decide.policy.policy.actions.items() if n not in named and a.when and a.answers)
    said = garbo(embedded, "explain", last.decision_id, "--why-not", quiet, "-l", language).stdout
    assert expected in said, said


def test_why_not_of_an_unknown_action_suggests_one(embedded: KafkaSettings, story: Driver) -> None:
    known = next(iter(story.decide.policy.policy.actions))
    result = garbo(embedded, "explain", story.decisions()[-1].decision_id, "--why-not", known + "s")
    assert isinstance(result.exception, NotFoundError)
    assert str(result.exception) == f"there is no action '{known}s'; did you mean '{known}'?"


def test_the_policy_that_decided_is_found_after_another_was_published(
    embedded: KafkaSettings, story: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last one and the folder's were looked at: a change took titles and answers from older decisions."""
    folder = tmp_path / "bank"
    shutil.copytree(packaged_example(), folder)
    actions = (folder / "actions.yaml").read_text("utf-8")
    (folder / "actions.yaml").write_text(actions + "# a later version\n", "utf-8")
    monkeypatch.setenv("GARBO_POLICY_DIR", str(folder))
    with Writer(embedded) as writer:
        for published in (packaged_example(), folder):
            writer.write(embedded.topic("policy-versions"), b"policy", bundle(published))
    record, decided = story.decisions()[-1], story.decide.policy.policy
    assert load(folder).version != decided.version == record.policy_version
    quiet = next(n for n, a in decided.actions.items() if a.lifecycle == ("customer",))
    (entry,) = json.loads(garbo(embedded, "explain", record.decision_id, "--why-not", quiet, "--json").stdout)
    assert entry["why_not"]["why"] not in ("no_policy", "not_in_policy")
    assert decided.actions[quiet].title["en"] in entry["sentences"][-1]


def test_json_holds_the_record_and_its_sentences(embedded: KafkaSettings, story: Driver) -> None:
    result = garbo(embedded, "explain", story.decisions()[0].decision_id, "--json")
    (entry,) = json.loads(result.stdout)
    assert entry["decision"]["policy_version"] == load(packaged_example()).version
    assert entry["sentences"][0].startswith("On 26 February 2024")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("d-nosuchdecision", "no decision about"), ("0-nosuchparty", "no decision about"), ("shoe:42", "kinds are")],
)
def test_what_is_not_there_is_a_sentence(embedded: KafkaSettings, story: Driver, what: str, sentence: str) -> None:
    result = garbo(embedded, "explain", what)
    assert isinstance(result.exception, NotFoundError)
    assert sentence in str(result.exception)


def test_without_a_broker_the_answer_is_one_sentence() -> None:
    """As a person meets it: no traceback, none of librdkafka's own lines. How soon: see unit/.../test_reader.py."""
    for command in (["explain", "d-1"], ["topics"]):
        done = subprocess.run(
            [sys.executable, "-m", "garbo.cli", *command, "--bootstrap", NOBODY],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"garbo: The broker at {NOBODY} does not answer"), done.stderr
        assert done.stderr.count("\n") == 1


def test_an_undecodable_record_does_not_hide_the_others(embedded: KafkaSettings, story: Driver) -> None:
    party = party_of(CUSTOMER)
    with Writer(embedded) as writer:
        writer.write(embedded.topic("decisions"), party.encode(), b"\0\0\0\0\1no avro")
    result = garbo(embedded, "explain", party)
    assert result.exit_code == 0
    assert "1 records could not be read" in result.stdout


def test_a_policy_is_published_once_and_shown(embedded: KafkaSettings, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    shutil.copytree(packaged_example(), folder)
    version = load(folder).version
    assert "no policy is published" in garbo(embedded, "policy", "show").stdout
    assert f"published version {version}" in garbo(embedded, "policy", "publish", str(folder)).stdout
    assert "nothing to do" in garbo(embedded, "policy", "publish", str(folder)).stdout
    (record,) = read_all(embedded, [embedded.topic("policy-versions")])
    published = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    assert f"version {version}, published {published:%Y-%m-%d %H:%M:%S} UTC" in garbo(embedded, "policy", "show").stdout


def test_a_broken_policy_is_not_published(embedded: KafkaSettings, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    shutil.copytree(packaged_example(), folder)
    (folder / "actions.yaml").write_text("actions: [", "utf-8")
    result = garbo(embedded, "policy", "publish", str(folder))
    assert isinstance(result.exception, PolicyError)
    assert "actions.yaml" in result.stdout
    assert list(read_all(embedded, [embedded.topic("policy-versions")])) == []


def test_topics_are_listed_and_a_wrong_width_is_an_exit_code(embedded: KafkaSettings) -> None:
    """Without a number, what party-events has is what the others must have."""
    good, bad = garbo(embedded, "topics"), garbo(embedded, "topics", "--partitions", "7")
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "all as required" in good.stdout
    assert bad.stdout.count("has 4 partitions, not 7") == 1
    assert "(Same for 26 others.)" in bad.stdout


@pytest.mark.kafka
def test_topics_are_created_when_asked(kafka_settings: KafkaSettings) -> None:
    missing = garbo(kafka_settings, "topics", "--partitions", "2")
    assert (missing.exit_code, "missing" in missing.stdout) == (1, True)
    assert garbo(kafka_settings, "topics", "--create", "--partitions", "2").exit_code == 0
    assert garbo(kafka_settings, "topics").exit_code == 0


@pytest.mark.kafka
def test_a_rolled_back_record_is_not_read_and_the_end_is_found_behind_control_records(
    kafka_settings: KafkaSettings,
) -> None:
    """The last offsets of a transactional log are never delivered: waiting for them ends in a BrokerError."""
    create(kafka_settings, [s for s in topic_specs(1, kafka_settings.prefix) if s.name.endswith("decisions")])
    topic = kafka_settings.topic("decisions")
    producer = Producer({**kafka_settings.producer(), "transactional.id": kafka_settings.prefix + "t"})
    producer.init_transactions(30)
    for value, keep in ((b"kept", True), (b"dropped", False)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(30)
        producer.commit_transaction(30) if keep else producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, b"open")
    producer.flush(30)
    assert [r.value for r in read_all(kafka_settings, [topic])] == [b"kept"]
    dirty = [r.value for r in read_all(kafka_settings, [topic], isolation="read_uncommitted")]
    assert dirty == [b"kept", b"dropped", b"open"]
    producer.abort_transaction(30)


def test_a_reader_ends_where_the_log_ended_when_it_was_made(embedded: KafkaSettings) -> None:
    topic = embedded.topic("touchpoints")
    with Writer(embedded) as writer:
        for n in range(2500):
            writer.write(topic, b"k%d" % n, b"v%d" % n, timestamp_ms=1_700_000_000_000 + n)
        writer.flush()
        records = read_all(embedded, [topic])
        writer.write(topic, b"late", b"late")
        writer.flush()
    found = list(records)
    assert len(found) == 2500
    assert {r.partition == partition_for(r.key or b"", 4) for r in found} == {True}
    first = next(r for r in found if r.key == b"k0")
    assert first == ConsumerRecord(topic, partition_for(b"k0", 4), 0, b"k0", b"v0", 1_700_000_000_000)
    assert [r.key for r in read_all(embedded, [topic], partitions={topic: [first.partition]})][:1] == [b"k0"]


def test_a_tail_begins_where_it_was_asked_for(embedded: KafkaSettings) -> None:
    topic = embedded.topic("decisions")
    heard: list[bytes | None] = []
    with Writer(embedded) as writer:
        writer.write(topic, b"k", b"before")
        writer.flush()
        records = tail(embedded, [topic], until=lambda: len(heard) == 2)
        for value in (b"one", b"two"):
            writer.write(topic, b"k", value)
        writer.flush()
        for record in records:
            heard.append(record.value)  # noqa: PERF401  # `until` looks at it meanwhile
    assert heard == [b"one", b"two"]


def test_a_topic_that_is_not_there_is_named_and_not_made(embedded: KafkaSettings) -> None:
    for _ in range(2):
        with pytest.raises(TopicError, match="nosuch does not exist"):
            read_all(embedded, [embedded.topic("nosuch")])


def test_a_writer_tells_its_progress_and_fails_with_a_sentence(embedded: KafkaSettings) -> None:
    seen: list[int] = []
    with Writer(embedded, progress=seen.append) as writer:
        for n in range(100):
            writer.write(embedded.topic("touchpoints"), b"%d" % n, b"v")
    assert (seen[-1], writer.arrived) == (100, 100)
    lost = Writer(KafkaSettings(NOBODY), timeout_s=1)
    lost.write("touchpoints", b"k", b"v")
    with pytest.raises(BrokerError, match="0 of 1 arrived"):
        lost.flush()


def test_an_error_of_the_caller_leaves_nothing_waiting() -> None:
    """What was written is dropped: nothing is left to flush when the caller's error passes on."""
    made: list[Writer] = []

    def interrupted() -> None:
        with Writer(KafkaSettings(NOBODY)) as writer:
            made.append(writer)
            writer.write("touchpoints", b"k", b"v")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        interrupted()
    assert (1, 0, 0) == (made[0].written, made[0].arrived, len(made[0]._producer))
