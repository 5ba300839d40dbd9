"""Processor decide: a record in, its row and messages out; what cannot be used is put aside, the next is decided."""

import pytest

from garbo.adapters.avro.messages.fields import LAST_INSTANT
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.party.state import Party, encode
from garbo.core.policy.actions import Placement, Trigger
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.scoring.scorer import Estimate, NoModels
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import (
    ClockTick,
    Identifier,
    PartyEvent,
    PartyMerged,
    ProfileUpdate,
    RowMoved,
    Source,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import PolicyError
from garbo.learning import registry, snapshots
from garbo.learning.evaluation.figures import Figures
from garbo.processors.meters import Silent
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, InboundMessage
from garbo.testing.driver import DictRows
from tests.unit.core.small import COMPILED, NOON, REACHABLE, action, consent, touch, view, with_actions
from tests.unit.processors.processor import CODEC, TOPICS, DecideHost, dead, envelope, known

# ---- hostile input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"p", None, "empty"),
        (b"p", b"", "empty"),
        (None, envelope(), "null_key"),
        (b"", envelope(), "null_key"),
        (b"p", b"\0" * 140_000, "too_large"),
        (b"p", b"hello", "not_avro"),
        (b"p", b"{}", "not_avro"),
        (b"p", b"\x00\x00\x00\xff\xff" + envelope()[5:], "unknown_schema"),
        (b"p", envelope()[:-4], "malformed"),
        (b"p", envelope() + b"\0", "malformed"),
        (b"p", envelope()[:5] + b"\xff" * 40, "malformed"),
        (b"\xff\xfe", CODEC.encode_inbound(InboundMessage("x", NOON, view())), "not_utf8"),
        (b"p", CODEC.encode(DecisionRecord("d", "p", "e", "", "", 0, 0, "decided", "")), "wrong_type"),  # type: ignore[arg-type]
        (b"other", envelope(), "invalid"),
        (b"p", CODEC.encode_event(PartyEvent("x", "p", NOON + 300_001, view())), "future"),
        (b"p", CODEC.encode_event(PartyEvent("x", "p", NOON, RowMoved("l", b"no row"))), "invalid"),
        (b"p", CODEC.encode_event(PartyEvent("x", "p", NOON, RowMoved("l", encode(Party("m"))))), "invalid"),
        (b"p", envelope(PartyMerged("")), "invalid"),
    ],
)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_hostile_message_is_one_dead_letter_and_the_next_event_is_decided(
    key: bytes | None, value: bytes | None, reason: str, together: bool
) -> None:
    host = known(DecideHost(), "own_promotion")
    bad, good = host.record(value, key), host.event(view("card"))
    works = [host.batch([bad, good])] if together else [host.batch([bad]), host.batch([good])]
    assert [reason] == [r for work in works for r in dead(work)]
    assert ["offer_email"] == [c.action for c in host.commands()]
    (letter,) = [o for work in works for o in work.outputs if o.topic == "t.dead-letters"]
    assert (key, ["p"]) == (letter.key, sorted(k.decode() for k in host.rows.rows))


def test_stamp_that_no_clock_gave_is_as_old_as_can_be() -> None:
    """A record's stamp may be its producer's word; an age beyond 64 bits could not be recorded."""
    host = DecideHost()
    for stamp in (-(2**63), -1, 0, 2**63 - 1):
        work = host.batch([host.event(view())._replace(timestamp_ms=stamp)])
        assert ([], [NOON]) == (dead(work), [record.age_ms for record in host.decisions(work)])


def test_timer_of_the_far_future_does_not_take_a_replay_along() -> None:
    """With the events' own clock the year 9999 would become the party's time, and no decision could be dated again."""
    host = known(DecideHost(clock="stream"), "own_promotion")
    far = CODEC.encode_event(PartyEvent("t", "p", LAST_INSTANT, TimerFired("t", LAST_INSTANT)))
    assert ["future"] == dead(host.batch([host.record(far)]))
    host.happen(view("card"))
    assert ["offer_email"] == [c.action for c in host.commands()]


