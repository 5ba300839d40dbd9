# ruff: noqa: E501 -- a table: one case a line
"""What a what-if compares, what it leaves out, and what it says about its limits."""

from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.recompute.recompute import Verdict
from garbo.audit.recompute.trail import Trail
from garbo.core.gates import scarcity
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.scoring.scorer import LATE
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, NeedClosed, Scored
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.learning.estimators.heads import Constant
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.evaluation.figures import Figures
from garbo.learning.snapshots import encode, snapshot_of
from garbo.processors.ports import ConsumerRecord
from garbo.processors.quota import PartitionQuota
from garbo.processors.topics import Topics
from garbo.replay.what_if.as_recorded import ModelsAsRecorded, QuotaAsRecorded
from garbo.replay.what_if.decided import Change, changes, decided
from garbo.replay.what_if.full import BEFORE_THE_LOG, FullReplay
from garbo.replay.what_if.limits import limits
from garbo.replay.what_if.one_step import NOT_AS_RECORDED, OTHER_POLICY, Made, OneStep
from garbo.replay.what_if.tally import Differing, Tally
from tests.golden.histories.playing import bank, edited
from tests.unit.audit.verify.recorded import Recorded, populated, stories

RECORD = DecisionRecord(
    "d-1", "p", "e", "touchpoint", "page_view", 0, 10, Disposition.DECIDED, "v1", chosen="letter", placed_at=20,
    chosen_channel="email", blocked=(Blocked("call", Reason.CAP_REACHED, "one_call"),),
)  # fmt: skip
OTHER = edited("policy.yaml", ("share: 0.05", "share: 0.4"))


# ---- what is compared ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        (
            {"decision_id": "d-2", "policy_version": "v2", "seed": 7, "pressure": 2.0, "state": "x", "action_id": "a"},
            None,
        ),
        ({"blocked": (Blocked("call", Reason.CAP_REACHED, "under_another_name"),)}, None),
        ({"disposition": Disposition.DUPLICATE}, Change.MOMENT),
        ({"chosen": "", "chosen_channel": "", "placed_at": 0}, Change.SILENCE),
        ({"chosen": "push"}, Change.ACTION),
        ({"chosen_channel": "sms"}, Change.CHANNEL),
        ({"placed_at": 21}, Change.TIME),
        ({"riders": ("rider",)}, Change.RIDER),
        ({"needs_closed": (NeedClosed("question", "", NeedEnd.ANSWERED),)}, Change.NEED),
        ({"blocked": (Blocked("call", Reason.SPACING),)}, Change.REASONS),
        ({"blocked": ()}, Change.REASONS),
    ],
    ids=lambda value: getattr(value, "name", None) or "",
)
def test_what_differs(changed: dict[str, object], first: Change | None) -> None:
    other = replace(RECORD, **changed)
    found = changes(decided(RECORD), decided(other))
    assert (found[0] if found else None) is first
    if first is Change.SILENCE:
        assert changes(decided(other), decided(RECORD))[0] is Change.SPEAKS


def test_the_tally_counts_both_sides_and_says_why_an_action_is_lost() -> None:
    kept: list[Differing] = []
    tally = Tally(kept.append)
    silent = replace(
        RECORD, chosen="", chosen_channel="", blocked=(*RECORD.blocked, Blocked("letter", Reason.HELD_OUT))
    )  # fmt: skip
    tally.add(RECORD, RECORD)
    tally.add(RECORD, silent)
    tally.add(silent, RECORD)
    tally.add_alone(RECORD, recorded=True)
    tally.add_alone(silent, recorded=False)  # silence at a moment of its own is no difference
    data = tally.data()
    assert (4, 3) == (data["compared"], data["differ"])
    assert {"a decision that only one of them comes to": 1, "silence instead of an action": 1,
            "an action instead of silence": 1} == data["by_change"]  # fmt: skip
    assert {"recorded": 3, "under_b": 2} == data["by_action"]["letter"]
    assert {"recorded": 3, "under_b": 2} == data["by_channel"]["email"]
    assert {"recorded": 1, "under_b": 2} == data["by_reason"]["held_out"]
    assert ["held_out", "held_out", ""] == [one.why for one in kept]
    assert None is kept[2].data()["under_b"]


