"""Plans: a contact is reserved for the time it will happen, decided again then, and counted once."""

from msgspec.structs import replace

from garbo.core.policy.actions import FollowUp, Placement, Trigger
from garbo.core.policy.compiled import compiled
from garbo.core.policy.contact_policy import Cap, QuietHours
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import (
    CONTACT,
    EMAIL,
    NOON,
    SMALL,
    SOCIAL,
    Log,
    action,
    consent,
    known,
    outcome,
    touch,
    view,
    with_actions,
)

DELAYED = action(
    "call", purpose="own_promotion", channel="call_centre", when=(Trigger("touchpoint", "view"),),
    placement=Placement(delay=HOUR), cancelled_by=("complaint",),
)  # fmt: skip


def planned(log: Log) -> list[tuple[str, int]]:
    return [(c.action, c.at) for c in log.party().contacts if c.planned]


def test_planned_contact_is_reserved_and_then_made_once() -> None:
    """In the ledger from the decision, at the time it will happen; made under the id it was planned with."""
    log = known(Log(with_actions(DELAYED)), "own_promotion")
    log.happen(view())
    reserved = log.records()[-1]
    assert ([("call", NOON + HOUR)], [], NOON + HOUR) == (planned(log), log.names(), reserved.placed_at)
    log.wait(HOUR)
    (made,) = log.commands()
    assert (reserved.action_id, NOON + HOUR) == (made.action_id, made.at)
    assert [("call", False)] == [(c.action, c.planned) for c in log.party().contacts]
    assert [] == log.party().timers


def test_second_trigger_while_one_is_planned_is_already_planned() -> None:
    log = known(Log(with_actions(DELAYED)), "own_promotion")
    log.happen(view())
    log.happen(view(), MINUTE)
    assert (Blocked("call", Reason.ALREADY_PLANNED, "deliver"),) == log.records()[-1].blocked


def test_cancelled_plan_leaves_no_reservation() -> None:
    log = known(Log(with_actions(DELAYED)), "own_promotion")
    log.happen(view())
    log.happen(outcome("complaint"), MINUTE)
    assert (Blocked("call", Reason.CANCELLED, "complaint"),) == log.records()[-1].blocked
    assert ([], []) == (planned(log), log.party().timers)
    log.wait(2 * HOUR)
    assert [] == log.names()


def test_everything_is_decided_again_when_the_time_comes() -> None:
    """Consent withdrawn in between: nothing goes out, the reservation is gone, the record says why."""
    log = known(Log(with_actions(DELAYED)), "own_promotion")
    log.happen(view())
    log.happen(consent("own_promotion", False), MINUTE)
    log.wait(2 * HOUR)
    assert [] == log.names()
    assert (Blocked("call", Reason.CONSENT_DENIED, "own_promotion"),) == log.records()[-1].blocked
    assert [] == log.party().contacts


def test_action_the_new_policy_no_longer_has_is_not_made() -> None:
    log = known(Log(with_actions(DELAYED)), "own_promotion")
    log.happen(view())
    log.policy = with_actions()
    log.wait(2 * HOUR)
    assert ([], [], []) == (log.names(), log.party().contacts, log.party().timers)


def test_plan_that_falls_into_new_quiet_hours_moves_and_stays_what_it_was() -> None:
    """The policy changed meanwhile: the follow-up moves to the opening, under its id, and is a follow-up still."""
    log = known(Log())
    log.happen(touch("post", "loan"))
    log.wait(HOUR)
    (timer,) = [t for t in log.party().timers if t.action == "follow_up_call"]
    later = replace(CONTACT, quiet_hours={"call_centre": QuietHours(18 * 60, 11 * 60)})
    log.policy = compiled(replace(SMALL, contact=later))
    log.wait(2 * DAY)
    call = log.commands()[-1]
    assert ("follow_up_call", timer.action_id, timer.due + HOUR) == (call.action, call.action_id, call.at)
    assert ["follow_up"] == [r.intent for r in log.records() if (r.action_id, r.at) == (call.action_id, call.at)]


def test_promise_is_kept_to_the_minute() -> None:
    log = known(Log())
    log.happen(touch("post", "card"))
    log.wait(2 * DAY)
    assert [NOON + 5 * MINUTE, NOON + 21 * HOUR + 30 * MINUTE] == [c.at for c in log.commands()]


def test_promise_that_could_not_be_kept_is_not_made() -> None:
    """No telephone: the e-mail that promises a call is held back by what holds the call back."""
    log = Log()
    known(log, identifiers=(EMAIL,))
    log.happen(touch("post", "card"))
    log.wait(10 * MINUTE)
    assert (Blocked("reply_promise", Reason.UNREACHABLE, "call_centre"),) == log.records()[-1].blocked