def test_every_record_ends_in_a_decision_or_a_dead_letter() -> None:
    host = DecideHost()
    values = [envelope(), b"junk", None, CODEC.encode_inbound(InboundMessage("y", NOON, view())), envelope(ClockTick())]
    work = host.batch([host.record(v) for v in values])
    assert (2, 2) == (len(host.decisions(work)), len(dead(work)))  # a tick is no event


def test_event_within_the_tolerance_is_decided() -> None:
    host = DecideHost()
    work = host.batch([host.event(view(), at=NOON + 300_000)])
    assert ([], 1) == (dead(work), len(host.decisions(work)))


def test_fact_of_a_producer_who_knew_the_party_is_decided_like_an_envelope() -> None:
    host = known(DecideHost(), "own_promotion")
    host.batch([host.record(CODEC.encode_inbound(InboundMessage("bare", NOON, view("card"))))])
    assert ["offer_email"] == [c.action for c in host.commands()]


# ---- a bug of ours -------------------------------------------------------------------------------------------------


class Broken(NoModels):
    """A scorer with a bug that only some features meet."""

    def __init__(self) -> None:
        self.broken = True

    def estimate(self, family: str, features: object) -> Estimate | None:
        if self.broken:
            raise ZeroDivisionError
        return None


def test_bug_while_deciding_puts_the_event_aside_and_leaves_the_row_as_it_was() -> None:
    """Also in the middle of a batch: what came before counts, and the next event finds the row before the bug."""
    scorer = Broken()
    host = known(DecideHost(scorer=scorer), "own_promotion", "profiling")
    before = host.party()
    work = host.happen(view("insurance"), view("card"), touch("post", "card"))
    assert ["bug"] == dead(work)
    row = host.party()
    assert (2, 1) == (len(row.touches) - len(before.touches), len(row.needs))
    assert [] == row.contacts
    assert ["view", "post"] == [t.kind for t in row.touches]


def test_timer_that_meets_a_bug_does_not_hold_up_the_partys_others() -> None:
    scorer = Broken()
    scorer.broken = False
    late = action("late_offer", when=(Trigger("touchpoint", "view"),), placement=Placement(delay=HOUR))
    later = action(
        "later_sms", "service", "service_request", "sms", "loan", when=(Trigger("touchpoint", "other"),),
        placement=Placement(delay=2 * HOUR),
    )  # fmt: skip
    host = known(DecideHost(with_actions(late, later), scorer=scorer), "own_promotion", "profiling")
    host.happen(view(), touch("other"))
    scorer.broken = True
    host.now += 3 * HOUR
    host.fire()
    host.fire()
    assert ["later_sms"] == [c.action for c in host.commands()]


# ---- batches -------------------------------------------------------------------------------------------------------


def test_batch_reads_its_own_writes() -> None:
    """Consent and offer in one batch: the offer sees the consent, and the row is written once."""
    host = DecideHost()
    work = host.happen(ProfileUpdate(REACHABLE), consent("personal_data"), consent("own_promotion"), view("card"))
    assert [b"p"] == list(work.rows)
    assert ["offer_email"] == [c.action for c in host.commands()]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_size_of_the_batches_does_not_change_the_decisions(size: int) -> None:
    bodies = [
        ProfileUpdate(REACHABLE),
        consent("personal_data"),
        consent("own_promotion"),
        view("card"),
        touch("post", "loan"),
        view("loan"),
        touch("fraud"),
    ]
    whole, parts = DecideHost(), DecideHost()
    whole.batch([whole.event(b) for b in bodies])
    records = [parts.event(b) for b in bodies]
    for start in range(0, len(records), size):
        parts.batch(records[start : start + size])
    assert whole.outputs == parts.outputs
    assert whole.rows.rows == parts.rows.rows


def test_aborted_batch_leaves_nothing_and_is_decided_again_alike() -> None:
    """The checkpoint is rolled back, the rows are those of before, timers too; read again, it gives the same."""
    host = known(DecideHost(), "own_promotion")
    record = host.event(touch("post", "card"))
    first = host.batch([record], commit=False)
    assert None is host.processor._timers[0].next_due
    second = host.batch([record])
    assert (first.outputs, first.rows) == (second.outputs, second.rows)
    assert NOON + 5 * MINUTE == host.processor._timers[0].next_due