# ---- what is not compared ------------------------------------------------------------------------------------------


def made(run: Recorded, before: CompiledPolicy, after: CompiledPolicy) -> list[Made]:
    """Every decision of the run, in one step."""

    def read(topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        everywhere = partition is None or DECIDE_CHANGELOG in topics
        return (r for r in run.read(topics) if everywhere or r.partition == partition)

    step = OneStep(Trail(read, run.codec, Topics(), run.log, [before, after]), before, after, 4)
    return [one for partition in range(4) for one in step.walk(partition)]


def longest(run: Recorded) -> list[DecisionRecord]:
    """The decisions of the party that has most of them."""
    own: dict[str, list[DecisionRecord]] = {}
    for decision in run.decisions():
        own.setdefault(decision.party, []).append(decision)
    return max(own.values(), key=len)


def test_decisions_of_another_policy_move_the_rows_on_and_are_not_compared() -> None:
    found = made(stories(), compiled(OTHER), compiled(bank()))
    assert {OTHER_POLICY} == {one.why_not for one in found}


def test_a_decision_that_does_not_come_out_as_recorded_is_not_compared() -> None:
    run = stories()
    one = next(d for d in run.decisions() if d.chosen)
    forged = replace(one, chosen="another", policy_version=one.policy_version)
    run.swap("decisions", lambda r: r.value == run.codec.encode(one), run.codec.encode(forged))
    found = made(run, compiled(bank()), compiled(OTHER))
    assert [NOT_AS_RECORDED] == [m.why_not for m in found if m.why_not]


def test_a_command_that_is_no_longer_on_its_topic_was_decided_all_the_same() -> None:
    run = stories()
    sent = run.commands()[0]
    run.remove(f"actions.{sent.channel}", lambda r: r.value == run.codec.encode(sent))
    assert [] == [m for m in made(run, compiled(bank()), compiled(bank())) if m.why_not or m.changes]


def test_what_cannot_be_read_and_what_has_lost_its_row_are_counted() -> None:
    run = populated()
    first, *rest = longest(run)
    run.append("decisions", b"p", b"no record")
    run.remove("party-events", lambda r: (r.partition, r.offset) == (first.partition, first.offset))
    found = [m.why_not for m in made(run, compiled(bank()), compiled(bank())) if m.why_not]
    assert 1 == found.count(Verdict.UNREADABLE.value)
    assert 1 + len(rest) == found.count(Verdict.NOT_AVAILABLE.value)


def test_a_person_whose_history_began_before_the_log_is_left_out_of_a_full_replay() -> None:
    run = populated()
    first, *rest = longest(run)
    run.remove("party-events", lambda r: (r.partition, r.offset) == (first.partition, first.offset))

    def read(topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        return (r for r in run.read(topics) if partition in (None, r.partition))

    policy, kept = compiled(bank()), list[Differing]()
    tally = Tally(kept.append)
    inputs = Trail(read, run.codec, Topics(), run.log, [policy]).inputs(None)
    replay = FullReplay(read, run.codec, Topics(), inputs, policy, policy, 4, tally)
    replay.run()
    assert [] == kept
    assert sum(d.event_type not in ("timer", "moved", "member") for d in rest) == tally.not_compared[BEFORE_THE_LOG] > 0
    once = sum(d.disposition is not Disposition.DUPLICATE for d in rest)
    assert replay.recorded - replay.as_recorded >= once


# ---- models and scarce things as recorded --------------------------------------------------------------------------


def snapshot(trained_on: int, accepted: float) -> tuple[str, bytes]:
    """The version and the bytes of a model of `cards` that always gives the answer `accepted`."""
    serving = encode_serving(Serving(0.1, [], {}, Constant(accepted)))
    made = snapshot_of("cards", trained_on, "", serving, Figures())
    return made.version, encode(made)


def test_a_model_answers_with_the_version_of_the_record_and_later_with_that_one() -> None:
    known = dict([snapshot(1, 0.25), snapshot(2, 0.75)])
    models = ModelsAsRecorded(known)
    card = next(a for a in bank().actions.values() if a.family == "cards")
    asked = Scored(card.name, 0.2, 0.3, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0)
    silent = replace(asked, model_output=-1.0)
    first, second = (replace(RECORD, scored=(asked,), models=(version,)) for version in known)

    def answer(record: DecisionRecord) -> float | None:
        found = models.at(record, compiled(bank())).estimate("cards", {})
        return None if found is None else round(found.probability, 2)

    assert None is answer(RECORD)  # it was not asked yet, on this partition
    assert (0.25, 0.75) == (answer(first), answer(second))
    models.passed(first)
    assert 0.25 == answer(RECORD)
    assert 0.75 == answer(second)
    models.passed(second)
    assert 0.75 == answer(RECORD)
    assert None is answer(replace(RECORD, scored=(silent,)))  # it was asked, and there was no model
    assert LATE == models.at(replace(RECORD, scored=(silent,), fallback=True), compiled(bank())).estimate("cards", {})
    assert None is answer(replace(first, models=("cards@9",)))  # that snapshot is no longer on the log


def test_what_the_record_found_used_up_is_used_up_where_the_log_has_lost_its_beginning() -> None:
    def policy(at_most: int) -> Policy:
        return replace(bank(), channels={"email": ChannelPolicy("email", capacity=Capacity(at_most))})

    found = replace(RECORD, action_id="", blocked=(Blocked("letter", Reason.NO_CAPACITY, "email:7"),))
    counted = PartitionQuota(0, lambda: 1, None)
    counted.spend("email", 7)
    quota = QuotaAsRecorded(counted, found, policy(9))
    assert (1, 1) == (quota.used("email", 7), quota.share("email", 7, 9))  # the log shows one, the record none left
    assert 12 == quota.share("email", 7, 12)  # under another ceiling only what the log shows counts
    assert 9 == quota.share("email", 8, 9)
    assert 5 == quota.share(f"{scarcity.STOCK}letter", 0, 5)


# ---- what a recorded row cannot tell -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("contact_policy.yaml", "a_day_between_offers, gap: 24h", "a_day_between_offers, gap: 48h", ""),
        ("contact_policy.yaml", "a_day_between_offers, gap: 24h", "a_day_between_offers, gap: 800d", "B looks back 800 days"),
        ("attributes.yaml", "attributes:\n", 'attributes:\n  shoe_size: {kind: int, default: 0, meaning: size}\n', "do not hold shoe_size"),
        ("policy.yaml", "silence: 21d", "silence: 7d", "moments of the party's own clock are the recorded ones"),
        ("needs.yaml", "answer_within: 45m", "answer_within: 1h", "moments at which needs are answered are the recorded ones"),
        ("policy.yaml", "email: {reports_within: 4h}", "email: {reports_within: 4h, capacity: {at_most: 9, per: day}}", "A did not count what is used of email"),
        ("policy.yaml", "at_most: 60, per: hour", "at_most: 60, per: day", "A did not count what is used of call_centre"),
        ("policy.yaml", "at_most: 60, per: hour", "at_most: 6, per: hour", ""),
    ],
)  # fmt: skip
def test_the_limits_of_one_step_are_said(file: str, old: str, new: str, said: str) -> None:
    found = limits(compiled(bank()), compiled(edited(file, (old, new))))
    assert (1 if said else 0) == len(found)
    assert said in "".join(found)
