"""The topics as the broker must have them: how many partitions each has, and how long it keeps what.

Rules
 1. `garbo topics --create` makes the topics and each start verifies them. No client makes one by misspelling it.
 2. Topics that are joined have the same number of partitions; a changelog has as many as its source.
 3. A changelog is only compacted: if retention deleted a row, the customer would be forgotten.
 4. A topic with personal data has an end: retention, or a bound on compaction.
 5. The names are those of `processors/topics.py`; a changelog's is here, as only the runtime uses it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from garbo.adapters.kafka.retry import wait_until
from garbo.adapters.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings
from garbo.errors import BrokerError, ConfigError
from garbo.processors.topics import (
    CHANNELS,
    DEAD_LETTERS,
    DECISIONS,
    IDENTITY_LINKS,
    INBOUND,
    JOURNEY_FINDINGS,
    JOURNEY_FLOWS,
    JOURNEY_KPIS,
    LEARNING_EXAMPLES,
    MODEL_SNAPSHOTS,
    OBJECTIONS,
    PARTY_EVENTS,
    POLICY_VERSIONS,
    Topics,
)

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

RESOLVE_CHANGELOG: Final = "garbo-resolve-changelog"
DECIDE_CHANGELOG: Final = "garbo-decide-changelog"
LEARN_CHANGELOG: Final = "garbo-learn-changelog"
JOURNEY_KPIS_CHANGELOG: Final = "garbo-journey-kpis-changelog"
# Processor -> the log of its table.
CHANGELOGS: Final[Mapping[str, str]] = {
    "resolve": RESOLVE_CHANGELOG,
    "decide": DECIDE_CHANGELOG,
    "learn": LEARN_CHANGELOG,
    "journey_kpis": JOURNEY_KPIS_CHANGELOG,
}

Cleanup = Literal["compact", "delete"]

_TIMEOUT_S: Final = 30.0

# A worker that takes a partition over reads its whole changelog, so it must stay near the size of its live rows.
_CHANGELOG: Final[Mapping[str, str]] = {
    # Only closed segments are compacted. With the default of a week, the busiest days would never be.
    "segment.ms": str(HOUR_MS),
    # Half dirty (the default) means restoring up to twice the rows; a tenth costs some cleaner I/O instead.
    "min.cleanable.dirty.ratio": "0.1",
    # An erased customer's old rows are gone after a day even where nothing else is written (GDPR, art. 17).
    "max.compaction.lag.ms": str(DAY_MS),
    # A tombstone outlives the longest restore by far, so that no reader misses a deletion.
    "delete.retention.ms": str(DAY_MS),
}
_LARGE: Final[Mapping[str, str]] = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it must be. `retention_ms` None: a record is kept as long as it is the latest of its key."""

    name: str
    partitions: int
    cleanup: Cleanup = "delete"
    retention_ms: int | None = None
    config: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.partitions < 1:
            raise ConfigError(f"Topic {self.name}: {self.partitions} partitions; give it at least one.")
        if (self.cleanup == "compact") != (self.retention_ms is None):
            raise ConfigError(f"Topic {self.name}: a retention belongs to cleanup=delete, and only to it.")

    def settings(self) -> dict[str, str]:
        """The topic's settings as Kafka knows them."""
        retention = {} if self.retention_ms is None else {"retention.ms": str(self.retention_ms)}
        return {"cleanup.policy": self.cleanup, **retention, **self.config}


def topic_specs(partitions: int, prefix: str = "", channels: Iterable[str] = CHANNELS) -> list[TopicSpec]:
    """Every topic of one installation.

    Args:
        partitions: the width of all that is keyed by person.
        channels: those of the policy, `Vocabulary.command_channels`; each has a topic of commands.
    """

    def kept(name: str, days: int, config: Mapping[str, str] | None = None) -> TopicSpec:
        return TopicSpec(prefix + name, partitions, "delete", days * DAY_MS, config or {})

    def compacted(name: str, count: int, config: Mapping[str, str]) -> TopicSpec:
        return TopicSpec(prefix + name, count, "compact", None, config)

    return [
        # What comes in. A week covers the longest outage one repairs; the rows keep what the messages said.
        *(kept(name, 7) for name in INBOUND),
        # From resolve to itself (an identifier's link goes to that identifier's partition), and on to decide.
        kept(IDENTITY_LINKS, 7),
        kept(PARTY_EVENTS, 30),  # the only log a replay reads: a month of decisions can be recomputed
        # What goes out. A command older than a week has expired.
        *(kept(name, 7) for name in Topics().of_channels(channels)),
        kept(DECISIONS, 90),  # a complaint is answered within the quarter; longer belongs in an archive
        kept(LEARNING_EXAMPLES, 30),
        kept(JOURNEY_FLOWS, 30),
        # KPI cells: sums without a person. The processor deletes what is older than it keeps.
        compacted(JOURNEY_KPIS, partitions, _CHANGELOG),
        # A handful of findings, without a person; how one changed within the quarter stays.
        compacted(JOURNEY_FINDINGS, 1, {"min.compaction.lag.ms": str(90 * DAY_MS)}),
        kept(OBJECTIONS, 365),  # the proof; a system that is back after a long outage must still learn of each
        # The raw bytes of what could not be read: personal data nobody has classified. Three days span a weekend.
        # A bad message of the broker's own limit (1 MiB) fits with its wrapping, even if a writer does not cut it.
        kept(DEAD_LETTERS, 3, {"max.message.bytes": str(2 * 1024 * 1024)}),
        # Every worker reads these whole: one partition gives one order of versions. An audit recomputes decisions
        # with them, so a policy stays as long as the records it decided; a snapshot (there are many) stays a week.
        compacted(MODEL_SNAPSHOTS, 1, {**_LARGE, "min.compaction.lag.ms": str(7 * DAY_MS)}),
        compacted(POLICY_VERSIONS, 1, {**_LARGE, "min.compaction.lag.ms": str(90 * DAY_MS)}),
        compacted(RESOLVE_CHANGELOG, partitions, _CHANGELOG),
        compacted(DECIDE_CHANGELOG, partitions, _CHANGELOG),
        compacted(LEARN_CHANGELOG, partitions, {**_CHANGELOG, **_LARGE}),
        compacted(JOURNEY_KPIS_CHANGELOG, partitions, _CHANGELOG),
    ]


