"""Kafka's settings: one immutable value that every consumer, producer and admin client is made from.

Rules
 1. Credentials never travel in the clear: a combination that would do so is refused when the value is made.
 2. The settings that the guarantees rest on (offsets, isolation, partitioner, transactional ids) are not for operators.
 3. `repr` never shows `client`: it may hold a password.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from garbo.adapters.configuration import VALUES, Source, read_settings, settings_of
from garbo.errors import ConfigError

# A snapshot of a model or a whole policy is one message. librdkafka's default of 1 MB would refuse it at the client.
MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024

# Set by Garbo, each for a guarantee; an operator's value would break it silently.
RESERVED: Final[Mapping[str, str]] = {
    "bootstrap.servers": "use `bootstrap`",
    "metadata.broker.list": "use `bootstrap`",
    "group.id": "each processor has its own group",
    "transactional.id": "each worker slot has its own",
    "enable.auto.commit": "offsets are committed with the work they stand for",
    "enable.auto.offset.store": "offsets are committed with the work they stand for",
    "enable.idempotence": "records must neither double nor change places",
    "enable.gapless.guarantee": "records must neither double nor change places",
    "isolation.level": "aborted work must stay unseen",
    "partitioner": "a key must land where Java clients put it",
    "partition.assignment.strategy": "equal partitions of co-partitioned topics must land together",
    "acks": "an acknowledged record must survive its leader",
    "request.required.acks": "an acknowledged record must survive its leader",
}

_TOPIC_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._-]*")
_HOST_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/,\[\]]+):\d{1,5}")
_FALSE: Final = frozenset({"0", "false", "no", "off"})


def _words(value: object) -> object:
    """TOML has booleans and numbers, librdkafka wants text."""
    if not isinstance(value, Mapping):
        return value
    return {str(k): str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}


@dataclass(frozen=True, slots=True, config=VALUES)
class KafkaSettings:
    """Where the broker is and how to connect to it.

    Raises:
        ConfigError: a setting is malformed, reserved, or would send credentials in the clear.
    """

    bootstrap: Annotated[str, Source("kafka", "bootstrap", "GARBO_BOOTSTRAP", "--bootstrap")] = Field(
        description="The brokers to ask first: host:port, several separated by commas."
    )
    transactional: Annotated[bool, Source("kafka", "transactional", "GARBO_TRANSACTIONAL", "--transactional")] = Field(
        default=True,
        description="Exactly once by transactions. False on the embedded broker, which has no transactions.",
    )
    client: Annotated[
        Mapping[str, str],
        BeforeValidator(_words),
        Source("kafka", "client", "GARBO_KAFKA_"),
        Field(
            description="More settings of librdkafka, as a rule for security (security.protocol, sasl.*, ssl.*): a "
            "table [kafka.client] in the file; GARBO_KAFKA_SASL_USERNAME is sasl.username."
        ),
    ] = field(default_factory=dict, repr=False, hash=False)
    prefix: Annotated[str, Source("kafka", "prefix", "GARBO_TOPIC_PREFIX", "--prefix")] = Field(
        default="",
        description="Put before the name of every topic and group, so that two installations can share a cluster.",
    )
    allow_plaintext_credentials: Annotated[
        bool, Source("kafka", "allow_plaintext_credentials", "GARBO_ALLOW_PLAINTEXT_CREDENTIALS")
    ] = Field(default=False, description="Send a password although TLS is off or unverified. For a test bench only.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "client", dict(self.client))  # ours alone: the caller's may change later
        for address in self.bootstrap.split(","):
            if not _HOST_PORT.fullmatch(address.strip()):
                raise ConfigError(
                    f"bootstrap: {address.strip()!r} is not host:port; write e.g. kafka-1:9092,kafka-2:9092."
                )
        if not _TOPIC_CHARACTERS.fullmatch(self.prefix):
            raise ConfigError(
                f"topic prefix {self.prefix!r}: Kafka allows letters, digits, dot, underscore, hyphen only."
            )
        for name in self.client:
            if name in RESERVED:
                raise ConfigError(f"Kafka setting {name!r} belongs to Garbo ({RESERVED[name]}); remove it.")
        _guard_credentials(self.client, self.allow_plaintext_credentials)

    def base(self) -> dict[str, Any]:
        """What every client needs: the address and security. A new dict each time, to be added to."""
        # librdkafka's own log from errors on: it warns of every setting that is not its default at every start.
        return {"bootstrap.servers": self.bootstrap, "log_level": 3, **self.client}

    def producer(self) -> dict[str, Any]:
        """A producer that keeps order, never doubles, and puts a key where Java clients put it (murmur2).

        Gapless: when one record is lost for good, those behind it fail too instead of arriving without it.
        """
        return {
            **self.base(),
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "enable.gapless.guarantee": True,
            "message.max.bytes": MAX_MESSAGE_BYTES,
        }

    def topic(self, name: str) -> str:
        """The topic's name on this cluster."""
        return self.prefix + name

    @classmethod
    def load(cls, table: Mapping[str, object], env: Mapping[str, str]) -> Self:
        """From the `[kafka]` table of a TOML file and the environment; the environment wins.

        Raises:
            ConfigError: a setting is missing, unknown, malformed or dangerous.
        """
        return cls(
            **read_settings(
                settings_of(cls), options={}, environment=env, tables={"kafka": table}, where="the settings' file"
            )
        )


def _guard_credentials(client: Mapping[str, str], allowed: bool) -> None:
    """Refuse settings that would show a password on the wire, or that only look secure."""
    protocol = client.get("security.protocol", "plaintext").lower()
    credentials = sorted(k for k in client if k.startswith("sasl."))
    if credentials and protocol not in ("sasl_ssl", "sasl_plaintext"):
        raise ConfigError(
            f"{credentials[0]} is set but security.protocol is {protocol}, which would ignore it; "
            "set security.protocol to SASL_SSL."
        )
    if protocol == "plaintext" and (tls := sorted(k for k in client if k.startswith("ssl."))):
        raise ConfigError(
            f"{tls[0]} is set but security.protocol is plaintext, without TLS; set it to SSL or SASL_SSL."
        )
    if allowed:
        return
    way_out = "or, on a test bench only, allow_plaintext_credentials."
    if protocol == "sasl_plaintext":
        raise ConfigError(
            f"security.protocol SASL_PLAINTEXT sends credentials and data in the clear; use SASL_SSL, {way_out}"
        )
    if protocol == "sasl_ssl" and (
        client.get("enable.ssl.certificate.verification", "true").lower() in _FALSE
        or client.get("ssl.endpoint.identification.algorithm", "https").lower() == "none"
    ):
        raise ConfigError(
            "With certificate checks off, credentials go to whoever answers; trust your own authority "
            f"by ssl.ca.location and leave the checks on, {way_out}"
        )
    for name in ("sasl.oauthbearer.token.endpoint.url",):
        if client.get(name, "").lower().startswith("http:"):
            raise ConfigError(f"{name} sends the client's secret over plain HTTP; use https, {way_out}")
