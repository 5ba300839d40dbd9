"""A worker's settings from one TOML file and the environment; the environment wins, options of a command win over both.

    [kafka]      see garbo.adapters.kafka.settings
    [registry]   url
    [worker]     data_dir, slot, clock, region, metrics_host, metrics_port, commit_interval_ms,
                 session_timeout_ms, transaction_timeout_ms, static_membership
    [policy]     dir

Each has a `GARBO_*` variable: GARBO_BOOTSTRAP, GARBO_REGISTRY_URL, GARBO_DATA_DIR, GARBO_SLOT, GARBO_POLICY_DIR ...
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import ConfigError

# What each setting is called: (table, key) -> environment variable.
NAMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "registry_url": ("registry", "url", "GARBO_REGISTRY_URL"),
    "data_dir": ("worker", "data_dir", "GARBO_DATA_DIR"),
    "slot": ("worker", "slot", "GARBO_SLOT"),
    "clock": ("worker", "clock", "GARBO_CLOCK"),
    "region": ("worker", "region", "GARBO_REGION"),
    "metrics_host": ("worker", "metrics_host", "GARBO_METRICS_HOST"),
    "metrics_port": ("worker", "metrics_port", "GARBO_METRICS_PORT"),
    "commit_interval_ms": ("worker", "commit_interval_ms", "GARBO_COMMIT_INTERVAL_MS"),
    "session_timeout_ms": ("worker", "session_timeout_ms", "GARBO_SESSION_TIMEOUT_MS"),
    "transaction_timeout_ms": ("worker", "transaction_timeout_ms", "GARBO_TRANSACTION_TIMEOUT_MS"),
    "static_membership": ("worker", "static_membership", "GARBO_STATIC_MEMBERSHIP"),
    "policy_dir": ("policy", "dir", "GARBO_POLICY_DIR"),
}

_NUMBERS: Final = frozenset({"metrics_port", "commit_interval_ms", "session_timeout_ms", "transaction_timeout_ms"})
_WORDS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process needs to know about its place.

    policy_dir: the policy the process starts with, until one arrives on policy-versions.
    clock: "wall", live; "stream" in replay and demo, where time is what the events say.
    data_dir: local tables, one folder a process; None keeps them in memory, restored from the changelog.
    commit_interval_ms: how long a committed record waits at most; 20 suits a thousand events a second.
    metrics_port: 0 lets the system choose; -1 serves none.
    session_timeout_ms: a worker silent for so long is taken for dead, and its partitions go to others. Brokers allow
        6,000 to 1,800,000 unless told otherwise.
    transaction_timeout_ms: what a dead worker left open is rolled back after so long, at most; only then do others
        read behind it. A restart in the same slot does not wait for it.
    static_membership: a restart in the same slot within the session timeout keeps its partitions, without a
        rebalance; the price is that partitions of a worker that was stopped for good stand still that long.
    """

    kafka: KafkaSettings
    policy_dir: Path
    registry_url: str | None = None
    data_dir: Path | None = None
    slot: str = "0"
    clock: Literal["wall", "stream"] = "wall"
    region: str = "IT"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9464
    commit_interval_ms: int = 20
    session_timeout_ms: int = 10_000
    transaction_timeout_ms: int = 10_000
    static_membership: bool = False

    def __post_init__(self) -> None:
        for name in ("session_timeout_ms", "transaction_timeout_ms"):
            if getattr(self, name) < 1_000:
                raise ConfigError(f"{name} is {getattr(self, name)}; give it a second (1000) at least.")


def packaged_example() -> Path:
    """The bank's example policy: in the wheel, or in the checkout this runs from."""
    package = Path(__file__).parent.parent
    for folder in (package / "examples" / "bank", package.parent.parent / "examples" / "bank"):
        if folder.is_dir():
            return folder
    raise ConfigError("the example policy is missing; name a policy folder with --policy or GARBO_POLICY_DIR.")


def load_settings(config: Path | None = None, *, env: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from `config`, the environment and `overrides` (a command's options; None means not given).

    Raises:
        ConfigError: a setting is missing, unknown, malformed or dangerous.
    """
    env = os.environ if env is None else env
    tables = _read(config)
    known = {"kafka"} | {table for table, _, _ in NAMES.values()}
    if unknown := sorted(set(tables) - known):
        raise ConfigError(f"{config} has unknown tables {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    given = {k: v for k, v in overrides.items() if v is not None}
    kafka_table = dict(tables.get("kafka", {}))
    kafka_env = dict(env)
    for option, variable in (("bootstrap", "GARBO_BOOTSTRAP"), ("prefix", "GARBO_TOPIC_PREFIX")):
        if option in given:
            kafka_env[variable] = str(given.pop(option))
    if "transactional" in given:
        kafka_env["GARBO_TRANSACTIONAL"] = str(given.pop("transactional")).lower()
    kafka_table.setdefault("bootstrap", "127.0.0.1:9092")
    values: dict[str, Any] = {}
    for name, (table, key, variable) in NAMES.items():
        content = tables.get(table, {})
        allowed = {k for t, k, _ in NAMES.values() if t == table}
        if unknown := sorted(set(content) - allowed):
            raise ConfigError(f"[{table}] has unknown settings {', '.join(unknown)}; known: {sorted(allowed)}.")
        value = given.pop(name, env.get(variable, content.get(key)))
        if value not in (None, ""):
            values[name] = _typed(name, value)
    if given:
        raise ConfigError(f"unknown settings: {', '.join(sorted(given))}.")
    values.setdefault("policy_dir", packaged_example())
    return Settings(kafka=KafkaSettings.load(kafka_table, kafka_env), **values)


def _read(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(f"cannot read {config}: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{config} is not TOML: {problem}.") from problem


def _typed(name: str, value: object) -> object:
    if name in ("data_dir", "policy_dir"):
        return Path(str(value))
    if name in _NUMBERS:
        try:
            return int(cast(str, value))
        except ValueError:
            raise ConfigError(f"{name} is {value!r}; write a whole number.") from None
    if name == "static_membership":
        if (word := str(value).strip().lower()) not in _WORDS:
            raise ConfigError(f"{name} is {value!r}; write true or false.")
        return _WORDS[word]
    if name == "clock" and value not in ("wall", "stream"):
        raise ConfigError(f"clock is {value!r}; write wall or stream.")
    return str(value)
