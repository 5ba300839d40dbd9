"""KafkaSettings: what is accepted, what is refused and why."""

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import ConfigError

SASL = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "garbo", "sasl.password": "secret"}
AT = "kafka-1:9092"


def test_tls_with_credentials_is_accepted() -> None:
    """The way a bank runs it."""
    settings = KafkaSettings(AT, client={**SASL, "security.protocol": "SASL_SSL", "ssl.ca.location": "ca.pem"})
    assert settings.base()["sasl.password"] == "secret"


@pytest.mark.parametrize(
    ("client", "word"),
    [
        (SASL, "would ignore it"),
        ({**SASL, "security.protocol": "SSL"}, "would ignore it"),
        ({**SASL, "security.protocol": "SASL_PLAINTEXT"}, "in the clear"),
        ({**SASL, "security.protocol": "sasl_ssl", "enable.ssl.certificate.verification": "false"}, "whoever answers"),
        ({**SASL, "security.protocol": "SASL_SSL", "ssl.endpoint.identification.algorithm": "none"}, "whoever answers"),
        ({"ssl.ca.location": "ca.pem"}, "without TLS"),
        (
            {"security.protocol": "SASL_SSL", "sasl.oauthbearer.token.endpoint.url": "http://idp/token"},
            "plain HTTP",
        ),
    ],
)
def test_what_would_show_a_password_or_only_look_secure_is_refused(client: dict[str, str], word: str) -> None:
    """And the sentence says what to set."""
    with pytest.raises(ConfigError, match=word):
        KafkaSettings(AT, client=client)


def test_plaintext_credentials_need_an_explicit_word() -> None:
    """For a test bench."""
    client = {**SASL, "security.protocol": "SASL_PLAINTEXT"}
    assert KafkaSettings(AT, client=client, allow_plaintext_credentials=True).client == client


@pytest.mark.parametrize("name", ["isolation.level", "partitioner", "enable.auto.commit", "transactional.id"])
def test_what_the_guarantees_rest_on_cannot_be_set(name: str) -> None:
    """It would break them in silence."""
    with pytest.raises(ConfigError, match="belongs to Garbo"):
        KafkaSettings(AT, client={name: "x"})


@pytest.mark.parametrize("bootstrap", ["", "kafka", "kafka:", "PLAINTEXT://kafka:9092", "a:1,,b:2", "a:1 b:2"])
def test_an_address_that_is_not_host_and_port_is_refused(bootstrap: str) -> None:
    """Before librdkafka retries it for ever."""
    with pytest.raises(ConfigError, match="host:port"):
        KafkaSettings(bootstrap)


@pytest.mark.parametrize("bootstrap", ["a:1", "a:1,b:2", "a:1, b:2", "[::1]:9092"])
def test_addresses(bootstrap: str) -> None:
    """One, several, IPv6."""
    assert KafkaSettings(bootstrap).base()["bootstrap.servers"] == bootstrap


def test_a_prefix_kafka_would_refuse_is_refused() -> None:
    """A space, say."""
    with pytest.raises(ConfigError, match="prefix"):
        KafkaSettings(AT, prefix="my bank")


def test_repr_shows_no_password() -> None:
    """It may end in a log."""
    assert "secret" not in repr(KafkaSettings(AT, client={**SASL, "security.protocol": "SASL_SSL"}))


def test_the_environment_wins_over_the_file() -> None:
    """Setting by setting."""
    table = {
        "bootstrap": "file:1",
        "prefix": "f.",
        "client": {"security.protocol": "ssl", "socket.keepalive.enable": True},
    }
    env = {
        "GARBO_BOOTSTRAP": "env:2",
        "GARBO_TRANSACTIONAL": "no",
        "GARBO_KAFKA_SSL_CA_LOCATION": "ca.pem",
        "HOME": "x",
    }
    client = {"security.protocol": "ssl", "socket.keepalive.enable": "true", "ssl.ca.location": "ca.pem"}
    assert KafkaSettings.load(table, env) == KafkaSettings("env:2", transactional=False, prefix="f.", client=client)


@pytest.mark.parametrize(
    ("table", "env", "word"),
    [
        ({}, {}, "GARBO_BOOTSTRAP"),
        ({"bootstrap": AT, "prefixx": ""}, {}, "prefixx"),
        ({"bootstrap": AT, "client": "x"}, {}, "must be a table"),
        ({"bootstrap": AT}, {"GARBO_TRANSACTIONAL": "maybe"}, "true or false"),
    ],
)
def test_a_mistake_in_the_file_or_environment_is_named(
    table: dict[str, object], env: dict[str, str], word: str
) -> None:
    """By the name the operator wrote."""
    with pytest.raises(ConfigError, match=word):
        KafkaSettings.load(table, env)
