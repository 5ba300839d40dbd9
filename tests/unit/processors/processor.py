"""Processor decide in a test: one partition, its table, and what came out."""

from collections.abc import Callable, Sequence

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.party.state import Party, decode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.policy import Policy
from garbo.core.scoring.scorer import Scorer
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import Body, PartyEvent, ProfileUpdate, Source
from garbo.policy.loader import from_bundle
from garbo.processors.decide import Clock
from garbo.processors.meters import Meter, Silent
from garbo.processors.ports import ConsumerRecord, Output, Work
from garbo.processors.topics import Topics
from garbo.testing.driver import DictRows
from tests.unit.core.small import COMPILED, NOON, REACHABLE, consent, view

CODEC, TOPICS = AvroCodec(PackagedRegistry()), Topics("t.")


class DecideHost:
    """One partition of processor decide; a batch is committed, or thrown away as after an abort."""

    def __init__(
        self,
        policy: CompiledPolicy = COMPILED,
        clock: Clock = "wall",
        scorer: Scorer | None = None,
        meter: Meter | None = None,
        load_policy: Callable[[bytes], Policy] = from_bundle,
    ) -> None:
        factory = ProcessorFactory(
            codec=CODEC, topics=TOPICS, policy=policy, meter=meter or Silent(), clock=clock, load_policy=load_policy
        )
        self.processor = factory.decide(scorer)
        self.rows = DictRows()
        self.outputs: list[Output] = []
        self.now = NOON
        self.offset = 0
        self.processor.open(0, self.rows)

    def batch(self, records: Sequence[ConsumerRecord], *, commit: bool = True) -> Work:
        work = self.processor.process(0, records, self.rows, self.now)
        if commit:
            for key, value in work.rows.items():
                assert value is not None
                self.rows.rows[key] = value
            self.outputs += work.outputs
        else:
            self.processor.open(0, self.rows)
        return work

    def record(self, value: bytes | None, key: bytes | None = b"p", appended: int = 0) -> ConsumerRecord:
        self.offset += 1
        return ConsumerRecord("t.party-events", 0, self.offset, key, value, appended or self.now)

    def event(
        self, body: Body, party: str = "p", at: int = 0, event_id: str = "", source: Source | None = None
    ) -> ConsumerRecord:
        event = PartyEvent(event_id or f"e{self.offset}", party, at or self.now, body, source=source)
        return self.record(CODEC.encode_event(event), party.encode())

    def happen(self, *bodies: Body) -> Work:
        return self.batch([self.event(body) for body in bodies])

    def fire(self) -> list[PartyEvent]:
        """What is due is produced and decided."""
        found = []
        for output in self.processor.due(0, self.now):
            assert (0, "t.party-events") == (output.partition, output.topic)
            record = self.record(output.value, output.key)
            found.append(CODEC.party_event(record))
            self.batch([record])
        return found

    def party(self, party: str = "p") -> Party:
        return decode(self.rows.rows[party.encode()])

    def commands(self) -> list[Deliver]:
        return [CODEC.command(o.value or b"") for o in self.outputs if o.topic.startswith("t.actions.")]

    def decisions(self, work: Work | None = None) -> list[DecisionRecord]:
        outputs = work.outputs if work else self.outputs
        return [CODEC.decision(o.value or b"") for o in outputs if o.topic == "t.decisions"]


def dead(work: Work) -> list[str]:
    return [CODEC.dead_letter(o.value or b"").reason for o in work.outputs if o.topic == "t.dead-letters"]


def known(host: DecideHost, *consents: str) -> DecideHost:
    host.happen(ProfileUpdate(REACHABLE, {"age": 40}, "Ada", "en"), *map(consent, ("personal_data", *consents)))
    return host


def envelope(body: Body = view(), party: str = "p", **more: object) -> bytes:  # noqa: B008
    return CODEC.encode_event(PartyEvent("x", party, NOON, body, **more))  # type: ignore[arg-type]