def test_timers_are_rebuilt_from_the_rows() -> None:
    """A worker that takes the partition over fires what its predecessor had planned."""
    host = known(DecideHost())
    host.happen(touch("post", "card"))
    host.processor.close(0)
    host.now += 10 * MINUTE
    assert [] == host.fire()  # not ours any more
    host.processor.open(0, host.rows)
    assert [NOON + 5 * MINUTE] == [e.at for e in host.fire()]
    assert ["reply_promise"] == [c.action for c in host.commands()]


def test_timer_fired_twice_by_two_workers_is_decided_once() -> None:
    """Produced before the crash and again after it: the second one finds nothing on the row."""
    host = known(DecideHost())
    host.happen(touch("post", "card"))
    host.now += 10 * MINUTE
    (output,) = host.processor.due(0, host.now)
    host.processor.open(0, host.rows)
    (again,) = host.processor.due(0, host.now)
    assert output == again
    host.batch([host.record(output.value, output.key), host.record(again.value, again.key)])
    assert ["reply_promise"] == [c.action for c in host.commands()]
    assert ["decided", "duplicate"] == [r.disposition.value for r in host.decisions()][-2:]


def test_timer_of_a_worker_whose_clock_was_ahead_is_no_future() -> None:
    host = known(DecideHost())
    host.happen(touch("post", "card"))
    due = NOON + 5 * MINUTE
    (timer,) = [t for t in host.party().timers if t.due == due]
    host.now = NOON - 10 * MINUTE
    work = host.batch([host.event(TimerFired(timer.id, due), at=due)])
    assert [] == dead(work)


def test_due_is_quiet_when_nothing_is_due_or_the_partition_is_not_ours() -> None:
    host = known(DecideHost())
    host.happen(touch("post", "card"))
    assert () == host.processor.due(0, NOON)
    assert () == host.processor.due(1, NOON + DAY)


# ---- merges over the log -------------------------------------------------------------------------------------------


def test_moved_row_and_forwarded_event_are_addressed_to_the_winner() -> None:
    host = known(DecideHost())
    host.batch(
        [host.event(PartyMerged("1"), party="9"), host.event(view(), party="9", source=Source("touchpoints", 2, 7))]
    )
    onward = [o for o in host.outputs if o.topic == "t.party-events"]
    assert [(b"1", -1), (b"1", -1)] == [(o.key, o.partition) for o in onward]
    moved, forwarded = (CODEC.party_event(ConsumerRecord("t.party-events", 0, 0, o.key, o.value, 0)) for o in onward)
    assert ("1", "9") == (moved.party, moved.body.loser)  # type: ignore[union-attr]
    assert ("1", "9", None) == (forwarded.party, forwarded.forwarded_from, forwarded.source)


# ---- clocks --------------------------------------------------------------------------------------------------------


def test_wall_clock_is_the_partys_time() -> None:
    """An event that waited is decided now, and folded in at its own time."""
    host = known(DecideHost(), "profiling")
    host.batch([host.event(view(), at=NOON - HOUR)])
    record = host.decisions()[-1]
    assert (NOON, NOON - HOUR) == (record.at, record.occurred_at)
    assert [NOON - HOUR] == [t.at for t in host.party().touches]


def test_wall_clock_that_steps_back_does_not_take_the_party_along() -> None:
    host = DecideHost()
    host.happen(view())
    host.now -= MINUTE
    host.happen(view())
    assert [NOON, NOON] == [r.at for r in host.decisions()]


def test_stream_clock_is_the_event_and_timers_follow_the_partition() -> None:
    """A tick, or any party's event, lets time pass for the timers of all; a party's own time is its own events'."""
    host = known(DecideHost(clock="stream"))
    host.now = NOON + 400 * DAY
    host.batch([host.event(touch("post", "card"), at=NOON)])
    assert [] == host.fire()
    host.batch([host.event(ClockTick(), party="tick", at=NOON + HOUR)])
    assert [NOON + 5 * MINUTE] == [e.at for e in host.fire()]
    assert [NOON + 5 * MINUTE] == [c.at for c in host.commands()]


