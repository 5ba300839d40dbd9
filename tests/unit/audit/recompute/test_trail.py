"""Decisions recomputed from the log are byte-equal; a difference is found, and a missing input is reported."""

from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.recompute.recompute import Verdict
from garbo.audit.recompute.trail import ReplayResult, Tally, Trail
from garbo.core.decide import Env, handle
from garbo.core.party.state import encode
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.effects import DecisionRecord as Decision
from garbo.processors.identifiers import normalise_identifiers
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import Topics
from tests.golden.histories.history import names, replayed
from tests.golden.histories.playing import bank, edited
from tests.unit.audit.verify.recorded import Recorded, populated, stories


def recomputed(
    run: Recorded, policies: Sequence[CompiledPolicy] | None = None, party: str | None = None
) -> tuple[Tally, list[ReplayResult]]:
    """All decisions of a run, recomputed."""

    def read(topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        everywhere = partition is None or DECIDE_CHANGELOG in topics  # a recorded run keeps its rows in one place
        return (r for r in run.read(topics) if everywhere or r.partition == partition)

    trail = Trail(read, run.codec, Topics(), run.log, [compiled(bank())] if policies is None else policies)
    tally, results = Tally(), list[ReplayResult]()

    def report(one: ReplayResult) -> None:
        tally.add(one)
        results.append(one)

    for partition in range(4):
        trail.walk(partition, report, party)
    return tally, results


@pytest.mark.parametrize("name", names())
def test_every_decision_of_a_committed_history_is_recomputed_to_the_byte(name: str) -> None:
    run = Recorded(replayed(name))
    tally, _ = recomputed(run)
    assert (len(run.log["decisions"]), []) == (tally.same, tally.examples)


def test_a_months_decisions_with_models_merges_and_late_facts_are_recomputed_to_the_byte() -> None:
    run = populated()
    tally, found = recomputed(run)
    assert (len(run.log["decisions"]), []) == (tally.same, tally.examples)
    assert 1000 < tally.total
    records = [f.record for f in found if f.record is not None]
    assert {"decided", "duplicate", "moved"} <= {r.disposition.value for r in records}
    assert any(r.models for r in records)


def test_one_partys_decisions_alone() -> None:
    run = stories()
    party = run.decisions()[0].party
    tally, _ = recomputed(run, party=party)
    assert len([d for d in run.decisions() if d.party == party]) == tally.same == tally.total


def forged(run: Recorded, **changed: object) -> Decision:
    one = next(d for d in run.decisions() if d.chosen and d.action_id)
    run.swap("decisions", lambda r: r.value == run.codec.encode(one), run.codec.encode(replace(one, **changed)))
    return one


def test_forged_record_is_found_with_the_field_that_differs() -> None:
    run = stories()
    one = forged(run, pressure=99.0)
    tally, found = recomputed(run)
    assert {Verdict.DIFFERS: 1} == {v: n for v, n in tally.verdicts.items() if v is not Verdict.SAME}
    why = next(f.why for f in found if f.verdict is Verdict.DIFFERS)
    assert why.startswith(f"pressure: recorded 99.0, recomputed {one.pressure}")


def test_forged_command_is_found() -> None:
    run = stories()
    made = run.commands()[0]
    topic = f"actions.{made.channel}"
    run.swap(topic, lambda r: r.value == run.codec.encode(made), run.codec.encode(replace(made, message="Buy!")))
    tally, _ = recomputed(run)
    assert 1 == tally.verdicts[Verdict.DIFFERS]
    assert "message: recorded 'Buy!'" in tally.examples[0]


def test_command_that_is_missing_is_found() -> None:
    run = stories()
    made = run.commands()[0]
    run.remove(f"actions.{made.channel}", lambda r: r.value == run.codec.encode(made))
    assert "is not on its topic" in recomputed(run)[0].examples[0]


def test_row_that_was_lost_is_found_even_though_the_changelog_once_had_the_other() -> None:
    run = populated()
    wrong = next(d for d in run.decisions() if d.prior_state and d.offset > 50)
    run.swap(
        "decisions",
        lambda r: r.value == run.codec.encode(wrong),
        run.codec.encode(replace(wrong, prior_state="0" * 16)),
    )
    assert 1 == recomputed(run)[0].verdicts[Verdict.WRONG_ROW]


def test_missing_policy_is_reported_and_another_is_not_taken_for_it() -> None:
    run = stories()
    other = compiled(edited("policy.yaml", ("exploration: 0.02", "exploration: 0.03")))
    tally, _ = recomputed(run, [other])
    assert {Verdict.NOT_AVAILABLE} == set(tally.verdicts)
    assert "is not available" in tally.examples[0]


def test_row_deleted_by_retention_comes_from_the_changelog() -> None:
    run = populated()
    own: dict[str, list[Decision]] = {}
    for decision in run.decisions():
        own.setdefault(decision.party, []).append(decision)
    party, (first, *rest) = max(own.items(), key=lambda held: len(held[1]))
    gone = run.remove("party-events", lambda r: (r.partition, r.offset) == (first.partition, first.offset))
    tally, _ = recomputed(run, party=party)
    assert (0, 1 + len(rest)) == (tally.same, tally.verdicts[Verdict.NOT_AVAILABLE])
    assert "is no longer on the log" in tally.examples[0]

    event = normalise_identifiers(run.codec.party_event(gone), "IT", DEFAULT.identifiers)
    left = encode(handle(None, event, Env(compiled(bank()), at=first.at)).state)
    run.append(DECIDE_CHANGELOG, party.encode(), left)
    tally, found = recomputed(run, party=party)
    assert (len(rest), 1) == (tally.same, tally.verdicts[Verdict.NOT_AVAILABLE])
    assert "its event is no longer on party-events" == found[-1].why


def test_record_that_cannot_be_read_is_counted() -> None:
    run = stories()
    run.append("decisions", b"p", b"no record")
    tally, _ = recomputed(run)
    assert (1, tally.total - 1) == (tally.verdicts[Verdict.UNREADABLE], tally.same)
    assert "cannot be read: not_avro" in tally.examples[0]


def test_record_of_an_older_writer_is_counted() -> None:
    run = stories()
    forged(run, partition=-1, offset=-1)
    tally, _ = recomputed(run)
    assert tally.verdicts[Verdict.NOT_AVAILABLE] >= 1
    assert "it names no event" in tally.examples[0]
