"""Scarcity: the slots of a channel and the stock of an offer are never overshot, whatever the partitions do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.audit.recompute.recompute import RecordedQuota
from garbo.core.decide import Env, handle
from garbo.core.gates import scarcity
from garbo.core.party.state import Party, decode, encode
from garbo.core.policy.actions import FollowUp, Placement, Trigger
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.policy import Arbitration
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Effect, Spent
from garbo.core.vocabulary.events import Body, PartyEvent, TimerFired
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.core.vocabulary.reasons import Reason
from garbo.processors.quota import PartitionQuota
from tests.unit.core.small import NOON, REACHABLE, ProfileUpdate, action, consent, view, with_actions

VIEW = (Trigger("touchpoint", "view"),)


def calls(at_most: int, per: str = "hour", **more: object) -> CompiledPolicy:
    return with_actions(
        action("call", channel="call_centre", when=VIEW, **more),
        contact=ContactPolicy(),
        arbitration=Arbitration(),
        channels={"call_centre": ChannelPolicy("call_centre", capacity=Capacity(at_most, per))},
    )


class Installation:
    """Many parties on some partitions, each with its share and its row of what is used."""

    def __init__(self, policy: CompiledPolicy, partitions: int = 1) -> None:
        self.policy, self.at, self.partitions = policy, NOON, partitions
        self.quotas = [PartitionQuota(n, lambda: partitions, None) for n in range(partitions)]
        self.rows: dict[str, bytes] = {}
        self.effects: list[Effect] = []
        self._count = 0

    def happen(self, body: Body, party: int) -> DecisionRecord:
        """Decide, and decide again as an audit does: from the record alone, without the row of what is used."""
        name, quota = f"p{party}", self.quotas[party % self.partitions]
        self._count += 1
        event = PartyEvent(f"e{self._count}", name, self.at, body, self._count)
        row = self.rows.get(name)
        done = handle(decode(row) if row else Party(name), event, Env(self.policy, at=self.at, quota=quota))
        record = done.effects[-1]
        assert isinstance(record, DecisionRecord)
        recorded = RecordedQuota(record, self.policy.policy)
        again = handle(decode(row) if row else Party(name), event, Env(self.policy, at=self.at, quota=recorded))
        assert done.effects == again.effects
        self.rows[name] = encode(done.state)
        for effect in done.effects:
            if isinstance(effect, Spent):
                quota.spend(effect.key, effect.period)
        self.effects += done.effects
        return record

    def wait(self, span: int, party: int) -> DecisionRecord:
        """Time passes, and the one timer of the party that is due fires."""
        self.at += span
        (timer,) = (t for t in decode(self.rows[f"p{party}"]).timers if t.due <= self.at)
        return self.happen(TimerFired(timer.id, timer.due), party)

    def look(self, party: int) -> DecisionRecord:
        if f"p{party}" not in self.rows:
            self.happen(ProfileUpdate(REACHABLE), party)
            for name in ("personal_data", "own_promotion"):
                self.happen(consent(name), party)
        return self.happen(view(), party)

    def commands(self) -> int:
        return sum(isinstance(e, Deliver) for e in self.effects)


@settings(max_examples=200, derandomize=True)
@given(st.integers(0, 50), st.integers(0, 1000), st.integers(1, 13))
def test_shares_sum_to_the_whole_in_every_period(whole: int, period: int, partitions: int) -> None:
    shares = [scarcity.share(whole, period, n, partitions) for n in range(partitions)]
    assert (whole, True) == (sum(shares), max(shares) - min(shares) <= 1)


def test_longer_shares_move_on() -> None:
    """One slot an hour on four partitions: each has it once in four hours."""
    turns = [[scarcity.share(1, hour, n, 4) for n in range(4)].index(1) for hour in range(4)]
    assert [0, 1, 2, 3] == sorted(turns)


@pytest.mark.parametrize("partitions", [1, 3, 4])
def test_slots_of_an_hour_are_never_overshot_and_the_next_hour_has_its_own(partitions: int) -> None:
    place = Installation(calls(5), partitions)
    records = [place.look(n) for n in range(60)]
    assert 5 == place.commands()
    held = {(b.reason, b.detail) for r in records for b in r.blocked}
    assert {(Reason.NO_CAPACITY, f"call_centre:{NOON // HOUR}")} == held
    place.at += HOUR
    for n in range(60, 120):
        place.look(n)
    assert 10 == place.commands()


def test_days_are_those_of_the_policys_clocks() -> None:
    capacity, policy = Capacity(1, "day"), calls(1, "day").policy
    midnight = NOON + 12 * HOUR
    assert 1 == scarcity.period_of(capacity, midnight, policy) - scarcity.period_of(capacity, midnight - 1, policy)


def test_a_plan_takes_the_slot_of_its_own_hour_and_not_a_second_one_when_it_is_made() -> None:
    place = Installation(calls(1, placement=Placement(delay=2 * HOUR)))
    place.look(0)
    assert Reason.NO_CAPACITY is place.look(1).blocked[0].reason
    assert [Spent("call_centre", NOON // HOUR + 2)] == [e for e in place.effects if isinstance(e, Spent)]


def test_a_follow_up_takes_its_slot_and_a_decision_counts_what_it_has_taken_itself() -> None:
    """One slot a day: the call takes it, so its follow-up on the same day finds none."""
    policy = with_actions(
        action("call", "service", "contract", "call_centre", when=VIEW,
               follow_ups=(FollowUp("again", Placement(delay=HOUR)),)),
        action("again", "service", "contract", "call_centre"),
        contact=ContactPolicy(),
        channels={"call_centre": ChannelPolicy("call_centre", capacity=Capacity(1, "day"))},
    )  # fmt: skip
    record = Installation(policy).look(0)
    assert ("call", [("again", Reason.NO_CAPACITY)]) == (record.chosen, [(b.action, b.reason) for b in record.blocked])


def test_a_follow_up_of_what_was_planned_finds_no_slot_where_the_plan_took_the_last_one() -> None:
    """Found in the audit: it took the slot of a confirmed plan for one that the decision had taken itself."""
    policy = with_actions(
        action("call", "service", "contract", "call_centre", when=VIEW, placement=Placement(delay=2 * HOUR),
               follow_ups=(FollowUp("again", Placement(delay=HOUR)),)),
        action("again", "service", "contract", "call_centre"),
        contact=ContactPolicy(),
        channels={"call_centre": ChannelPolicy("call_centre", capacity=Capacity(1, "day"))},
    )  # fmt: skip
    place = Installation(policy)
    place.look(0)
    record = place.wait(2 * HOUR, 0)
    assert ("confirmed", [("again", Reason.NO_CAPACITY)]) == (
        record.confirmation, [(b.action, b.reason) for b in record.blocked],
    )  # fmt: skip


@pytest.mark.parametrize("partitions", [1, 4])
def test_stock_is_never_overshot(partitions: int) -> None:
    policy = with_actions(action("voucher", when=VIEW, stock=7), contact=ContactPolicy(), arbitration=Arbitration())
    place = Installation(policy, partitions)
    records = [place.look(n) for n in range(60)]
    place.at += 40 * DAY
    records += [place.look(n) for n in range(60)]
    assert 7 == place.commands()
    assert {(Reason.NO_CAPACITY, "stock:voucher")} == {(b.reason, b.detail) for r in records for b in r.blocked}


def test_what_is_used_survives_in_its_row() -> None:
    quota = PartitionQuota(1, lambda: 2, None)
    for period in (3, 3, 4):
        quota.spend("call_centre", period)
    again = PartitionQuota(1, lambda: 2, quota.row())
    assert (2, 1, 0, True, False) == (
        again.used("call_centre", 3), again.used("call_centre", 4), again.used("sms", 3), quota.changed, again.changed,
    )  # fmt: skip


def test_a_warning_by_law_is_not_held_back_by_capacity() -> None:
    policy = with_actions(
        action("alert", "mandatory", "legal_obligation", "sms", when=VIEW),
        contact=ContactPolicy(),
        channels={"sms": ChannelPolicy("sms", capacity=Capacity(0))},
    )
    assert "alert" == Installation(policy).look(0).chosen


@pytest.mark.parametrize(("outage", "made"), [(0, ["p0", "p1", "p2", "p3"]), (HOUR, ["p2", "p3"])])
def test_a_plan_made_in_a_later_hour_needs_a_slot_of_that_one(outage: int, made: list[str]) -> None:
    """Two calls are planned for two o'clock and two for three. Who works again at three makes those of three."""
    place = Installation(calls(2, placement=Placement(delay=2 * HOUR), validity=DAY))
    for hour, parties in enumerate(((0, 1), (2, 3))):
        place.at = NOON + hour * HOUR
        for party in parties:
            place.look(party)
    for hour in (2, 3):
        place.at = NOON + max(hour * HOUR, 2 * HOUR + outage)
        for party in range(4):
            for timer in decode(place.rows[f"p{party}"]).timers:
                if timer.action and timer.due <= place.at:
                    place.happen(TimerFired(timer.id, timer.due), party)
    assert made == [e.party for e in place.effects if isinstance(e, Deliver)]