def test_promise_is_kept_to_the_minute_when_time_leaps_over_it() -> None:
    """One tick of three days: what the first timer promises fires at its own time, before what was due later."""
    host = DecideHost(clock="stream")
    host.now = NOON + 400 * DAY
    host.batch(
        [host.event(b, at=NOON) for b in (ProfileUpdate(REACHABLE), consent("personal_data"), touch("post", "loan"))]
    )
    for tick in (10 * MINUTE, 3 * DAY):
        host.batch([host.event(ClockTick(), party="tick", at=NOON + tick)])
        while host.fire():
            pass
        if tick == 10 * MINUTE:  # a call is planned for tomorrow at ten; the card's answer will promise one at 9:30
            host.batch([host.event(touch("post", "card"), at=NOON + 20 * MINUTE)])
    assert [
        ("reply_social", NOON + 5 * MINUTE),
        ("reply_promise", NOON + 25 * MINUTE),
        ("promised_call", NOON + 21 * HOUR + 30 * MINUTE),
        ("follow_up_call", NOON + 22 * HOUR),
    ] == [(c.action, c.at) for c in host.commands()]


# ---- latency budget ------------------------------------------------------------------------------------------------


class Sure(NoModels):
    """A model that is certain, and counts how often it was asked."""

    asked = 0

    def estimate(self, family: str, features: object) -> Estimate | None:
        self.asked += 1
        return Estimate(0.9, 900.0, "v7")


@pytest.mark.parametrize(("age", "asks"), [(0, True), (997, True), (998, True), (999, False), (5000, False)])
def test_model_is_asked_while_the_budget_can_pay_for_it(age: int, asks: bool) -> None:
    """1000 ms of budget, 2 ms for the model: at 999 ms the prior decides, and the record says so."""
    scorer = Sure()
    host = known(DecideHost(scorer=scorer), "own_promotion", "profiling")
    event = CODEC.encode_event(PartyEvent("v", "p", NOON, view("card")))
    host.batch([host.record(event, appended=NOON - age)])
    record = host.decisions()[-1]
    (scored,) = [s for s in record.scored if s.action == "offer_email"]
    assert (asks, not asks, age) == (scorer.asked > 0, record.fallback, record.age_ms)
    assert (("v7", 0.9) if asks else ("", -1.0)) == (record.model_version, scored.model_output)
    assert (0.83 if asks else 0.2) == pytest.approx(scored.propensity)  # (100 * .2 + 900 * .9) / 1000


@pytest.mark.parametrize(("age", "sent"), [(999, True), (1000, False)])
def test_perishable_action_is_dropped_when_its_budget_is_gone(age: int, sent: bool) -> None:
    perishable = action("now", "service", "contract", perishable=True, when=(Trigger("touchpoint", "view"),))
    host = known(DecideHost(with_actions(perishable)))
    host.batch([host.record(CODEC.encode_event(PartyEvent("f", "p", NOON, view())), appended=NOON - age)])
    assert (["now"] if sent else []) == [c.action for c in host.commands()]
    assert ([] if sent else [("now", "latency_budget")]) == lately(host)


@pytest.mark.parametrize(("age", "sent"), [(1000, True), (DAY - 1, True), (DAY, False)])
def test_a_warning_is_late_only_when_its_validity_is_over(age: int, sent: bool) -> None:
    """A fraud warning an hour old is still a warning: it was dropped after half a second of lag."""
    host = known(DecideHost())
    host.batch([host.record(CODEC.encode_event(PartyEvent("f", "p", NOON - age, touch("fraud"))), appended=NOON - age)])
    assert (["alert"] if sent else []) == [c.action for c in host.commands()]
    assert ([] if sent else [("alert", "validity"), ("freeze_notice", "validity")]) == lately(host)


def test_an_old_event_makes_no_fresh_offer() -> None:
    """Validity counts from the event's own time: a view of two days ago is no reason to write today, whatever delayed
    it, and a command's own validity ends with it."""
    host = known(DecideHost(), "own_promotion")
    host.batch([host.event(view("card"), at=NOON - 2 * DAY)])
    assert [] == host.commands()
    assert [("offer_email", "validity"), ("offer_push", "validity")][:1] == lately(host)[:1]
    host.batch([host.event(view("card"), at=NOON - HOUR)])
    assert [NOON - HOUR + DAY] == [c.expires_at for c in host.commands()]


