"""What if another policy had decided? A recorded town, made again in one step, against the engine itself.

A town is played under policy A on the real processors. While it plays, other decide processors, each with another
policy, take each event of the log as well, on the very rows that A's processor is about to decide on; what they would
write to the rows is thrown away. That is one step, found without a line of `garbo.replay.what_if`. Then the same
messages are played from the start under B, rows and all: the full replay.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import pytest

from garbo.audit.recompute.trail import Trail
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition
from garbo.processors.decide import DecideProcessor
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, InboundMessage, Rows, Work
from garbo.replay.what_if.full import FullReplay
from garbo.replay.what_if.one_step import Made, OneStep
from garbo.replay.what_if.tally import Differing, Tally
from garbo.simulation.loop import Answers, run
from garbo.simulation.summary import Summary
from garbo.simulation.town import Town
from garbo.testing import load_policy
from garbo.testing.driver import DictRows, Driver
from tests.golden.histories.playing import BANK, bank, edited
from tests.unit.policy.test_matrix import rows, strangers, where

SEED, SLICE, PARTITIONS = 11, DAY // 4, 4
CAPPED, ELSE, SAME = range(3)  # the policies that look on, at the bank's town
CAP = "name: three_marketing_contacts_a_week, at_most: 3, window: 7d"


def lower_cap() -> Policy:
    """The bank's policy with one marketing contact in four weeks instead of three a week."""
    return edited("contact_policy.yaml", (CAP, CAP.replace("at_most: 3, window: 7d", "at_most: 1, window: 28d")))


def much_else() -> Policy:
    """Other levers, more moments, a larger control group, more exploration, other interests: models that were not
    asked are asked now."""
    return load_policy(
        BANK,
        {
            "actions.yaml": (("Insurance}, lever: 0.8", "Insurance}, lever: 4.0"),),
            "policy.yaml": (
                ("decide_on: [page_view]", "decide_on: [page_view, profile, delivered]"),
                ("share: 0.05", "share: 0.2"),
                ("exploration: 0.02", "exploration: 0.2"),
            ),
            "journey.yaml": (("interest: 1.0", "interest: 2.0"),),
        },
    )


def slots(at_most: int) -> Policy:
    """The bank's policy with so many e-mails a day."""
    email = "email: {reports_within: 4h"
    return edited("policy.yaml", (email, f"{email}, capacity: {{at_most: {at_most}, per: day}}"))


class Shadows:
    """A's decide processor, and one of each other policy on the same rows: what they write to them is thrown away."""

    def __init__(self, driver: Driver, others: Sequence[Policy]) -> None:
        self._driver = driver
        self._others = [self._processor(driver, policy) for policy in others]
        driver._processors[driver.topics.party_events] = ("decide", self)
        driver._broadcast[driver.topics.snapshots] += self._others
        self.decided: list[dict[tuple[int, int], DecisionRecord]] = [{} for _ in others]

    @staticmethod
    def _processor(driver: Driver, policy: Policy) -> DecideProcessor:
        factory = ProcessorFactory(
            codec=driver.codec, topics=driver.topics, policy=compiled(policy), meter=Silent(), clock="stream",
            partitions=lambda: PARTITIONS,
        )  # fmt: skip
        other = factory.decide()
        for partition in range(PARTITIONS):
            other.open(partition, DictRows())
        return other

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        for other, decided in zip(self._others, self.decided, strict=True):
            for output in other.process(partition, records, rows, now_ms).outputs:
                if output.topic == self._driver.topics.decisions:
                    record = self._driver.codec.decision(output.value or b"")
                    decided[record.partition, record.offset] = record
        return self._driver.decide.process(partition, records, rows, now_ms)