def as_counts(specs: Iterable[TopicSpec]) -> dict[str, int]:
    """Name -> partitions: what the embedded broker is started with."""
    return {spec.name: spec.partitions for spec in specs}


def create(settings: KafkaSettings, specs: Sequence[TopicSpec], *, replication: int = -1) -> list[str]:
    """Create the topics that are missing, and wait until the broker shows them.

    Args:
        replication: copies of each partition; -1 takes the broker's default.

    Returns:
        The names this call created. A topic that exists stays as it is (see `verify`).

    Raises:
        BrokerError: the broker does not answer, or refuses.
    """
    admin = AdminClient(settings.base())
    present = _present(admin)
    missing = [spec for spec in specs if spec.name not in present]
    if not missing:
        return []
    wanted = [NewTopic(s.name, s.partitions, replication, config=s.settings()) for s in missing]
    created = []
    for name, future in admin.create_topics(wanted, operation_timeout=_TIMEOUT_S, request_timeout=_TIMEOUT_S).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as e:
            error: KafkaError = e.args[0]
            if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another client made it meanwhile: fine
                raise BrokerError(f"Topic {name} could not be created: {error.str()}.") from e
    if not wait_until(lambda: {s.name for s in missing} <= _present(admin).keys(), _TIMEOUT_S, pause_s=0.05):
        raise BrokerError("The broker does not show the new topics; see its log.")
    return created


def verify(settings: KafkaSettings, specs: Sequence[TopicSpec]) -> list[str]:
    """What is wrong with the topics: a sentence for each problem, with what to do. Empty if there is none.

    Checked: existence, number of partitions and, on a real broker, the clean-up policy. Operators may change the
    retention.
    """
    admin = AdminClient(settings.base())
    present = _present(admin)
    problems = []
    for spec in specs:
        count = present.get(spec.name)
        if count is None:
            problems.append(f"Topic {spec.name} is missing; run `garbo topics --create`.")
        elif count != spec.partitions:
            problems.append(_mismatch(spec, count))
    if settings.transactional:  # the embedded broker cannot describe its configuration
        there = [spec for spec in specs if spec.name in present]
        policies = _policies(admin, [spec.name for spec in there])
        problems += [
            f"Topic {spec.name} has cleanup.policy={policies[spec.name]}, not {spec.cleanup}; "
            f"set it with kafka-configs --alter --add-config cleanup.policy={spec.cleanup}."
            for spec in there
            if policies[spec.name] != spec.cleanup
        ]
    return problems


def _mismatch(spec: TopicSpec, count: int) -> str:
    return (
        f"Topic {spec.name} has {count} partitions, not {spec.partitions}: a person's events would not meet the "
        f"person's row. Set GARBO_PARTITIONS={count} if all topics agree on it; otherwise stop the workers, delete "
        "the topic and run `garbo topics --create` (never add partitions to a topic in use: its keys would move)."
    )


def _present(admin: AdminClient) -> dict[str, int]:
    try:
        topics = admin.list_topics(timeout=_TIMEOUT_S).topics
    except KafkaException as e:
        raise BrokerError(f"The broker does not answer: {e.args[0].str()}. Check the address and its log.") from e
    return {name: len(topic.partitions) for name, topic in topics.items()}


def _policies(admin: AdminClient, names: Sequence[str]) -> dict[str, str]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    answers = admin.describe_configs(resources, request_timeout=_TIMEOUT_S)
    try:
        return {resource.name: answer.result()["cleanup.policy"].value for resource, answer in answers.items()}
    except KafkaException as e:
        raise BrokerError(f"The broker does not show its topics' settings: {e.args[0].str()}.") from e
