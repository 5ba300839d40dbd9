"""Settings in, running stages out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG, LEARN_CHANGELOG, RESOLVE_CHANGELOG
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.settings import Settings
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.errors import ConfigError
from garbo.faust_host.run import HostedProcessor
from garbo.learning.serving import SnapshotScorer
from garbo.policy.loader import from_bundle, load
from garbo.processors.decide import DecideProcessor
from garbo.processors.learn import LearnProcessor
from garbo.processors.ports import Processor
from garbo.processors.resolve import ResolveProcessor
from garbo.processors.topics import Topics
from garbo.runtime.settings import ProcessorSettings

PROCESSORS: Final = ("resolve", "decide", "learn")


def codec(settings: Settings) -> AvroCodec:
    """Schemas from the registry where one is named, else the packaged ones."""
    url = settings.registry_url
    return AvroCodec(ConfluentRegistry(url) if url else PackagedRegistry())


def topics(settings: Settings) -> Topics:
    return Topics(settings.kafka.prefix)


def load_compiled(raw: bytes) -> CompiledPolicy:
    """A policy document from policy-versions."""
    return compiled(from_bundle(raw))


def processors(
    settings: Settings,
    names: Sequence[str] = PROCESSORS,
    *,
    policy: Policy | None = None,
    metrics: Metrics | None = None,
) -> list[HostedProcessor]:
    """The named stages, wired to the real adapters.

    Raises:
        ConfigError: a stage that does not exist.
        PolicyError: the policy folder is wrong.
    """
    if unknown := sorted(set(names) - set(PROCESSORS)):
        raise ConfigError(f"there is no stage {', '.join(unknown)}; the stages are {', '.join(PROCESSORS)}.")
    policy = policy or load(settings.policy_dir)
    found, named, messages = metrics or Metrics(), topics(settings), codec(settings)
    return [_stage(name, settings, named, messages, policy, found) for name in names]


def _stage(
    name: str, settings: Settings, named: Topics, messages: AvroCodec, policy: Policy, metrics: Metrics
) -> HostedProcessor:  # fmt: skip
    processor: Processor
    if name == "resolve":
        processor = ResolveProcessor(
            messages, named, region=settings.region, future_tolerance_ms=policy.future_tolerance, meter=metrics
        )
        values = _values(
            settings, name, (*named.facts, named.links), named.named(RESOLVE_CHANGELOG), (), exactly_once=False
        )
    elif name == "decide":
        scorer = SnapshotScorer()
        processor = DecideProcessor(
            messages, named, compiled(policy), scorer=scorer, update_scorer=scorer.update, load_policy=load_compiled,
            clock=settings.clock, region=settings.region, meter=metrics,
        )  # fmt: skip
        values = _values(
            settings, name, (named.party_events,), named.named(DECIDE_CHANGELOG), (named.policies, named.snapshots)
        )
    else:
        processor = LearnProcessor(
            messages,
            policy.models,
            named.snapshots,
            named.dead_letters,
            load_models=lambda raw: from_bundle(raw).models,
        )
        values = _values(settings, name, (named.examples,), named.named(LEARN_CHANGELOG), (named.policies,))
    return HostedProcessor(values, processor, settings.kafka, metrics.stage(name))


def _values(
    settings: Settings, name: str, inputs: tuple[str, ...], changelog: str, broadcast: tuple[str, ...], *,
    exactly_once: bool = True,
) -> ProcessorSettings:  # fmt: skip
    # Live, resolve commits at leisure: nobody waits for its offsets, and what it sends leaves at once.
    interval = settings.commit_interval_ms / 1000 * (10 if name == "resolve" and settings.clock == "wall" else 1)
    return ProcessorSettings(
        name=name,
        group=f"{settings.kafka.prefix}garbo-{name}",
        inputs=inputs,
        changelog=changelog,
        broadcast=broadcast,
        exactly_once=exactly_once and settings.kafka.transactional,
        data_dir=None if settings.data_dir is None else Path(settings.data_dir) / name,
        slot=settings.slot,
        static_membership=settings.static_membership,
        session_timeout_ms=settings.session_timeout_ms,
        # 3 s at the default; never more than a third of the session, so two may get lost.
        heartbeat_ms=min(3_000, settings.session_timeout_ms // 3),
        transaction_timeout_ms=settings.transaction_timeout_ms,
        commit_interval_s=interval,
        max_commit_interval_s=max(0.1, interval * 2.5),
        # What has left before the commit need not be waited for in it (5 ms: a p99 of 45 to 52 ms, 1 ms: 43 to 46).
        linger_ms=1 if exactly_once else 0,
        fetch_wait_ms=10 if exactly_once else 5,
    )
