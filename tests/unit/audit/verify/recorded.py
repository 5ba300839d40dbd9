"""A recorded run of the synchronous driver. A test may forge records in it before the checker reads it."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from msgspec.structs import replace

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG, JOURNEY_KPIS_CHANGELOG
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect, row_digest
from garbo.audit.verify.report import Report
from garbo.core.party.state import encode
from garbo.core.vocabulary.effects import DecisionRecord as Decision
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import PartyEvent
from garbo.processors.ports import ConsumerRecord
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.golden.histories.playing import BANK, bank, golden, in_order, play

DAY = 86_400_000
RULES = rules.read(BANK)


class Recorded:
    """The log of a run, and forgeries in it."""

    def __init__(self, driver: Driver) -> None:
        self.codec: AvroCodec = driver.codec
        self.log = {topic: list(records) for topic, records in driver.log.items()}
        self.log[DECIDE_CHANGELOG] = [
            ConsumerRecord(DECIDE_CHANGELOG, 0, offset, party.id.encode(), encode(party), 0)
            for offset, party in enumerate(driver.parties())
        ]
        self.log[JOURNEY_KPIS_CHANGELOG] = [
            ConsumerRecord(JOURNEY_KPIS_CHANGELOG, partition, offset, key, row, 0)
            for partition in range(driver.partitions)
            for offset, (key, row) in enumerate(driver.table("journey_kpis", partition).scan())
        ]

    def report(self, *, exactly_once: bool = True, by: rules.Rules = RULES) -> Report:
        return invariants.check(collect(self.read, self.codec, self.log), by, exactly_once=exactly_once)

    def read(self, topics: Sequence[str]) -> Iterable[ConsumerRecord]:
        return [record for topic in topics for record in self.log.get(topic, ())]

    # ---- what is there

    def commands(self) -> list[Deliver]:
        found = [r for topic, records in self.log.items() if topic.startswith("actions.") for r in records]
        found.sort(key=lambda r: r.timestamp_ms)
        return [self.codec.command(r.value or b"") for r in found]

    def decisions(self) -> list[Decision]:
        return [self.codec.decision(r.value or b"") for r in self.log["decisions"]]

    def events(self) -> list[PartyEvent]:
        return [self.codec.party_event(r) for r in self.log["party-events"]]

    # ---- forgeries

    def append(self, topic: str, key: bytes | None, value: bytes | None) -> ConsumerRecord:
        records = self.log.setdefault(topic, [])
        partition = next((r.partition for r in records if r.key == key), 0)
        record = ConsumerRecord(
            topic, partition, max((r.offset for r in records), default=-1) + 1, key, value, 5_000_000_000_000
        )
        records.append(record)
        return record

    def remove(self, topic: str, which: Callable[[ConsumerRecord], bool]) -> ConsumerRecord:
        found = next(r for r in self.log[topic] if which(r))
        self.log[topic].remove(found)
        return found

    def swap(self, topic: str, which: Callable[[ConsumerRecord], bool], value: bytes) -> None:
        index = next(i for i, r in enumerate(self.log[topic]) if which(r))
        self.log[topic][index] = self.log[topic][index]._replace(value=value)

    def command(self, made: Deliver) -> None:
        self.append(f"actions.{made.channel}", made.party.encode(), self.codec.encode(made))

    def event(self, event: PartyEvent, like: Decision, **changed: object) -> None:
        """An event on its party's log, with a decision of its own after `like`."""
        made = replace(
            like, decision_id=f"d-{event.event_id}", party=event.party, event_id=event.event_id, chosen="",
            action_id="", placed_at=0, at=max(like.at, event.at), needs_closed=(), scored=(), **self.arrived(event),
        )  # fmt: skip
        made = replace(made, **changed)  # type: ignore[arg-type]
        self.append("decisions", event.party.encode(), self.codec.encode(made))

    def acted(self, made: Deliver, like: Decision, event: PartyEvent, **changed: object) -> None:
        """A command with a decision and an event of its own, as another action's follow-up: only a cap or a consent
        can be wrong with it."""
        decision = replace(
            like, decision_id=made.decision_id, party=made.party, event_id=event.event_id, at=made.at,
            placed_at=made.at, chosen=made.action, action_id=made.action_id, point="planned", confirmation="confirmed",
            needs_closed=(), scored=(), **self.arrived(event),
        )  # fmt: skip
        decision = replace(decision, **changed)  # type: ignore[arg-type]
        self.append("decisions", made.party.encode(), self.codec.encode(decision))
        self.command(made)

    def arrived(self, event: PartyEvent) -> dict[str, Any]:
        """The event's place on its party's log, and the party's row, which the event does not change."""
        stored = self.append("party-events", event.party.encode(), self.codec.encode_event(event))
        key = event.party.encode()
        row = next((row_digest(r.value) for r in self.log[DECIDE_CHANGELOG] if r.key == key), "")
        return {"partition": stored.partition, "offset": stored.offset, "prior_state": row, "state": row}


@cache
def _world() -> Driver:
    facts = list(world(7, 150, 30, duplicates=0.03, late=0.03))
    driver = Driver(bank())
    for fact in facts:
        driver.send(fact)
    driver.tick(facts[-1].at + 7 * DAY)
    return driver


@cache
def _journeys() -> Driver:
    stories = golden()
    return play(in_order(*(j.messages for j in stories)), max(j.until for j in stories))


def populated() -> Recorded:
    """A month of a small population, with repeated and late facts."""
    return Recorded(_world())


def stories() -> Recorded:
    """The golden journeys."""
    return Recorded(_journeys())