def test_follow_up_that_may_not_be_planned_does_not_stop_the_answer() -> None:
    """No promise was made: the reply goes out, and the record says why no call follows."""
    log = known(Log(), identifiers=(SOCIAL,))
    log.happen(touch("post", "loan"))
    log.wait(10 * MINUTE)
    assert ["reply_social"] == log.names()
    assert (Blocked("follow_up_call", Reason.UNREACHABLE, "call_centre"),) == log.records()[-1].blocked


def test_two_plans_cannot_share_a_slot_under_a_cap() -> None:
    """One call in three days: a call planned for later holds the second one back."""
    other = replace(DELAYED, name="other_call", theme="loan")
    log = known(Log(with_actions(DELAYED, other)), "own_promotion")
    log.happen(view())
    log.happen(view(), MINUTE)
    assert {
        Blocked("other_call", Reason.CAP_REACHED, "calls"),
        Blocked("call", Reason.ALREADY_PLANNED, "deliver"),
    } == set(log.records()[-1].blocked)


def test_mandatory_action_that_lost_its_turn_goes_out_a_minute_later() -> None:
    """Two mandatory ones for one event: both go out, none is lost, none twice."""
    log = known(Log())
    log.happen(touch("fraud"))
    log.wait(HOUR)
    assert [("alert", NOON), ("freeze_notice", NOON + MINUTE)] == [(c.action, c.at) for c in log.commands()]


def test_call_that_is_promised_already_is_not_promised_twice() -> None:
    """Two questions would promise two calls at the same minute: the second reply is held back, its need says why."""
    reply = action(
        "reply", "service", "service_request", "email", "", answers=("question",),
        when=(Trigger("need", "question"),), follow_ups=(FollowUp("later", Placement(days=1, at="10:00"), True),),
    )  # fmt: skip
    later = action("later", "service", "service_request", "call_centre", "", when=(Trigger("promise", "later"),))
    log = known(Log(with_actions(reply, later)))
    log.happen(touch("post", "card"))
    log.happen(touch("post", "loan"), HOUR)
    log.wait(2 * DAY)
    assert ["reply", "later"] == log.names()
    assert Blocked("reply", Reason.ALREADY_PLANNED, "promise") in [b for r in log.records() for b in r.blocked]


def test_contract_that_lost_its_turn_to_an_apology_goes_out_a_minute_later() -> None:
    """What was contracted is owed; an answer that lost its turn is not: its need was answered by the other."""
    contract = action("contract", "transactional", "contract", when=(Trigger("touchpoint", "complaint"),))
    log = known(Log(with_actions(*SMALL.actions.values(), contract)))
    log.happen(touch("complaint", "card"))
    log.wait(DAY)
    assert [("apology", NOON), ("contract", NOON + MINUTE)] == [(c.action, c.at) for c in log.commands()]


def test_follow_up_without_a_theme_is_judged_and_reserved_under_the_events_theme() -> None:
    """A page about loans leads to a letter about cards: the call after it is about loans, and counts as that."""
    letter = action(
        "letter", "service", "contract", when=(Trigger("touchpoint", "view"),),
        follow_ups=(FollowUp("call", Placement(days=1, at="10:00")),),
    )  # fmt: skip
    call = action("call", "service", "contract", "call_centre", "", when=(Trigger("follow_up", "call"),))
    cap = Cap("loans", 30 * DAY, 1, themes=("loan",), limits=("service",), counts=("service",))
    lines = []
    for caps, theme in (((), "card"), ((cap,), "loan")):
        policy = with_actions(replace(letter, theme=theme), call, contact=replace(CONTACT, caps=caps, spacings=()))
        log = known(Log(policy))
        log.happen(view("loan"))
        lines.append([(c.action, c.theme) for c in log.party().contacts])
    assert [[("letter", "card"), ("call", "loan")], [("letter", "loan")]] == lines
    assert (Blocked("call", Reason.CAP_REACHED, "loans"),) == log.records()[-1].blocked


def test_promised_call_without_a_theme_is_about_the_need_that_waits_for_it() -> None:
    """A form about cards, then a post about loans: the call promised for both holds the place of the older need."""
    reply = action(
        "reply", "service", "service_request", "email", "", answers=("question", "request"),
        when=(Trigger("need", "question"), Trigger("need", "request")),
        follow_ups=(FollowUp("call", Placement(days=1, at="09:30"), promise=True),),
    )  # fmt: skip
    call = action(
        "call", "service", "service_request", "call_centre", "", when=(Trigger("promise", "call"),),
        cancelled_by=("branch_visit",),
    )  # fmt: skip
    cancelled = []
    for theme in ("card", "loan"):
        log = known(Log(with_actions(reply, call)))
        log.happen(touch("form", "card"))
        log.happen(touch("post", "loan"), MINUTE)
        log.wait(20 * MINUTE)
        assert ("call", "card", True) in [(c.action, c.theme, c.planned) for c in log.party().contacts]
        log.happen(touch("branch_visit", theme))
        cancelled.append(Blocked("call", Reason.CANCELLED, "branch_visit") in log.records()[-1].blocked)
    assert [True, False] == cancelled
