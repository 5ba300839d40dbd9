"""The catalogue's own rules, and the partitioner against Kafka's published values."""

import json

import pytest

from garbo.adapters.avro.schemas import current
from garbo.adapters.kafka.topics import TopicSpec, as_counts, topic_specs
from garbo.errors import ConfigError

OTHERS = {
    "touchpoints", "consents", "outcomes", "profiles", "identity-links", "party-events", "decisions",
    "learning-examples", "journey-flows", "journey-kpis", "journey-findings", "objections", "dead-letters",
    "model-snapshots", "policy-versions", "garbo-resolve-changelog", "garbo-decide-changelog", "garbo-learn-changelog",
    "garbo-journey-kpis-changelog",
}  # fmt: skip


def test_what_is_joined_has_the_same_number_of_partitions() -> None:
    """Only what every worker reads whole has one."""
    counts = as_counts(topic_specs(12))
    assert {name for name, count in counts.items() if count != 12} == {
        "model-snapshots",
        "policy-versions",
        "journey-findings",
    }


def test_every_channel_a_command_can_name_has_its_topic() -> None:
    """The command's schema is what dispatchers read; a channel in it without a topic would be a command nobody gets."""
    (channel,) = [f for f in json.loads(current()["garbo.ActionCommand"].text)["fields"] if f["name"] == "channel"]
    wanted = {f"actions.{symbol}" for symbol in channel["type"]["symbols"] if symbol != "UNKNOWN"}
    assert wanted == {spec.name for spec in topic_specs(1) if spec.name.startswith("actions.")}


def test_the_other_topics_are_called_as_producers_and_readers_know_them() -> None:
    """Renaming one would cut off whoever writes or reads it."""
    assert OTHERS == {spec.name for spec in topic_specs(1) if not spec.name.startswith("actions.")}


def test_every_name_has_its_prefix_and_none_is_there_twice() -> None:
    plain, prefixed = ([spec.name for spec in topic_specs(1, prefix)] for prefix in ("", "bank."))
    assert [f"bank.{name}" for name in plain] == prefixed
    assert len(set(plain)) == len(plain)


def test_no_changelog_forgets_a_row_and_every_other_topic_has_an_end() -> None:
    """Compaction for what is state, retention for what is history."""
    compacted = {s.name for s in topic_specs(1) if s.cleanup == "compact"}
    assert compacted == {
        "model-snapshots",
        "policy-versions",
        "garbo-resolve-changelog",
        "garbo-decide-changelog",
        "garbo-learn-changelog",
        "garbo-journey-kpis-changelog",
        "journey-kpis",
        "journey-findings",
    }
    assert all(s.settings()["retention.ms"] for s in topic_specs(1) if s.cleanup == "delete")


def test_dead_letters_go_first() -> None:
    """They hold personal data nobody has classified."""
    retention = {s.name: s.retention_ms for s in topic_specs(1) if s.retention_ms}
    assert min(retention, key=lambda name: retention[name]) == "dead-letters"


@pytest.mark.parametrize(("partitions", "retention"), [(0, 1), (1, None)])
def test_a_spec_that_cannot_be_is_refused(partitions: int, retention: int | None) -> None:
    """No partition, or a history without an end."""
    with pytest.raises(ConfigError):
        TopicSpec("t", partitions, retention_ms=retention)
