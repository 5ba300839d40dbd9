"""A worker's settings from a file, the environment and options."""

from dataclasses import replace
from pathlib import Path

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings, load_settings, packaged_example
from garbo.errors import ConfigError

FILE = """
[kafka]
bootstrap = "file:1"
transactional = false
[kafka.client]
"security.protocol" = "ssl"
[registry]
url = "http://registry"
[worker]
slot = 3
clock = "stream"
metrics_port = -1
[policy]
dir = "mine"
"""


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    config = tmp_path / "garbo.toml"
    config.write_text(FILE)
    kafka = KafkaSettings("file:1", transactional=False, client={"security.protocol": "ssl"})
    expected = Settings(kafka, Path("mine"), registry_url="http://registry", slot="3", clock="stream", metrics_port=-1)
    assert expected == load_settings(config, env={})


def test_an_option_wins_over_the_environment_and_it_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "garbo.toml"
    config.write_text(FILE)
    found = load_settings(
        config,
        env={"GARBO_SLOT": "4", "GARBO_CLOCK": "wall", "GARBO_BOOTSTRAP": "env:2", "GARBO_TOPIC_PREFIX": "e."},
        slot="5",
        bootstrap="option:3",
        prefix="",
        transactional=True,
    )
    assert ("5", "wall", -1) == (found.slot, found.clock, found.metrics_port)
    assert ("option:3", "", True) == (found.kafka.bootstrap, found.kafka.prefix, found.kafka.transactional)


def test_without_a_word_it_is_a_worker_on_this_machine_with_the_example() -> None:
    found = load_settings(env={})
    assert found == Settings(KafkaSettings("127.0.0.1:9092"), packaged_example())
    assert (None, None, "0", "wall", 9464) == (
        found.registry_url, found.data_dir, found.slot, found.clock, found.metrics_port,
    )  # fmt: skip


def test_a_copy_may_differ_in_one_setting() -> None:
    found = load_settings(env={})
    assert "x." == replace(found, kafka=replace(found.kafka, prefix="x.")).kafka.prefix
    with pytest.raises(ConfigError, match="prefix"):
        replace(found.kafka, prefix="my bank")


def test_no_secret_is_shown() -> None:
    env = {
        "GARBO_REGISTRY_URL": "http://user:secret@registry",
        "GARBO_KAFKA_SASL_PASSWORD": "secret",
        "GARBO_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    }
    assert "secret" not in repr(load_settings(env=env))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot read .*: No such file"),
        ("slot: 3", "is not TOML"),
        ("[workers]", "unknown tables workers; known: kafka, models, policy, registry, worker"),
        ("[worker]\nslots = 1", "unknown settings slots"),
        ("[worker]\nclock = 'sun'", "clock .*is 'sun'; write 'wall' or 'stream'"),
        ("[kafka.client]\n'isolation.level' = 'x'", "belongs to Garbo"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(tmp_path: Path, text: str | None, sentence: str) -> None:
    config = tmp_path / "garbo.toml"
    if text is not None:
        config.write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        load_settings(config, env={})


def test_groups_of_dispatchers_are_separated_by_commas() -> None:
    env = {"GARBO_DISPATCHER_GROUPS": "senders, callers,,"}
    assert load_settings(env=env).dispatchers == ("senders", "callers")
    assert load_settings(env={}).dispatchers == ()
