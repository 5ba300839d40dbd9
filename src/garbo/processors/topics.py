"""The topics by role: the only place where a topic's name is written. (`adapters/kafka/topics.py` names changelogs.)

Rules
 1. Constants are names without the deployment's prefix; `Topics` applies it, once.
 2. `adapters/avro/messages` says what travels on each topic, `adapters/kafka/topics.py` how long it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from garbo.core.vocabulary.events import ActionOutcome, Channel, ConsentChange, InboundBody, ProfileUpdate, Touchpoint

PROCESSORS: Final = ("resolve", "decide", "learn")  # in the order of the flow

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
OBJECTIONS: Final = "objections"
DEAD_LETTERS: Final = "dead-letters"
MODEL_SNAPSHOTS: Final = "model-snapshots"
POLICY_VERSIONS: Final = "policy-versions"

ACTION_TOPICS: Final = tuple(ACTIONS + channel for channel in Channel)


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
    def objections(self) -> str:
        return self.prefix + OBJECTIONS

    @property
    def dead_letters(self) -> str:
        return self.prefix + DEAD_LETTERS

    @property
    def all_actions(self) -> tuple[str, ...]:
        """The commands' topics, one a channel."""
        return tuple(self.prefix + name for name in ACTION_TOPICS)

    def actions(self, channel: str) -> str:
        return self.prefix + ACTIONS + channel
