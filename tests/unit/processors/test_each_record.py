"""A bug of ours meets the same policy in every processor: a dead letter with a digest, and its neighbours processed."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.party.state import Party, encode
from garbo.core.scoring.scorer import Estimate
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import PartyEvent
from garbo.errors import StoreError
from garbo.learning import learner, registry
from garbo.processors import decide, learn, resolve
from garbo.processors.competition import Competition
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.each_record import each_record
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, InboundMessage, Output, Work
from garbo.testing.driver import DictRows
from tests.unit.core.small import COMPILED, SMALL, consent, touch, view
from tests.unit.processors.net import COOKIE, CUSTOMER, DEVICE, EMAIL, NOW, TOPICS, key_of, touchpoint
from tests.unit.processors.processor import CODEC, DecideHost, known
from tests.unit.processors.test_learn import LOAN, Host, letters, record, records


class Counting(Silent):
    """Counts dead letters and decisions."""

    def __init__(self) -> None:
        self.dead: list[tuple[str, str]] = []
        self.decisions = 0

    def dead_letter(self, processor: str, reason: str) -> None:
        self.dead.append((processor, reason))

    def decided(self, record: DecisionRecord, competition: Competition | None) -> None:
        self.decisions += 1


SECRET = "ada@example.org"


# ---- resolve -------------------------------------------------------------------------------------------------------


class Resolve:
    """One partition of resolve whose codec fails on every link of DEVICE, after the message was forwarded."""

    def __init__(self, meter: Counting) -> None:
        codec = CODEC

        class Codec:
            def __getattr__(self, name: str) -> Any:
                return getattr(codec, name)

            def encode_link(self, link: Any) -> bytes:
                if link.identifier == DEVICE:  # the second of two links: the first one is made already
                    raise KeyError(SECRET)
                return codec.encode_link(link)

        broken: Any = Codec()
        factory = ProcessorFactory(codec=broken, topics=TOPICS, policy=COMPILED, meter=meter, clock="wall")
        self.processor = factory.resolve()
        self.rows = DictRows()
        self.processor.open(0, self.rows)

    def run(self, facts: Sequence[InboundMessage]) -> list[Output]:
        batch = [
            ConsumerRecord("touchpoints", 0, n, key_of(CUSTOMER), CODEC.encode_inbound(fact), NOW)
            for n, fact in enumerate(facts)
        ]
        work = self.processor.process(0, batch, self.rows, NOW)
        self.rows.rows.update({key: value for key, value in work.rows.items() if value is not None})
        return work.outputs

    @property
    def memory(self) -> tuple[Any, Any]:
        return self.processor._known, self.processor._claimed


GOOD = [touchpoint(CUSTOMER, COOKIE, event_id="first"), touchpoint(CUSTOMER, EMAIL, event_id="second")]
BAD = touchpoint(CUSTOMER, EMAIL, DEVICE, event_id="bad")


def test_resolve_buries_the_record_and_goes_on_as_if_it_had_not_been_there() -> None:
    """Half of the bad record's links were made already: none is sent, none is remembered as sent."""
    meter = Counting()
    disturbed, clean = Resolve(meter), Resolve(Counting())
    outputs = disturbed.run([GOOD[0], BAD, GOOD[1]])
    expected = clean.run([GOOD[0], touchpoint(CUSTOMER, event_id="in its place"), GOOD[1]])
    dead = [CODEC.dead_letter(o.value or b"") for o in outputs if o.topic == TOPICS.dead_letters]
    assert [(letter.offset, letter.reason) for letter in dead] == [(1, "bug")]
    assert meter.dead == [("resolve", "bug")]
    links = [o for o in outputs if o.topic == TOPICS.links]
    assert links == [o for o in expected if o.topic == TOPICS.links]
    events = [ConsumerRecord(o.topic, 0, 0, o.key, o.value, 0) for o in outputs if o.topic == TOPICS.party_events]
    assert [CODEC.party_event(event).event_id for event in events] == ["first", "second"]
    assert (disturbed.rows.rows, disturbed.memory) == (clean.rows.rows, clean.memory)


