"""Settings in, processors ready to be hosted out."""

import logging
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.adapters.kafka.reader import partition_count, present
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.processors import ProcessorFactory, Route, routes
from garbo.bootstrap.settings import Settings
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.errors import BrokerError, ConfigError, TopicError
from garbo.faust_host.run import HostedProcessor
from garbo.learning.model_key import read_key
from garbo.policy.loader import from_bundle, load
from garbo.processors.topics import PROCESSORS, Topics
from garbo.runtime.dispatcher_lag import DispatcherLag
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.topic_check import REMEDY

log = logging.getLogger(__name__)


def codec(settings: Settings) -> AvroCodec:
    """Schemas from the registry if the settings name one, else the packaged ones."""
    url = settings.registry_url
    return AvroCodec(ConfluentRegistry(url) if url else PackagedRegistry())


def topics(settings: Settings) -> Topics:
    return Topics(settings.kafka.prefix)


def hosted_processors(
    settings: Settings,
    names: Sequence[str] = PROCESSORS,
    *,
    policy: Policy | None = None,
    metrics: Metrics | None = None,
) -> list[HostedProcessor]:
    """The processors `names`, each with its topics, its settings and its metrics.

    policy: instead of the one in `settings.policy_dir`. metrics: where they count; by default a new one.

    Raises:
        ConfigError: a processor that does not exist.
        PolicyError: the policy folder is wrong.
    """
    if unknown := sorted(set(names) - set(PROCESSORS)):
        raise ConfigError(f"there is no processor {', '.join(unknown)}; the processors are {', '.join(PROCESSORS)}.")
    metrics, policy = metrics or Metrics(), policy or load(settings.policy_dir)
    factory = ProcessorFactory(
        codec=codec(settings),
        topics=topics(settings),
        policy=compiled(policy),
        meter=metrics,
        clock=settings.clock,
        region=settings.region,
        load_policy=partial(_published, settings),
        partitions=cache(lambda: partition_count(settings.kafka, topics(settings).party_events)),
        model_key=_model_key(settings),
    )
    found = routes(factory.topics, policy.vocabulary.command_channels)
    return [
        HostedProcessor(
            _processor_settings(settings, name, found[name]),
            factory.build(name),
            settings.kafka,
            metrics.processor(name),
        )
        for name in names
    ]


def _model_key(settings: Settings) -> bytes:
    if settings.model_key_file is None:
        log.warning(
            "Model snapshots are signed with the development key, which everybody knows: set GARBO_MODEL_KEY_FILE, "
            "to the same key in every worker"
        )
    return read_key(settings.model_key_file)


def _published(settings: Settings, raw: bytes) -> Policy:
    """The policy in a document of policy-versions.

    Raises:
        PolicyError: it is wrong.
        TopicError: a channel of it has no topic of commands. The first command on it would end the worker.
    """
    policy = from_bundle(raw)
    try:
        there = present(settings.kafka)
    except BrokerError:  # a broker that is busy for a moment is no reason to refuse a policy
        return policy
    missing = [name for name in topics(settings).of_channels(policy.vocabulary.command_channels) if name not in there]
    if missing:
        problem = f"policy {policy.version} is refused: topic {', '.join(missing)} is missing; {REMEDY}, then restart"
        log.error("%s", problem)
        raise TopicError(problem)
    return policy


def dispatcher_lag(settings: Settings, metrics: Metrics) -> DispatcherLag:
    """Measures the dispatchers that the settings name; not started."""
    return DispatcherLag(
        settings.kafka, settings.dispatchers, topics(settings).actions(""), report=metrics.dispatcher_lag
    )


def _processor_settings(settings: Settings, name: str, route: Route) -> ProcessorSettings:
    resolve = name == "resolve"  # it runs at least once, without transactions
    # Live, nobody waits for the cells of journey_kpis: it takes what half a second brings at once, because a busy cell
    # is written once a chunk, however many facts are in it.
    gathers = name == "journey_kpis" and settings.clock == "wall" and settings.kafka.transactional
    # Live, resolve commits ten times less often: its outputs leave at once, and nothing waits for its offsets.
    interval = settings.commit_interval_ms / 1000 * (10 if (resolve or gathers) and settings.clock == "wall" else 1)
    return ProcessorSettings(
        name=name,
        group=f"{settings.kafka.prefix}garbo-{name}",
        inputs=route.inputs,
        changelog=route.changelog,
        broadcast=route.broadcast,
        outputs=route.outputs,
        exactly_once=not resolve and settings.kafka.transactional,
        data_dir=None if settings.data_dir is None else Path(settings.data_dir) / name,
        slot=settings.slot,
        static_membership=settings.static_membership,
        session_timeout_ms=settings.session_timeout_ms,
        # 3 s at the default; never more than a third of the session, so two may get lost.
        heartbeat_ms=min(3_000, settings.session_timeout_ms // 3),
        transaction_timeout_ms=settings.transaction_timeout_ms,
        commit_interval_s=interval,
        max_commit_interval_s=max(0.1, interval * 2.5),
        # An output that left before the commit does not delay it (5 ms: a p99 of 45 to 52 ms, 1 ms: 43 to 46).
        linger_ms=0 if resolve else 1,
        fetch_wait_ms=5 if resolve else 500 if gathers else 10,
        fetch_min_bytes=1_000_000 if gathers else 1,
    )
