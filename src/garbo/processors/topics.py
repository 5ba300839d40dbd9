"""The topics by role: the only place where a topic's name is written. (`adapters/kafka/topics.py` names changelogs.)

Rules
 1. Constants are names without the deployment's prefix; `Topics` applies it, once.
 2. `adapters/avro/messages` says what travels on each topic, `adapters/kafka/topics.py` how long it is kept.
 3. Each channel of the policy has a topic of commands. What writes takes the channels from the policy; what reads takes
    the topics that are there, because an earlier policy may have had other channels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, InboundBody, ProfileUpdate, Touchpoint

PROCESSORS: Final = ("resolve", "decide", "learn", "journey_kpis")  # in the order of the flow

# Where a producer's message of each kind goes.
INBOUND_TOPICS: Final[Mapping[type[InboundBody], str]] = {
    Touchpoint: "touchpoints",
    ConsentChange: "consents",
    ActionOutcome: "outcomes",
    ProfileUpdate: "profiles",
}
INBOUND: Final = tuple(INBOUND_TOPICS.values())

IDENTITY_LINKS: Final = "identity-links"
PARTY_EVENTS: Final = "party-events"
ACTIONS: Final = "actions."  # and the channel
DECISIONS: Final = "decisions"
LEARNING_EXAMPLES: Final = "learning-examples"
JOURNEY_FLOWS: Final = "journey-flows"
JOURNEY_KPIS: Final = "journey-kpis"
JOURNEY_FINDINGS: Final = "journey-findings"
OBJECTIONS: Final = "objections"
DEAD_LETTERS: Final = "dead-letters"
MODEL_SNAPSHOTS: Final = "model-snapshots"
POLICY_VERSIONS: Final = "policy-versions"

CHANNELS: Final = tuple(channel.value for channel in Channel)  # the default vocabulary's


@dataclass(frozen=True, slots=True)
class Topics:
    """The complete names of one deployment's topics."""

    prefix: str = ""

    def named(self, name: str) -> str:
        return self.prefix + name

    @property
    def inbound(self) -> tuple[str, ...]:
        return tuple(self.prefix + name for name in INBOUND)

    def inputs(self, processor: str) -> tuple[str, ...]:
        """What the processor of this name consumes."""
        return {
            "resolve": (*self.inbound, self.links),
            "decide": (self.party_events,),
            "learn": (self.examples,),
            "journey_kpis": (self.flows,),
        }[processor]

    @property
    def links(self) -> str:
        return self.prefix + IDENTITY_LINKS

    @property
    def party_events(self) -> str:
        return self.prefix + PARTY_EVENTS

    @property
    def decisions(self) -> str:
        return self.prefix + DECISIONS

    @property
    def examples(self) -> str:
        return self.prefix + LEARNING_EXAMPLES

    @property
    def snapshots(self) -> str:
        return self.prefix + MODEL_SNAPSHOTS

    @property
    def policies(self) -> str:
        return self.prefix + POLICY_VERSIONS

    @property
    def flows(self) -> str:
        return self.prefix + JOURNEY_FLOWS

    @property
    def kpis(self) -> str:
        return self.prefix + JOURNEY_KPIS

    @property
    def findings(self) -> str:
        return self.prefix + JOURNEY_FINDINGS

    @property
    def objections(self) -> str:
        return self.prefix + OBJECTIONS

    @property
    def dead_letters(self) -> str:
        return self.prefix + DEAD_LETTERS

    def actions(self, channel: str) -> str:
        """The topic of the commands for `channel`."""
        return self.prefix + ACTIONS + channel

    def dispatcher(self, channel: str) -> str:
        """The consumer group of a `garbo.client` dispatcher."""
        return f"{self.prefix}dispatcher-{channel}"

    def of_channels(self, channels: Iterable[str]) -> tuple[str, ...]:
        """The topics of the commands for these channels, `Vocabulary.command_channels` as a rule."""
        return tuple(self.actions(channel) for channel in channels)

    def of_commands(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` on which commands are, sorted: also of a channel that the policy no longer has."""
        return tuple(sorted(name for name in names if name.startswith(self.actions(""))))
