"""The topics a processor writes and reads, by role, with the deployment's prefix applied once."""

from dataclasses import dataclass

PROCESSORS = ("resolve", "decide", "learn")  # in the order of the flow
INBOUND = ("touchpoints", "consents", "outcomes", "profiles")


@dataclass(frozen=True, slots=True)
class Topics:
    prefix: str = ""

    def named(self, name: str) -> str:
        return self.prefix + name

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(self.prefix + name for name in INBOUND)

    def inputs(self, processor: str) -> tuple[str, ...]:
        """What the processor of this name consumes."""
        return {
            "resolve": (*self.facts, self.links),
            "decide": (self.party_events,),
            "learn": (self.examples,),
        }[processor]

    @property
    def links(self) -> str:
        return self.prefix + "identity-links"

    @property
    def party_events(self) -> str:
        return self.prefix + "party-events"

    @property
    def decisions(self) -> str:
        return self.prefix + "decisions"

    @property
    def examples(self) -> str:
        return self.prefix + "learning-examples"

    @property
    def snapshots(self) -> str:
        return self.prefix + "model-snapshots"

    @property
    def policies(self) -> str:
        return self.prefix + "policy-versions"

    @property
    def flows(self) -> str:
        return self.prefix + "journey-flows"

    @property
    def dead_letters(self) -> str:
        return self.prefix + "dead-letters"

    def actions(self, channel: str) -> str:
        return f"{self.prefix}actions.{channel}"