def test_age_counts_from_the_first_topic() -> None:
    """The envelope carries when the producer's message was taken: lag in resolve counts."""
    perishable = action("now", "service", "contract", perishable=True, when=(Trigger("touchpoint", "view"),))
    host = known(DecideHost(with_actions(perishable)))
    event = PartyEvent("f", "p", NOON, view(), appended_at=NOON - HOUR)
    host.batch([host.record(CODEC.encode_event(event), appended=NOON)])
    assert HOUR == host.decisions()[-1].age_ms
    assert [("now", "latency_budget")] == lately(host)


PERMITS = (consent("personal_data"),)


def lately(host: DecideHost) -> list[tuple[str, str]]:
    return [(b.action, b.detail) for b in host.decisions()[-1].blocked if b.reason == "late"]


# ---- broadcasts ----------------------------------------------------------------------------------------------------


def test_policy_is_swapped_between_batches_and_a_broken_one_refused() -> None:
    def load(raw: bytes) -> Policy:
        if raw == b"broken":
            raise PolicyError("no")
        return with_actions().policy

    metrics = Metrics()
    host = known(DecideHost(meter=metrics, load_policy=load), "own_promotion")
    host.processor.broadcast("t.policy-versions", b"bank", b"broken")
    assert COMPILED is host.processor.policy
    refused = {"processor": "decide", "what": "policy"}
    assert 1 == metrics.registry.get_sample_value("garbo_refused_total", refused)
    host.processor.broadcast("t.policy-versions", b"bank", b"new")
    host.happen(view("card"))
    assert [] == host.commands()


def test_a_deleted_snapshot_is_forgotten_and_the_prior_decides() -> None:
    """A tombstone on model-snapshots: an operator took the model out of service."""
    model = Model("f", (), 0.2, 10.0, estimator={"preset": "constant"})
    learner, progressive = registry.new(model), Figures()
    progressive.add(0.5, 1)
    snapshot = snapshots.snapshot_of("f", 1, "", learner.serving(), progressive)
    host = known(DecideHost(), "own_promotion", "profiling")
    versions = []
    for value in (snapshots.encode(snapshot), None):
        host.processor.broadcast("t.model-snapshots", b"f", value)
        host.happen(view("card"))
        versions.append(host.decisions()[-1].models)
        host.now += DAY
    assert [(snapshot.version,), ()] == versions


def test_an_empty_broadcast_is_ignored_and_a_poisoned_snapshot_refused() -> None:
    metrics = Metrics()
    metrics.processor("decide")  # its counters start at 0
    host = DecideHost(meter=metrics)
    refused = []
    for value in (None, b"poison"):
        host.processor.broadcast("t.model-snapshots", b"f", value)
        labels = {"processor": "decide", "what": "snapshot"}
        refused.append(metrics.registry.get_sample_value("garbo_refused_total", labels))
    assert [0, 1] == refused
    assert COMPILED is host.processor.policy


def test_touchpoint_carries_its_identifiers_to_the_row() -> None:
    host = DecideHost()
    host.happen(Touchpoint(Channel.WEB, "view", identifiers=(Identifier("email", "a@b.c"),)))
    assert [("email", "a@b.c")] == host.party().identifiers


def test_an_event_on_a_wrong_partition_is_a_dead_letter_and_makes_no_row() -> None:
    """Its party's row, with the consents and the contacts that count, lies elsewhere."""
    factory = ProcessorFactory(
        codec=CODEC, topics=TOPICS, policy=COMPILED, meter=Silent(), clock="wall", partitions=lambda: 3
    )
    decide, rows = factory.decide(), DictRows()
    event = PartyEvent("e", "p", NOON, Touchpoint(Channel.WEB, "view"))
    wrong = (partition_for(b"p", 3) + 1) % 3
    decide.open(wrong, rows)
    record = ConsumerRecord(TOPICS.party_events, wrong, 1, b"p", CODEC.encode_event(event), NOON)
    work = decide.process(wrong, [record], rows, NOON)
    (dead,) = work.outputs
    assert (DeadLetterReason.MISPLACED, {}) == (CODEC.dead_letter(dead.value or b"").reason, work.rows)