def test_resolve_writes_no_row_for_a_record_that_fails() -> None:
    alone = Resolve(Counting())
    alone.run([BAD])
    assert (alone.rows.rows, alone.memory) == ({}, ({0: {}}, {0: set()}))


# ---- decide --------------------------------------------------------------------------------------------------------


class Broken:
    """A scorer with a bug, which scores after the event was applied."""

    def estimate(self, family: str, features: object) -> Estimate | None:
        raise ZeroDivisionError(SECRET)


def test_decide_buries_the_record_and_leaves_the_row_and_the_counts_as_they_were() -> None:
    meter = Counting()
    host = known(DecideHost(scorer=Broken(), meter=meter), "own_promotion", "profiling")
    before = meter.decisions
    outputs = host.happen(view("insurance"), view("card"), touch("post", "card")).outputs
    dead = [CODEC.dead_letter(o.value or b"") for o in outputs if o.topic == "t.dead-letters"]
    assert [letter.reason for letter in dead] == ["bug"]
    assert [t.kind for t in host.party().touches] == ["view", "post"]
    assert (meter.dead, meter.decisions - before) == ([("decide", "bug")], 2)


def test_decide_buries_a_record_its_codec_has_a_bug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bug is met before the party is known: also that is about one record."""
    host = DecideHost()
    real = type(CODEC).party_event

    def party_event(self: Any, record: ConsumerRecord) -> PartyEvent:
        if record.offset == 2:
            raise IndexError
        return real(self, record)

    monkeypatch.setattr(type(CODEC), "party_event", party_event)
    outputs = host.happen(consent("personal_data"), view("insurance"), consent("profiling"), view("card")).outputs
    monkeypatch.undo()
    assert [CODEC.dead_letter(o.value or b"").offset for o in outputs if o.topic == "t.dead-letters"] == [2]
    assert [t.theme for t in host.party().touches] == ["card"]


def test_decide_does_not_bury_an_event_because_its_partys_row_cannot_be_read() -> None:
    """The event is sound: buried, it would be lost when the row is restored."""
    host = DecideHost()
    host.rows.rows[b"p"] = b"\xc1"
    with pytest.raises(StoreError, match="row cannot be read"):
        host.happen(view())


# ---- learn ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def half_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learner fails on the example aged 23 when half of it is learnt."""
    real = registry.new, registry.restore

    class Failing:
        def __init__(self, inner: learner.Learner) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def learn_one(self, features: dict[str, float], label: int, weight: float = 1.0) -> None:
            self._inner.learn_one(features, label, weight)
            if features["age"] == 23.0:
                raise OverflowError(SECRET)

    monkeypatch.setattr(registry, "new", lambda model: Failing(real[0](model)))
    monkeypatch.setattr(registry, "restore", lambda model, parameters: Failing(real[1](model, parameters)))


@pytest.mark.parametrize("committed", [0, 2], ids=["in its first batch", "with a row"])
def test_learn_buries_the_example_and_has_learnt_nothing_of_it(half_learning: None, committed: int) -> None:
    """Its row, its snapshots and its memory are those of a stream without the example, byte for byte."""
    disturbed, clean = Host(every=2), Host(every=2)
    for host in (disturbed, clean):
        host.run(records(0, committed)) if committed else None
        for output in host.processor.due(0, 5_000):  # published, and the row does not know of it
            assert output.topic == "model-snapshots"
    work = disturbed.run([*records(committed, 3), record(3), *records(4, 9)], 6_000)
    expected = clean.run([*records(committed, 3), *records(4, 9)], 6_000)
    (letter,) = letters(work.outputs)
    assert letter[:3] == [3, "learn", "bug"]
    assert (work.rows, disturbed.table) == (expected.rows, clean.table)
    assert [o for o in work.outputs if o.topic != "dead-letters"] == expected.outputs
    assert disturbed.processor.due(0, 6_500) == clean.processor.due(0, 6_500)
    assert disturbed.run(records(9, 12)).rows == clean.run(records(9, 12)).rows


