"""Hostile messages at every entrance: none stops the log, each is accounted for, none affects the next good one."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from garbo.core.party import row_check
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors import resolve
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.decide import DecideProcessor
from garbo.processors.journey_kpis import JourneyKpisProcessor
from garbo.processors.learn import LearnProcessor
from garbo.processors.ports import ConsumerRecord, Output, Rows, Work
from garbo.processors.resolve import ResolveProcessor
from tests.fuzz import raw
from tests.fuzz.grammar import NAMED
from tests.fuzz.hypothesis_engine import CHOICE_BYTES, run
from tests.fuzz.oracle import Crash
from tests.fuzz.scenario import play
from tests.fuzz.tally import Tally
from tests.fuzz.values import PLAUSIBLE

# About fifteen seconds; `make fuzz` takes 100,000.
MESSAGES = 8_000


def test_hostile_messages_have_one_outcome_each_and_harm_no_other() -> None:
    """The same messages each time. Every reason but `bug` occurs, and every outcome of a good message.

    Nothing is misplaced where there is one partition: tests/attacks has that.
    """
    tally = Tally()
    run(MESSAGES, tally, seed=1)
    assert tally.messages >= MESSAGES
    reasons = {reason for _, outcome, reason in tally.ends if outcome == "dead letter"}
    assert {reason.value for reason in DeadLetterReason} - {"bug", "misplaced"} == reasons
    assert {
        "decided", "forwarded", "moved", "duplicate", "tick", "sent on", "linked", "known", "learnt", "counted",
        "checked",
        "accepted", "refused", "read", "dead letter",
    } == {outcome for _, outcome, _ in tally.ends}  # fmt: skip


def test_golden_messages_at_the_entrances_they_are_for() -> None:
    """The seeds of atheris."""
    tally = Tally()
    for seed in raw.seeds():
        raw.play(seed, tally)
    assert len(raw.seeds()) == tally.messages > 200


# ---- not vacuous: each of these mistakes is reported -----------------------------------------------------------------

Process = Callable[[object, int, Sequence[ConsumerRecord], Rows, int], Work]


def _altered(alter: Callable[[Work], None]) -> Callable[[Process], Process]:
    def wrap(process: Process) -> Process:
        def altered(self: object, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
            work = process(self, partition, records, rows, now_ms)
            alter(work)
            return work

        return altered

    return wrap


def _dropped(work: Work) -> None:
    work.outputs[:] = [o for o in work.outputs if o.topic != "dead-letters"]


def _twice(work: Work) -> None:
    work.outputs += [o for o in work.outputs if o.topic == "decisions"]


def _unreadable(work: Work) -> None:
    work.outputs[:] = [o._replace(value=(o.value or b"") + b"\0") for o in work.outputs]


def _leaves_a_row(work: Work) -> None:
    if any(o.topic == "dead-letters" for o in work.outputs):
        work.rows[b"5-x"] = b""


def _too_large(work: Work) -> None:
    work.outputs[:] = [o._replace(key=b"k" * 3_000_000) for o in work.outputs]


class _Forgetful:
    """A processor with a bug: after a bad message it treats the next ones wrongly."""

    @staticmethod
    def wrap(process: Process) -> Process:
        def confused(self: object, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
            work = process(self, partition, records, rows, now_ms + 1_000 * getattr(self, "seen_bad", 0))
            if any(o.topic == "dead-letters" for o in work.outputs):
                self.seen_bad = 1  # type: ignore[attr-defined]
            return work

        return confused


@pytest.mark.parametrize("processor", [ResolveProcessor, DecideProcessor, LearnProcessor, JourneyKpisProcessor])
@pytest.mark.parametrize(
    "wrap",
    [_altered(_dropped), _altered(_unreadable), _altered(_leaves_a_row), _altered(_too_large)],
    ids=["dead letter dropped", "output unreadable", "row besides a dead letter", "output too large"],
)
def test_a_processor_that_breaks_a_promise_is_reported(
    processor: type, wrap: Callable[[Process], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "process", wrap(processor.process))
    assert _found(500)


@pytest.mark.parametrize(
    "wrap", [_altered(_twice), _Forgetful.wrap], ids=["decided twice", "the next decided otherwise"]
)
def test_a_decision_that_breaks_a_promise_is_reported(
    wrap: Callable[[Process], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DecideProcessor, "process", wrap(DecideProcessor.process))
    assert _found(500)


def test_a_dead_letter_of_another_message_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    original = DeadLetters.rejected

    def of_another(self: DeadLetters, record: ConsumerRecord, *more: object) -> Output:
        return original(self, record._replace(offset=record.offset + 1), *more)  # type: ignore[arg-type]

    monkeypatch.setattr(DeadLetters, "rejected", of_another)
    assert _found(500)


@pytest.mark.parametrize(
    ("module", "name", "careless"),
    [(resolve, "_linkable", lambda link: True), (row_check, "fault", lambda row, loser, latest: "")],
    ids=["links are trusted", "moved rows are trusted"],
)
def test_a_missing_check_is_reported(
    module: object, name: str, careless: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two earlier bugs: the record becomes a dead letter with reason `bug`."""
    monkeypatch.setattr(module, name, careless)
    assert _found(1_500)


def _found(scenarios: int) -> bool:
    """Does one of `scenarios` random scenarios break a promise?"""
    for number in range(scenarios):
        try:
            play(Random(number).randbytes(CHOICE_BYTES), Tally())
        except Crash:
            return True
    return False


def test_every_plausible_value_belongs_to_a_field_on_the_wire() -> None:
    """A key that names no field is never looked up, and its values are never sent."""
    paths = {
        f"{schema['name'].rpartition('.')[2]}.{f['name']}"
        for schema in NAMED.values()
        for f in schema.get("fields", ())
    }
    fields = paths | {path.rpartition(".")[2] for path in paths}
    assert [key for key in PLAUSIBLE if key not in fields] == []
