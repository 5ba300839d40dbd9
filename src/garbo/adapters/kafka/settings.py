"""Kafka's settings: one immutable value that every consumer, producer and admin client is made from.

Rules
 1. Credentials never travel in the clear: a combination that would do so is refused when the value is made.
 2. What the guarantees rest on (offsets, isolation, partitioner, transactional ids) is not configurable here.
 3. `repr` never shows `client`: it may hold a password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from garbo.errors import ConfigError

# A snapshot of a model or a whole policy is one message. librdkafka's default of 1 MB would refuse it at the client.
MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024

ENV_PREFIX: Final = "GARBO_KAFKA_"  # GARBO_KAFKA_SASL_USERNAME is librdkafka's sasl.username

# Set by Garbo, each for a guarantee; an operator's value would break it silently.
RESERVED: Final[Mapping[str, str]] = {
    "bootstrap.servers": "use `bootstrap`",
    "metadata.broker.list": "use `bootstrap`",
    "group.id": "each stage has its own group",
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
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where the broker is and how to speak to it.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        transactional: exactly once by transactions; False on the embedded broker, which keeps none.
        client: further librdkafka settings, as a rule security (`security.protocol`, `sasl.*`, `ssl.*`).
        prefix: put before every topic's name, so that two installations may share a cluster.
        allow_plaintext_credentials: send a password without verified TLS all the same. For a test bench only.

    Raises:
        ConfigError: a setting is malformed, reserved, or would send credentials in the clear.
    """

    bootstrap: str
    transactional: bool = True
    client: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    prefix: str = ""
    allow_plaintext_credentials: bool = False

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
        """From the TOML file's `[kafka]` table and the environment; the environment wins.

        Table: `bootstrap`, `transactional`, `prefix`, `allow_plaintext_credentials` and a sub-table `client`.
        Environment: `GARBO_BOOTSTRAP`, `GARBO_TRANSACTIONAL`, `GARBO_TOPIC_PREFIX`,
        `GARBO_ALLOW_PLAINTEXT_CREDENTIALS`, and `GARBO_KAFKA_*` for librdkafka (`GARBO_KAFKA_SECURITY_PROTOCOL` is
        `security.protocol`).
        """
        known = {"bootstrap", "transactional", "prefix", "allow_plaintext_credentials", "client"}
        if unknown := sorted(set(table) - known):
            raise ConfigError(f"[kafka] has unknown settings {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
        in_file = table.get("client", {})
        if not isinstance(in_file, Mapping):
            raise ConfigError("[kafka.client] must be a table of librdkafka settings.")
        from_env = {
            name.removeprefix(ENV_PREFIX).lower().replace("_", "."): value
            for name, value in env.items()
            if name.startswith(ENV_PREFIX)
        }
        bootstrap = env.get("GARBO_BOOTSTRAP") or table.get("bootstrap")
        if not bootstrap:
            raise ConfigError("No broker is named: set GARBO_BOOTSTRAP, or `bootstrap` in [kafka], to host:port.")
        return cls(
            bootstrap=str(bootstrap),
            transactional=_flag("GARBO_TRANSACTIONAL", "transactional", table, env, default=True),
            client={**{str(k): _text(v) for k, v in in_file.items()}, **from_env},
            prefix=str(env.get("GARBO_TOPIC_PREFIX", table.get("prefix", ""))),
            allow_plaintext_credentials=_flag(
                "GARBO_ALLOW_PLAINTEXT_CREDENTIALS", "allow_plaintext_credentials", table, env, default=False
            ),
        )


def _guard_credentials(client: Mapping[str, str], allowed: bool) -> None:
    """Refuse what would show a password on the wire, or look secure and not be."""
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


def _flag(variable: str, name: str, table: Mapping[str, object], env: Mapping[str, str], *, default: bool) -> bool:
    value = env.get(variable, table.get(name, default))
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ConfigError(f"{variable} (or {name} in [kafka]) is {value!r}; write true or false.")


def _text(value: object) -> str:
    """TOML knows booleans and numbers, librdkafka wants words."""
    return str(value).lower() if isinstance(value, bool) else str(value)