class Kept:
    """The town's engine: the driver, whose log is kept, and what was sent in each slice."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.slices: list[tuple[Sequence[InboundMessage], int]] = []
        self.log: dict[str, list[ConsumerRecord]] = {}

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        driver, codec, topics = self.driver, self.driver.codec, self.driver.topics
        self.slices.append((messages, until))
        for message in messages:
            driver.send(message)
        driver.tick(until)
        taken = driver.take()
        for topic, records in taken.items():
            self.log.setdefault(topic, []).extend(records)
        commands = [codec.command(r.value or b"") for topic in topics.of_commands(taken) for r in taken[topic]]
        return Answers(commands, [codec.decision(r.value or b"") for r in taken[topics.decisions]])

    def decisions(self) -> list[DecisionRecord]:
        return [self.driver.codec.decision(r.value or b"") for r in self.log[self.driver.topics.decisions]]


class Scene(NamedTuple):
    """A town under `before`, and the policies that look on."""

    before: Policy
    others: tuple[Policy, ...]
    parties: int
    days: int


class Played(NamedTuple):
    """The recorded town, and what each of the other policies decided on the same rows."""

    kept: Kept
    shadows: list[dict[tuple[int, int], DecisionRecord]]

    def read(self, topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        return [r for topic in topics for r in self.kept.log.get(topic, ()) if partition in (None, r.partition)]

    def trail(self, before: Policy, after: Policy) -> Trail:
        driver, policies = self.kept.driver, [compiled(before), compiled(after)]
        return Trail(self.read, driver.codec, driver.topics, self.kept.log, policies)


@cache
def scenes() -> dict[str, Scene]:
    return {
        "bank": Scene(bank(), (lower_cap(), much_else(), bank()), 300, 8),
        "slots": Scene(slots(16), (slots(8),), 150, 6),
    }


@cache
def recorded(name: str = "bank") -> Played:
    scene = scenes()[name]
    driver = Driver(scene.before, partitions=PARTITIONS)
    shadows, kept = Shadows(driver, scene.others), Kept(driver)
    run(Town(SEED, scene.parties, scene.days), kept, Summary(), slice_ms=SLICE)
    return Played(kept, shadows.decided)


@cache
def replayed() -> list[DecisionRecord]:
    """The decisions of the same messages from the start under the lower cap."""
    kept = Kept(Driver(lower_cap(), partitions=PARTITIONS))
    for messages, until in recorded().kept.slices:
        kept.advance(messages, until)
    return kept.decisions()


@cache
def one_step(name: str = "bank", other: int = CAPPED) -> list[Made]:
    """Every decision of a recorded town, made again with another policy in the place of its own."""
    played, scene = recorded(name), scenes()[name]
    before, after = scene.before, scene.others[other]
    step = OneStep(played.trail(before, after), compiled(before), compiled(after), PARTITIONS)
    return [made for partition in range(PARTITIONS) for made in step.walk(partition)]


def what(record: DecisionRecord) -> tuple[object, ...]:
    """What was decided; no ids, no version, no scores."""
    reasons = {(b.action, b.channel, b.reason) for b in record.blocked}
    reasons |= {(s.action, s.channel, s.reason) for s in record.scored if s.reason is not None}
    return (
        record.disposition, record.chosen, record.chosen_channel, record.placed_at, record.riders, reasons,
        [(n.kind, n.theme, n.end) for n in record.needs_closed],
    )  # fmt: skip


def by_party(records: Iterable[DecisionRecord]) -> dict[str, list[DecisionRecord]]:
    found: dict[str, list[DecisionRecord]] = {}
    for record in records:
        found.setdefault(record.party, []).append(record)
    return found


def test_the_same_policy_changes_nothing() -> None:
    made = one_step("bank", SAME)
    assert len(recorded().kept.decisions()) == len(made) > 3000
    assert [] == [m for m in made if m.why_not or m.changes]


def test_a_lower_cap_changes_exactly_the_decisions_that_the_engine_itself_changes() -> None:
    found = {m.record.decision_id for m in one_step() if m.record is not None and m.changes}
    shadow = recorded().shadows[CAPPED]
    truth = {r.decision_id for r in recorded().kept.decisions() if what(r) != what(shadow[r.partition, r.offset])}
    assert truth == found
    assert len(found) >= 10


@pytest.mark.parametrize(
    ("name", "other", "least"), [("bank", CAPPED, 10), ("bank", ELSE, 300), ("slots", 0, 5)],
    ids=["lower_cap", "much_else", "fewer_slots"],
)  # fmt: skip
def test_each_comes_out_as_the_engine_itself_decides_it(name: str, other: int, least: int) -> None:
    shadow, differing = recorded(name).shadows[other], 0
    for made in one_step(name, other):
        assert made.record is not None
        assert made.other is not None
        assert what(shadow[made.record.partition, made.record.offset]) == what(made.other)
        assert bool(made.changes) == (what(made.record) != what(made.other))
        differing += bool(made.changes)
    assert differing >= least


def test_the_first_difference_of_each_person_is_that_of_the_full_replay() -> None:
    found: dict[str, Made] = {}
    for made in one_step():
        if made.record is not None and made.changes:
            found.setdefault(made.record.party, made)
    under_b = by_party(replayed())
    truth: dict[str, tuple[DecisionRecord, DecisionRecord]] = {}
    for party, history in by_party(recorded().kept.decisions()).items():
        for before, after in zip(history, under_b[party], strict=False):
            if before.event_id != after.event_id or what(before) != what(after):
                truth[party] = before, after
                break
    assert truth.keys() == found.keys()
    for party, (before, after) in truth.items():
        made = found[party]
        assert made.record is not None
        assert made.other is not None
        assert (before.event_id, what(after)) == (made.record.event_id, what(made.other))


def full(after: Policy) -> tuple[FullReplay, list[Differing]]:
    """The recorded town from its start under both policies, and where they differ."""
    kept: list[Differing] = []
    played, given = recorded(), [compiled(bank()), compiled(after)]
    inputs, driver = played.trail(bank(), after).inputs(None), played.kept.driver
    replay = FullReplay(played.read, driver.codec, driver.topics, inputs, *given, PARTITIONS, Tally(kept.append))
    replay.run()
    return replay, kept


def test_a_full_replay_of_the_same_policy_is_the_recorded_town() -> None:
    replay, differing = full(bank())
    assert (replay.recorded, 0, []) == (replay.as_recorded, replay.left_out, differing)
    assert replay.recorded > 3000


def test_a_full_replay_is_that_of_the_engine_itself() -> None:
    """The engine gets every recorded outcome, also of contacts that it does not make: in this town nobody answers one
    in a way that matters. A moment that only one side comes to is a difference if something was done there."""
    under_b, truth = by_party(replayed()), set[tuple[str, str]]()
    for party, history in by_party(recorded().kept.decisions()).items():
        before, after = ({r.event_id: r for r in one if not duplicate(r)} for one in (history, under_b[party]))
        both = before.keys() & after.keys()
        truth |= {(party, event) for event in both if what(before[event]) != what(after[event])}
        alone = (r for side in (before, after) for event, r in side.items() if event not in both)
        truth |= {(party, r.event_id) for r in alone if r.chosen or r.needs_closed}
    replay, differing = full(lower_cap())
    assert truth == {(one.party, one.event_id) for one in differing}
    assert replay.left_out > 0


def duplicate(record: DecisionRecord) -> bool:
    return record.disposition is Disposition.DUPLICATE


def test_what_competed_in_the_town_is_in_the_matrix_of_its_policy() -> None:
    seen = where(recorded().kept.decisions())
    assert set(Point) == {point for _, point, _ in seen}
    assert [] == strangers(rows(bank()), seen)
