"""One draw: a choice is drawn when it is made, and what was chosen for later is confirmed or cancelled by rules.

Finding: the probability logged for a deferred offer was .75 where it was sent with .54, because a plan was drawn again.
"""

from collections import Counter

import pytest
from msgspec.structs import replace

from garbo.core.choice.hold_out import held_out
from garbo.core.party.state import Timer, encode
from garbo.core.policy.actions import Placement, Trigger
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.contact_policy import ContactPolicy, QuietHours
from garbo.core.policy.policy import Arbitration, HoldOut
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import Body
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import (
    CONTACT,
    NOON,
    Log,
    action,
    consent,
    contact,
    known,
    outcome,
    touch,
    view,
    with_actions,
)

VIEW = (Trigger("touchpoint", "view"),)
EXPLORING = Arbitration(exploration=0.4, pressure_weight=0.0, explored_at_most=99)
PARTIES = 4000
# The frequency of an option of probability p has the standard deviation sqrt(p (1 - p) / 4000), at most .0079. Four of
# them: one comparison in 16,000 would fail by chance. The parties are fixed, so a run that passes once passes always.
FOUR_DEVIATIONS = 4 * (0.25 / PARTIES) ** 0.5


def offers(deferred: float = 30.0, **changed: object) -> CompiledPolicy:
    """Three offers: one at once, one deferred by an hour, one that is worth no more than silence."""
    later = Placement(delay=HOUR)
    return with_actions(
        action("at_once", when=VIEW, value_company=10.0, theme="card"),
        action("deferred", when=VIEW, value_company=deferred, theme="loan", placement=later, channel="sms"),
        action("worthless", when=VIEW, value_company=0.0, theme="insurance", channel="app"),
        arbitration=EXPLORING,
        contact=ContactPolicy(),
        **changed,
    )


class Crowd:
    """Many parties, each with a log of its own (one log would look at every party's timers each time)."""

    def __init__(self, policy: CompiledPolicy, at: int = NOON) -> None:
        self.logs = [known(Log(policy, at=at), "own_promotion", party=f"p{n}") for n in range(PARTIES)]

    def look(self, wait: int, first: int = PARTIES) -> list[DecisionRecord]:
        """Time passes, then each of the first parties looks once: the records of that."""
        found = []
        for n, log in enumerate(self.logs[:first]):
            log.wait(wait)
            log.happen(view("card"), party=f"p{n}")
            found.append(log.records()[-1])
        return found

    def wait(self, span: int) -> None:
        for log in self.logs:
            log.wait(span)

    def names(self) -> Counter[str]:
        return Counter(name for log in self.logs for name in log.names())


def choices(log: Log) -> list[DecisionRecord]:
    return [r for r in log.records() if r.event_kind == "view"]


def test_frequencies_equal_the_logged_probabilities_for_immediate_and_deferred_choices() -> None:
    """What was logged at the choice is how often it goes out: at once, an hour later, or never."""
    crowd = Crowd(offers())
    made = crowd.look(0)
    crowd.wait(2 * HOUR)
    logged = {s.action: s.probability for s in made[0].scored} | {"": made[0].silence_probability}
    assert all({s.action: s.probability for s in r.scored} | {"": r.silence_probability} == logged for r in made)
    went_out = crowd.names()
    went_out[""] = PARTIES - went_out.total()
    assert {name: went_out[name] / PARTIES for name in logged} == {
        name: pytest.approx(p, abs=FOUR_DEVIATIONS) for name, p in logged.items()
    }
    assert 0 == went_out["worthless"]  # exploration never offers what scores below silence
    assert pytest.approx({"deferred": 0.6 + 0.4 / 3, "at_once": 0.4 / 3, "worthless": 0.0, "": 0.4 / 3}) == logged


def test_a_confirmed_plan_keeps_the_probability_of_its_choice() -> None:
    seen = set()
    for n in range(120):
        policy = offers(30.0 if n % 2 else 8.0)  # the best one, or one that only exploration chooses
        log = known(Log(policy), "own_promotion", party=f"p{n}")
        log.happen(view("card"), party=f"p{n}")
        chosen = log.records()[-1]
        log.wait(2 * HOUR)
        later = log.records()[-1]
        assert (chosen.chosen == "deferred") == bool(later.confirmation)
        if later.confirmation:
            assert ("confirmed", "planned", chosen.action_id) == (later.confirmation, later.point, later.action_id)
            (then,) = [s.probability for s in chosen.scored if s.action == "deferred"]
            (now,) = [s.probability for s in later.scored]
            assert (then, chosen.explored) == (now, later.explored)
            seen.add(chosen.explored)
    assert {True, False} == seen


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (consent("own_promotion", False), (Reason.CONSENT_DENIED, "own_promotion")),
        (contact(Channel.EMAIL, "card"), (Reason.SPACING, "gap")),
    ],
)
def test_a_gate_cancels_a_plan(body: Body, why: tuple[Reason, str]) -> None:
    """A withdrawal, or a contact that another system made meanwhile."""
    rules = replace(CONTACT, quiet_hours={}, suppressions=())
    actions = offers().policy.actions.values()
    log = known(Log(with_actions(*actions, contact=rules, arbitration=Arbitration())), "own_promotion")
    log.happen(view("card"))
    log.happen(body, HOUR - MINUTE)
    log.wait(2 * HOUR)
    (record,) = [r for r in log.records() if r.confirmation]
    held = [(b.reason, b.detail) for b in record.blocked]
    assert ("cancelled", "", [why]) == (record.confirmation, record.chosen, held)
    assert [] == [t for t in log.party().timers if t.action]
    assert [] == [c for c in log.party().contacts if c.planned]


