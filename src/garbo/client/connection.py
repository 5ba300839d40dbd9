"""Where Kafka and the schemas are, for producers and dispatchers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import ValidationError

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Connection:
    """Where Kafka is, how to speak to it, and who knows the schemas. It connects to nothing by itself.

    Attributes:
        bootstrap: `host:port`; several are separated by commas.
        prefix: stands before the name of every topic and consumer group; the workers' `GARBO_TOPIC_PREFIX`.
        client: further librdkafka settings, mostly security (`security.protocol`, `sasl.*`, `ssl.*`).
        registry_url: a Confluent-compatible schema registry. Empty: the schemas that come with the package.
        registry: further settings of `SchemaRegistryClient` (`basic.auth.user.info`, `ssl.ca.location`, ...).
        allow_plaintext_credentials: send a password without verified TLS all the same. For a test bench only.

    Raises:
        ConfigError: a setting is malformed, reserved, or would send credentials in the clear.
    """

    bootstrap: str
    prefix: str = ""
    client: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    registry_url: str = field(default="", repr=False)  # it may hold a password, as the two beside it may
    registry: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    allow_plaintext_credentials: bool = False

    def __post_init__(self) -> None:
        self.kafka()  # refuses what is wrong, here and not at the first message

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """From the environment, as a worker: `GARBO_BOOTSTRAP`, `_TOPIC_PREFIX`, `_KAFKA_*`,
        `_REGISTRY_URL` and `_ALLOW_PLAINTEXT_CREDENTIALS`.

        Raises:
            ConfigError: no broker is named, or a setting is wrong.
        """
        env = os.environ if env is None else env
        if not env.get("GARBO_BOOTSTRAP"):
            raise ConfigError(
                "No broker is named; give `bootstrap` or `connection`, or set GARBO_BOOTSTRAP to host:port."
            )
        kafka = KafkaSettings.load({}, env)
        return cls(
            kafka.bootstrap,
            kafka.prefix,
            kafka.client,
            env.get("GARBO_REGISTRY_URL", ""),
            allow_plaintext_credentials=kafka.allow_plaintext_credentials,
        )

    def kafka(self) -> KafkaSettings:
        """The settings that every client of Kafka is made from."""
        try:
            return KafkaSettings(
                self.bootstrap,
                client=self.client,
                prefix=self.prefix,
                allow_plaintext_credentials=self.allow_plaintext_credentials,
            )
        except ValidationError as problem:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors())
            raise ConfigError(f"The connection's settings are wrong ({wrong}); correct them.") from None

    def codec(self) -> AvroCodec:
        """Messages to bytes and back. With a registry it looks the schemas up and registers none: the workers do.

        Raises:
            SchemaError: the registry does not answer, or lacks a schema.
        """
        if not self.registry_url:
            return AvroCodec(PackagedRegistry())
        return AvroCodec(ConfluentRegistry(self.registry_url, self.registry, register=False))


def connected(bootstrap: str, connection: Connection | None) -> Connection:
    """The connection that a caller means: `connection`, an address alone, or the environment's."""
    if connection is not None and bootstrap:
        raise ConfigError("Give `bootstrap` or `connection`, not both: a connection has its own bootstrap.")
    return connection or (Connection(bootstrap) if bootstrap else Connection.from_env())
