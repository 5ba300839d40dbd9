"""A worker's settings: from a command's options, the environment and one TOML file (`adapters/configuration.py`)."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from garbo.adapters.configuration import VALUES, Source, read_settings, settings_of
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.examples import packaged_policies
from garbo.errors import ConfigError
from garbo.processors.identifiers import DEFAULT_REGION

LOCAL_BROKER: Final = "127.0.0.1:9092"  # what `make kafka` and the compose file start


def packaged_example() -> Path:
    """The bank's example policy.

    Raises:
        ConfigError: this installation lacks it.
    """
    found = packaged_policies().get("bank")
    if found is None:
        raise ConfigError("the example policy is missing; name a policy folder with --policy or GARBO_POLICY_DIR.")
    return found


@dataclass(frozen=True, slots=True, config=VALUES)
class Settings:
    """Everything a process needs to know about its place."""

    kafka: KafkaSettings
    policy_dir: Annotated[Path, Source("policy", "dir", "GARBO_POLICY_DIR", "--policy")] = Field(
        default_factory=packaged_example,
        description="The policy a process starts with, until one arrives on policy-versions.",
    )
    registry_url: Annotated[str | None, Source("registry", "url", "GARBO_REGISTRY_URL")] = Field(
        default=None,
        repr=False,  # it may hold a password
        description="A schema registry; without one, the packaged schemas are used.",
    )
    data_dir: Annotated[Path | None, Source("worker", "data_dir", "GARBO_DATA_DIR", "--data")] = Field(
        default=None,
        description="Folder of the local tables, one for each process. Without one they are kept in memory and "
        "restored from the changelog.",
    )
    slot: Annotated[str, Source("worker", "slot", "GARBO_SLOT", "--slot")] = Field(
        default="0",
        description="This worker's place among its equals: stable over restarts, and no two workers share one.",
    )
    clock: Annotated[Literal["wall", "stream"], Source("worker", "clock", "GARBO_CLOCK", "--clock")] = Field(
        default="wall",
        description="wall: live. stream: for replay and demo, where the time is what the events say.",
    )
    model_key_file: Annotated[Path | None, Source("models", "key_file", "GARBO_MODEL_KEY_FILE")] = Field(
        default=None,
        description="A file with the key, 16 to 64 bytes, that signs model snapshots, equal in every worker. Without "
        "one, a key is used that everybody knows.",
    )
    region: Annotated[str, Source("worker", "region", "GARBO_REGION")] = Field(
        default=DEFAULT_REGION,
        description="The country (ISO 3166-1) in which a phone number without a country code is read.",
    )
    metrics_host: Annotated[str, Source("worker", "metrics_host", "GARBO_METRICS_HOST")] = Field(
        default="127.0.0.1",
        description="The address that serves /metrics, /healthz and /readyz.",
    )
    metrics_port: Annotated[int, Source("worker", "metrics_port", "GARBO_METRICS_PORT", "--metrics-port")] = Field(
        default=9464,
        description="Its port; 0 lets the system choose, -1 serves nothing.",
    )
    dispatcher_groups: Annotated[str, Source("worker", "dispatcher_groups", "GARBO_DISPATCHER_GROUPS")] = Field(
        default="",
        description="Consumer groups of dispatchers, separated by commas: a worker measures how far they are behind on "
        "the topics of commands.",
    )
    commit_interval_ms: Annotated[int, Source("worker", "commit_interval_ms", "GARBO_COMMIT_INTERVAL_MS")] = Field(
        default=20,
        description="How long a processed record waits for its commit, in milliseconds; 20 suits a thousand events a "
        "second.",
    )
    session_timeout_ms: Annotated[int, Source("worker", "session_timeout_ms", "GARBO_SESSION_TIMEOUT_MS")] = Field(
        default=10_000,
        ge=1_000,  # who writes less means seconds
        description="A worker that is silent for so many milliseconds counts as dead, and others get its partitions. "
        "Brokers allow 6,000 to 1,800,000 unless configured otherwise.",
    )
    transaction_timeout_ms: Annotated[
        int, Source("worker", "transaction_timeout_ms", "GARBO_TRANSACTION_TIMEOUT_MS")
    ] = Field(
        default=10_000,
        ge=1_000,
        description="The broker aborts a dead worker's open transaction after so many milliseconds; only then can "
        "others read what follows it. A restart in the same slot does not wait for it.",
    )
    static_membership: Annotated[bool, Source("worker", "static_membership", "GARBO_STATIC_MEMBERSHIP")] = Field(
        default=False,
        description="A restart in the same slot within the session timeout keeps its partitions, without a rebalance. "
        "The price: when a worker stops for good, its partitions stand still for the session timeout.",
    )

    @property
    def dispatchers(self) -> tuple[str, ...]:
        """The groups of `dispatcher_groups`."""
        return tuple(name for part in self.dispatcher_groups.split(",") if (name := part.strip()))


def load_settings(config: Path | None = None, *, env: Mapping[str, str] | None = None, **options: object) -> Settings:
    """Settings from `config`, the environment and a command's `options` by name (None means not given).

    Raises:
        ConfigError: a setting is missing, unknown, malformed or dangerous.
    """
    kafka = settings_of(KafkaSettings)
    values = read_settings(
        [*kafka, *settings_of(Settings)],
        options=options,
        environment=os.environ if env is None else env,
        tables={} if config is None else _tables(config),
        where=str(config),
        defaults={"bootstrap": LOCAL_BROKER},
    )
    return Settings(kafka=KafkaSettings(**{setting.name: values.pop(setting.name) for setting in kafka}), **values)


def _tables(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(f"cannot read {config}: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{config} is not TOML: {problem}.") from problem
