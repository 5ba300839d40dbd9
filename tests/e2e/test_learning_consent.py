"""Without `profiling` no example exists: shown from the topics alone, in a town whose residents answer.

What is read: `consents`, as producers wrote them, the commands and the examples. No row, no policy, no code of the
engine or of its checker (I11, I22) says who had consented: only a party's identifier and time.

A withdrawal counts from where it lies on the log. So a slice of the town's time begins with it: if it came within the
slice, the messages of other persons might move time past a label before it arrives.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from msgspec.structs import replace

from benchmarks.regret_town import town, visitors
from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings
from garbo.cli import own_pipeline
from garbo.core.party.identity import party_of
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Deliver, Learn
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.policy.loader import load
from garbo.processors.identifiers import normalised
from garbo.processors.ports import InboundMessage
from garbo.replay.lockstep import Lockstep
from garbo.replay.outputs import OutputReader
from garbo.replay.pipeline import Pipeline
from garbo.simulation.loop import Answers, Engine, run
from garbo.simulation.population import Person
from garbo.simulation.summary import Summary
from garbo.simulation.town import owner
from garbo.simulation.world import START, midnight

POLICY: Final = Path(__file__).parents[2] / "benchmarks" / "regret_policy"
SEED, PARTIES, DAYS, PARTITIONS = 3, 36, 5, 2
NEEDED: Final = ("personal_data", "profiling")
SLICE: Final = 6 * HOUR
WITHDRAWN: Final = midnight(START) + 2 * DAY + 2 * SLICE
GIVEN_AGAIN: Final = WITHDRAWN + 4 * SLICE
# By number: never gives it; withdraws it; withdraws it, and gives it again; the others keep it.
NEVER, WITHDRAWS, COMES_BACK = 0, 1, 2


class Log(NamedTuple):
    """What lies on the topics. consents: party -> consent -> (when, given), in the order of time."""

    consents: dict[str, dict[str, list[tuple[int, bool]]]]
    commands: dict[str, Deliver]
    examples: list[Learn]
    accepted: set[str]  # ids of commands


def kind(person: Person) -> int:
    return person.number % 4


def id_of(person: Person) -> str:
    return party_at(person.customer)


def party_at(identifier: Identifier) -> str:
    known = normalised(identifier.kind, identifier.value)
    assert known is not None
    return party_of(known)


class ChangesOfMind:
    """An engine that also sends what some residents say about profiling."""

    def __init__(self, engine: Engine, residents: Sequence[Person]) -> None:
        self._engine = engine
        self._waiting = sorted(_said(residents), key=lambda message: message.at)

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        now = [message for message in self._waiting if message.at < until]
        self._waiting = self._waiting[len(now) :]
        if not now:
            return self._engine.advance(messages, until)
        first, rest = self._engine.advance(now, now[-1].at + 1), self._engine.advance(messages, until)
        return Answers([*first.commands, *rest.commands], [*first.decisions, *rest.decisions])


def _said(residents: Sequence[Person]) -> Iterator[InboundMessage]:
    for person in residents:
        for of, at, granted in (
            ((WITHDRAWS, COMES_BACK), WITHDRAWN, False),
            ((COMES_BACK,), GIVEN_AGAIN, True),
        ):
            if kind(person) in of:
                body = ConsentChange("profiling", granted, (person.customer,), "form", Channel.APP)
                yield InboundMessage(f"town{SEED}/{person.number}/profiling-{granted}", at + person.number, body)


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    """A town has been played through an embedded broker and a worker; the topics as they are then."""
    residents = visitors(SEED, PARTIES)
    for person in residents:
        person.consents["profiling"] = kind(person) != NEVER
    live = town(SEED, PARTIES, DAYS, population=residents)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-consent-")))
        settings = Settings(kafka=own_pipeline.embedded(stack, PARTITIONS, load(POLICY)), policy_dir=POLICY)
        worker, _ = own_pipeline.worker(stack, settings, folder, commit_ms=5)
        codec = AvroCodec(PackagedRegistry())
        pipeline = Pipeline(settings.kafka, codec, PARTITIONS)
        stack.callback(pipeline.close)
        reader = OutputReader(settings.kafka, codec, PARTITIONS, from_start=False)
        stack.callback(reader.close)
        engine = Lockstep(pipeline, reader, owner, alive=worker.check)
        run(live, ChangesOfMind(engine, residents), Summary(), slice_ms=SLICE)
        assert 0 == engine.dead_letters, engine.problems
        yield read(settings.kafka, codec)


def read(kafka: KafkaSettings, codec: AvroCodec) -> Log:
    consents: dict[str, dict[str, list[tuple[int, bool]]]] = defaultdict(lambda: defaultdict(list))
    accepted = set()
    for record in read_all(kafka, ["consents", "outcomes"]):
        message = codec.inbound(record.value or b"")
        body = message.body
        if isinstance(body, ConsentChange):
            for identifier in body.identifiers:
                consents[party_at(identifier)][body.consent].append((message.at, body.granted))
        elif isinstance(body, ActionOutcome) and body.status == "accepted":
            accepted.add(body.action_id)
    for party in consents.values():
        for changes in party.values():
            changes.sort()
    commands = [codec.command(record.value or b"") for record in read_all(kafka, ["actions.app"])]
    examples = [codec.example(record.value or b"") for record in read_all(kafka, ["learning-examples"])]
    return Log(dict(consents), {command.action_id: command for command in commands}, examples, accepted)


def held(log: Log, party: str, consent: str, since: int, until: int) -> bool:
    """The party had given the consent before `since`, and did not withdraw it up to `until`."""
    changes = log.consents.get(party, {}).get(consent, [])
    before = [granted for at, granted in changes if at <= since]
    return bool(before) and before[-1] and all(granted for at, granted in changes if since < at <= until)


def unpermitted(log: Log, examples: Iterable[Learn]) -> list[str]:
    """The ids of the examples for which a consent was missing, from the contact to the label."""
    found = []
    for example in examples:
        contact = log.commands[example.example_id.partition("/")[0]]
        assert (contact.party, contact.action) == (example.party, example.action)
        assert contact.at <= example.at
        if not all(held(log, example.party, consent, contact.at, example.at) for consent in NEEDED):
            found.append(example.example_id)
    return found


def shown(log: Log, party: str, since: int = 0, until: int = 1 << 60) -> list[Deliver]:
    return [c for c in log.commands.values() if c.party == party and since <= c.at < until]


def of_kind(*kinds: int) -> list[str]:
    return [id_of(person) for person in visitors(SEED, PARTIES) if kind(person) in kinds]


def test_no_example_is_of_a_time_without_the_consent(log: Log) -> None:
    assert len(log.examples) > 100
    assert unpermitted(log, log.examples) == []


def test_who_never_gave_it_is_shown_offers_and_answers_and_is_in_no_example(log: Log) -> None:
    without = of_kind(NEVER)
    contacts = [command for party in without for command in shown(log, party)]
    assert len(contacts) > 30
    assert sum(command.action_id in log.accepted for command in contacts) >= 1  # there was something to learn
    assert not [e for e in log.examples if e.party in without]


def test_who_withdraws_it_was_in_examples_and_is_in_none_afterwards(log: Log) -> None:
    waiting = 0
    for party in of_kind(WITHDRAWS, COMES_BACK):
        mine = [example for example in log.examples if example.party == party]
        contacts = {e.example_id.partition("/")[0] for e in mine}
        late = [e for e in mine if WITHDRAWN + MINUTE < e.at < GIVEN_AGAIN]
        assert not late
        # Contacts whose window was open at the withdrawal: their label never came, also after the consent's return.
        open_then = shown(log, party, WITHDRAWN - 9 * HOUR, WITHDRAWN)
        assert not contacts & {command.action_id for command in open_then}
        waiting += len(open_then)
    assert waiting > 3
    assert {e.party for e in log.examples if e.at < WITHDRAWN} & set(of_kind(WITHDRAWS))
    assert not {e.party for e in log.examples if e.at > WITHDRAWN + MINUTE} & set(of_kind(WITHDRAWS))
    assert {e.party for e in log.examples if e.at > GIVEN_AGAIN + MINUTE} & set(of_kind(COMES_BACK))


def test_a_planted_example_is_found(log: Log) -> None:
    good = log.examples[0]
    command = shown(log, of_kind(NEVER)[0])[0]
    planted = replace(
        good, example_id=f"{command.action_id}/planted", party=command.party, action=command.action,
        at=command.at + 10 * HOUR,
    )  # fmt: skip
    assert unpermitted(log, [good, planted]) == [planted.example_id]
