"""The one wiring of all processors: for the live worker, the synchronous driver, the fuzzers and the tests.

Rules
 1. All code that needs a Garbo processor builds it here, so that a test never wires one differently.
 2. The processors of one process share a codec, the topics' names, a policy and a meter.
 3. The meter has no default: a processor without metrics raises no alarm.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from garbo.adapters.kafka.topics import (
    DECIDE_CHANGELOG,
    JOURNEY_KPIS_CHANGELOG,
    LEARN_CHANGELOG,
    RESOLVE_CHANGELOG,
)
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import NO_TEXT_MODELS
from garbo.core.scoring.scorer import Scorer
from garbo.learning import registry
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.policy.loader import from_bundle
from garbo.processors.decide import Clock, DecideProcessor
from garbo.processors.identifiers import DEFAULT_REGION
from garbo.processors.journey_kpis import JourneyKpisProcessor
from garbo.processors.learn import SNAPSHOT_EVERY, LearnProcessor
from garbo.processors.meters import Meter
from garbo.processors.ports import Codec, Processor
from garbo.processors.resolve import ResolveProcessor
from garbo.processors.topics import Topics


class Route(NamedTuple):
    """What a processor reads: `inputs` in a share of the partitions, `broadcast` whole; where its rows are kept; and
    what it writes."""

    inputs: tuple[str, ...]
    broadcast: tuple[str, ...]
    changelog: str
    outputs: tuple[str, ...]


def routes(topics: Topics, channels: Iterable[str]) -> dict[str, Route]:
    """Each processor's topics. channels: those of the policy, `Vocabulary.command_channels`."""
    dead, events = topics.dead_letters, topics.party_events
    decided = (*topics.of_channels(channels), topics.decisions, topics.examples, topics.flows, events, dead)
    return {
        "resolve": Route(
            topics.inputs("resolve"), (topics.policies,), topics.named(RESOLVE_CHANGELOG), (topics.links, events, dead)
        ),
        "decide": Route(
            topics.inputs("decide"), (topics.policies, topics.snapshots), topics.named(DECIDE_CHANGELOG), decided
        ),
        "learn": Route(
            topics.inputs("learn"), (topics.policies,), topics.named(LEARN_CHANGELOG), (topics.snapshots, dead)
        ),
        "journey_kpis": Route(
            topics.inputs("journey_kpis"),
            (topics.policies,),
            topics.named(JOURNEY_KPIS_CHANGELOG),
            (topics.kpis, dead),
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorFactory:
    """Builds the processors of one process.

    policy: what they start with, until another arrives on policy-versions.
    clock: "wall", live; "stream", where time is what the events say.
    region: the country whose rules complete a phone number without a country code.
    load_policy: reads a document of policy-versions; raises `PolicyError`.
    partitions: how many each topic of the flow has.
    model_key: with which model snapshots are signed.
    """

    codec: Codec
    topics: Topics
    policy: CompiledPolicy
    meter: Meter
    clock: Clock
    region: str = DEFAULT_REGION
    load_policy: Callable[[bytes], Policy] = from_bundle
    partitions: Callable[[], int] = lambda: 1
    model_key: bytes = DEVELOPMENT_KEY

    def build(self, name: str) -> Processor:
        """The processor of this name, one of `processors.topics.PROCESSORS`."""
        make: dict[str, Callable[[], Processor]] = {
            "resolve": self.resolve,
            "decide": self.decide,
            "learn": self.learn,
            "journey_kpis": self.journey_kpis,
        }
        return make[name]()

    def resolve(self) -> ResolveProcessor:
        return ResolveProcessor(
            codec=self.codec,
            topics=self.topics,
            meter=self.meter,
            region=self.region,
            policy=self.policy.policy,
            load_policy=self._load_checked,
            partitions=self.partitions,
        )

    def decide(self, scorer: Scorer | None = None) -> DecideProcessor:
        """`scorer` replaces the models of model-snapshots."""
        served = SnapshotScorer(self.model_key)
        return DecideProcessor(
            codec=self.codec,
            topics=self.topics,
            meter=self.meter,
            policy=self.policy,
            load_policy=self._load_compiled,
            scorer=served if scorer is None else scorer,
            texts=served if scorer is None else NO_TEXT_MODELS,
            clock=self.clock,
            region=self.region,
            partitions=self.partitions,
        )

    def learn(self, *, every: int = SNAPSHOT_EVERY) -> LearnProcessor:
        """`every`: examples between two snapshots of one family."""
        return LearnProcessor(
            codec=self.codec,
            topics=self.topics,
            meter=self.meter,
            policy=self.policy.policy,
            load_policy=self._load_checked,
            every=every,
            key=self.model_key,
        )

    def journey_kpis(self) -> JourneyKpisProcessor:
        return JourneyKpisProcessor(
            codec=self.codec,
            topics=self.topics,
            meter=self.meter,
            policy=self.policy.policy,
            load_policy=self._load_checked,
        )

    def _load_checked(self, raw: bytes) -> Policy:
        """Every processor makes and checks the models, so that all of them refuse the same policies. A process checks a
        configuration once."""
        policy = self.load_policy(raw)
        for model in policy.models.values():
            registry.check(model)
        return policy

    def _load_compiled(self, raw: bytes) -> CompiledPolicy:
        return compiled(self._load_checked(raw))