def test_learn_revives_no_model_that_a_policy_has_reset(half_learning: None) -> None:
    """Another estimator and back again: the row still has the parameters of before."""
    disturbed, clean = Host(every=2), Host(every=2)
    for host in (disturbed, clean):
        host.run(records(0, 2))
        for estimator in ({"preset": "constant"}, LOAN.estimator):
            host.processor.use_policy(replace(SMALL, models={"loan": replace(LOAN, estimator=estimator)}))
    work, expected = disturbed.run([record(3), *records(4, 9)], 6_000), clean.run(records(4, 9), 6_000)
    assert [letter[:3] for letter in letters(work.outputs)] == [[3, "learn", "bug"]]
    assert work.rows == expected.rows


def test_learn_writes_nothing_for_a_family_that_has_learnt_nothing(half_learning: None) -> None:
    host = Host()
    work = host.run([record(3)])
    assert ([letter[2] for letter in letters(work.outputs)], work.rows) == (["bug"], {})
    assert list(host.processor.due(0, 5_000)) == []


# ---- the detail ----------------------------------------------------------------------------------------------------


def detail(outputs: Sequence[Output]) -> str:
    return next(CODEC.dead_letter(o.value or b"").detail for o in outputs if o.topic.endswith("dead-letters"))


def test_the_detail_is_the_type_and_a_digest_that_every_worker_gives_the_same_bug() -> None:
    first, second = (detail(Resolve(Counting()).run([BAD])) for _ in range(2))
    assert first == second
    kind, _, digest = first.partition(" ")
    assert (kind, len(digest)) == ("KeyError", 12)
    assert int(digest, 16)


def test_two_bugs_have_two_digests() -> None:
    decide = known(DecideHost(scorer=Broken()), "own_promotion", "profiling")
    bugs = {detail(decide.happen(view("card")).outputs), detail(Resolve(Counting()).run([BAD]))}
    assert len({bug.split()[1] for bug in bugs}) == 2


def test_neither_letter_nor_log_quotes_the_exception(caplog: pytest.LogCaptureFixture) -> None:
    """A message of an exception may quote what it was about: a person's data. Its frames are logged, once a bug."""
    resolve = Resolve(Counting())
    with caplog.at_level(logging.ERROR):
        outputs = resolve.run([BAD, BAD])
    assert SECRET not in detail(outputs)
    assert SECRET not in caplog.text
    assert len(caplog.records) == 1
    assert "encode_link" in caplog.text


# ---- what is not about the record ----------------------------------------------------------------------------------


def test_a_lack_of_memory_is_not_the_fault_of_a_record() -> None:
    """Otherwise every record of a chunk would be put aside, and committed, while memory is short."""

    def handle(_: ConsumerRecord) -> None:
        raise MemoryError

    work = Work()
    with pytest.raises(MemoryError):
        each_record(records(0, 1), handle, work, DeadLetters(CODEC, "dead-letters", "learn", Silent()), NOW)
    assert work.outputs == []


def test_a_damaged_row_is_a_fault_of_the_store() -> None:
    """A row whose text is not UTF-8, too: msgspec raises a plain UnicodeDecodeError then."""
    row = encode(Party("party-of-ada")).replace(b"ada", b"\xff\xff\xff")
    for read in (
        lambda: decide._party(row),
        lambda: decide._party(b"\xc1"),
        lambda: resolve._member(b"\xc1"),
        lambda: resolve._party(b"k\0\xff", b"k\0"),
        lambda: learn._model_id(b"\xff"),
    ):
        with pytest.raises(StoreError, match="cannot be read"):
            read()
