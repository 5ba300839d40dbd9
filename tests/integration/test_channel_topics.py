"""The topics of commands follow the policy's channels: made, checked at the start, asked for when published."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG, as_counts, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.cli import app
from garbo.cli.channel_changes import advice, planned_contacts
from garbo.core.party.state import Contact, Party, encode
from garbo.core.policy.vocabulary import DEFAULT
from garbo.embedded.broker import EmbeddedBroker
from garbo.errors import TopicError
from garbo.faust_host.run import ProcessorHost
from garbo.policy.loader import bundle, load
from garbo.processors.quota import ROW_KEY

ATM = """
  atm_hint:
    class: service
    purpose: service_request
    title: {it: "Suggerimento", en: "Hint"}
    value_company: 1
    value_customer: 1
    when: [{on: touchpoint, name: page_view}]
    treatments:
      - {channel: atm, message: {it: "Grazie.", en: "Thank you."}}
"""


def garbo(kafka: KafkaSettings, *arguments: str) -> Result:
    options = ["--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    env = {"GARBO_TRANSACTIONAL": "false", "COLUMNS": "200"}
    return CliRunner().invoke(app, [*arguments, *options], env=env)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A copy of the bank's policy."""
    return Path(shutil.copytree(packaged_example(), tmp_path / "bank"))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of a policy without an action on the channel `atm`."""
    return Path(shutil.copytree(Path(__file__).parents[1] / "unit" / "policy" / "sample", tmp_path / "sample"))


@pytest.fixture
def without_atm(embedded_broker: Callable[..., EmbeddedBroker]) -> KafkaSettings:
    """A broker with all topics but the one of the channel `atm`."""
    specs = [spec for spec in topic_specs(2) if spec.name != "actions.atm"]
    return KafkaSettings(embedded_broker(as_counts(specs)).bootstrap, transactional=False)


def test_a_missing_topic_of_a_channel_is_listed(without_atm: KafkaSettings, bank: Path) -> None:
    listed = garbo(without_atm, "topics", "--policy", str(bank))
    assert listed.exit_code == 1
    assert "Topic actions.atm is missing; run `garbo topics --create" in listed.stdout


def test_a_topic_of_no_channel_is_pointed_out(embedded_broker: Callable[..., EmbeddedBroker], bank: Path) -> None:
    counts = as_counts(topic_specs(2, channels=[*load(bank).vocabulary.command_channels, "fax"]))
    kafka = KafkaSettings(embedded_broker(counts).bootstrap, transactional=False)
    listed = garbo(kafka, "topics", "--policy", str(bank))
    assert listed.exit_code == 0
    assert "actions.fax: no channel of this policy; delete it when its dispatcher has done all" in listed.stdout


def test_a_worker_without_a_topic_of_its_policy_says_which_and_what_to_run(without_atm: KafkaSettings) -> None:
    settings = Settings(kafka=without_atm)
    with pytest.raises(
        TopicError, match=r"processor decide: topic actions\.atm is missing; run `garbo topics --create`"
    ):
        ProcessorHost(wiring.hosted_processors(settings)).start()


def test_a_policy_whose_channel_has_no_topic_is_not_published(without_atm: KafkaSettings, bank: Path) -> None:
    result = garbo(without_atm, "policy", "publish", str(bank))
    assert isinstance(result.exception, TopicError)
    assert "channels without a topic of commands (actions.atm)" in str(result.exception)
    assert f"garbo topics --create --policy {bank}" in str(result.exception)
    assert list(read_all(without_atm, ["policy-versions"])) == []


def test_a_worker_refuses_a_published_policy_whose_topics_are_missing(without_atm: KafkaSettings, bank: Path) -> None:
    """It was published in another way; the first command for the channel would end the worker."""
    (decide,) = wiring.hosted_processors(Settings(kafka=without_atm), ["decide"])
    before = decide.processor.policy.policy.version
    zone = (bank / "policy.yaml").read_text("utf-8")
    (bank / "policy.yaml").write_text(zone + "# another\n", "utf-8")
    decide.processor.broadcast("policy-versions", b"policy", bundle(bank))
    assert decide.processor.policy.policy.version == before


def test_publishing_a_policy_with_a_new_channel_says_what_else_to_do(
    embedded_broker: Callable[..., EmbeddedBroker], sample: Path
) -> None:
    kafka = KafkaSettings(embedded_broker(as_counts(topic_specs(2))).bootstrap, transactional=False)
    assert "note" not in garbo(kafka, "policy", "publish", str(sample)).stdout
    actions = sample / "actions.yaml"
    actions.write_text(actions.read_text("utf-8").rstrip() + ATM, "utf-8")
    said = garbo(kafka, "policy", "publish", str(sample)).stdout
    assert "channel atm is new: start a dispatcher that reads actions.atm (docs/dispatchers.md)." in said
    assert "channel atm has no capacity: write one if it can make only so many contacts an hour or a day." in said
    assert "channel atm has no reports_within: a command counts as delivered, whatever becomes of it." in said
    assert "published version" in said


def test_an_identifier_keeps_its_strength(embedded_broker: Callable[..., EmbeddedBroker], sample: Path) -> None:
    """It is part of the ids of parties: another one would make everybody known by it somebody else."""
    kafka = KafkaSettings(embedded_broker(as_counts(topic_specs(2))).bootstrap, transactional=False)
    assert 0 == garbo(kafka, "policy", "publish", str(sample)).exit_code
    kinds = {**DEFAULT.identifiers, "phone": 1, "loyalty_card": 0}
    words = "identifiers:\n" + "".join(f"  {kind}: {strength}\n" for kind, strength in kinds.items())
    (sample / "vocabulary.yaml").write_text(words, "utf-8")
    refused = garbo(kafka, "policy", "publish", str(sample))
    assert 0 != refused.exit_code
    assert "the identifier 'phone' would change its strength from 2 to 1" in str(refused.exception)
    (sample / "vocabulary.yaml").write_text(words.replace("  phone: 1", "  phone: 2"), "utf-8")
    assert 0 == garbo(kafka, "policy", "publish", str(sample)).exit_code  # a new kind moves nobody


def test_a_channel_that_vanishes_is_named_with_what_is_pending_on_it(
    embedded_broker: Callable[..., EmbeddedBroker], sample: Path
) -> None:
    """Two persons have a contact planned on it; a third had one, which was made."""
    kafka = KafkaSettings(embedded_broker(as_counts(topic_specs(2))).bootstrap, transactional=False)
    before = load(sample)
    actions = sample / "actions.yaml"
    actions.write_text(actions.read_text("utf-8").rstrip() + ATM, "utf-8")
    after = load(sample)
    assert advice(kafka, after, before) == [
        (
            "channel atm is no longer used; nothing is planned on it and no command waits for its dispatcher: "
            "you can stop it."
        )
    ]
    planned = Contact(9, "atm", "atm_hint", "service", "service", "", "a-1", planned=True)
    made = Contact(9, "atm", "atm_hint", "service", "service", "", "a-2")
    mail = Contact(9, "email", "x", "service", "service", "", "a-3", planned=True)
    with Writer(kafka) as writer:
        writer.write(DECIDE_CHANGELOG, ROW_KEY, b"\x00 no party")
        writer.write(DECIDE_CHANGELOG, b"p-1", encode(Party("p-1", contacts=[planned])))
        writer.write(DECIDE_CHANGELOG, b"p-2", encode(Party("p-2", contacts=[planned, mail])))
        writer.write(DECIDE_CHANGELOG, b"p-3", encode(Party("p-3", contacts=[planned])))
        writer.write(DECIDE_CHANGELOG, b"p-3", encode(Party("p-3", contacts=[made])))
        writer.write(DECIDE_CHANGELOG, b"p-4", encode(Party("p-4", contacts=[planned])))
        writer.write(DECIDE_CHANGELOG, b"p-4", None)
    assert planned_contacts(kafka, ["atm", "email"]) == {"atm": 2, "email": 1}
    assert advice(kafka, after, before) == [
        "channel atm is no longer used; 2 contacts planned on it are decided again at their time, and not made on it."
    ]