def test_a_plan_worth_no_more_than_silence_is_cancelled() -> None:
    """Pressure came between: what was worth making at noon is not at one."""
    heavy = Arbitration(pressure_weight=5.0)
    policy = with_actions(
        action("deferred", when=VIEW, value_company=40.0, placement=Placement(delay=HOUR), channel="sms"),
        arbitration=heavy, contact=ContactPolicy(complaint_weight=9.0),
    )  # fmt: skip
    log = known(Log(policy), "own_promotion")
    log.happen(view("card"))
    log.happen(outcome("complaint", action="something else"), MINUTE)
    log.wait(2 * HOUR)
    record = log.records()[-1]
    assert ("cancelled", [Reason.BELOW_SILENCE]) == (record.confirmation, [s.reason for s in record.scored])
    assert [] == log.names()


def test_a_higher_class_that_is_due_cancels_a_plan() -> None:
    """A service message waits for the same minute: the offer makes room."""
    closed = QuietHours(11 * 60, 13 * 60)
    policy = with_actions(
        action("offer", when=VIEW, channel="email"),
        action("notice", "service", "contract", "sms", when=(Trigger("touchpoint", "fraud"),)),
        contact=ContactPolicy(quiet_hours={"email": closed, "sms": closed}),
        arbitration=Arbitration(),
    )
    log = known(Log(policy), "own_promotion")
    log.happen(view("card"))
    log.happen(touch("fraud"))
    log.wait(2 * HOUR)
    (record,) = [r for r in log.records() if r.confirmation == "cancelled"]
    assert [("offer", Reason.OUTRANKED, "notice")] == [(b.action, b.reason, b.detail) for b in record.blocked]
    assert ["notice"] == log.names()


def test_exploration_spends_the_budget_of_each_party() -> None:
    """One explored contact in 30 days: then the best offer is made for sure, and the record says so."""
    policy = with_actions(
        action("best", when=VIEW, value_company=30.0, cooldown=0),
        action("other", when=VIEW, value_company=20.0, theme="loan"),
        arbitration=Arbitration(exploration=1.0, pressure_weight=0.0, explored_at_most=1, explored_within=30 * DAY),
        contact=ContactPolicy(),
    )
    log = known(Log(policy), "own_promotion")
    for _ in range(40):
        log.happen(view("card"), HOUR)
    records = choices(log)
    explored = [r for r in records if r.explored and r.chosen]
    assert 1 == len(explored)
    after = records[records.index(explored[0]) + 1 :]
    assert {(1.0, 0.0)} == {(max(s.probability for s in r.scored), r.silence_probability) for r in after}
    log.happen(view("card"), 31 * DAY)
    assert 1.0 > max(s.probability for s in choices(log)[-1].scored)


def test_hold_out_is_stable_and_has_the_share_it_says() -> None:
    """A share of all parties gets no marketing for the period, and other parties do in the next."""
    start = NOON - NOON % (30 * DAY) + DAY
    crowd = Crowd(offers(hold_out=HoldOut(share=0.2, period=30 * DAY)), start)
    held: list[set[str]] = []
    for wait, first in ((0, PARTIES), (20 * DAY, 400), (15 * DAY, PARTIES)):
        records = crowd.look(wait, first)
        assert {0.2} == {r.hold_out_share for r in records}
        assert all(r.held_out == any(b.reason is Reason.HELD_OUT for b in r.blocked) for r in records)
        assert all(not (r.held_out and r.chosen) for r in records)
        held.append({r.party for r in records if r.held_out})
    first_month, again, _ = held
    assert {p for p in first_month if int(p[1:]) < 400} == again
    assert len(first_month) / PARTIES == pytest.approx(0.2, abs=4 * (0.16 / PARTIES) ** 0.5)


def test_hold_out_is_drawn_again_in_the_next_period() -> None:
    rule = HoldOut(share=0.2, period=30 * DAY)
    one, other = ({n for n in range(PARTIES) if held_out(rule, f"p{n}", at)} for at in (NOON, NOON + 30 * DAY))
    assert len(one & other) / PARTIES == pytest.approx(0.04, abs=4 * (0.04 * 0.96 / PARTIES) ** 0.5)


def test_an_offer_planned_by_an_earlier_version_has_no_probability() -> None:
    """Its row does not say with which it was chosen: 0 is what nobody can learn from, 1 would be a claim."""
    log = known(Log(offers()), "own_promotion")
    row = log.party()
    row.timers.append(Timer("old.d", NOON + HOUR, "deliver", "deferred", "", "a-old"))
    log.rows["p"] = encode(row)
    log.wait(2 * HOUR)
    record = log.records()[-1]
    assert ("confirmed", "a-old", 0.0) == (record.confirmation, record.action_id, record.scored[0].probability)
