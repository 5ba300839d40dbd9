"""The floor: a need is answered when its answer arrived.

Findings: a failed answer left its need "answered" (one e-mail failed, 15 days of events, no retry); nothing escalated.
"""

import pytest
from msgspec.structs import replace

from garbo.core.policy.actions import FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.contact_policy import ContactPolicy, QuietHours
from garbo.core.policy.journey import TouchpointKind
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import NeedEnd, Reason
from tests.unit.core.small import NOON, SMALL, Log, action, known, outcome, touch, with_actions

ASKED = (Trigger("need", "question"),)
LATE = (Trigger("overdue", "question"),)
REPORTING = {
    "email": ChannelPolicy("email", 4 * HOUR),
    "sms": ChannelPolicy("sms", HOUR),
    "call_centre": ChannelPolicy("call_centre", DAY),
}


def bank(**changed: object) -> CompiledPolicy:
    """A question is answered by e-mail or SMS; what is left unanswered is escalated to a call."""
    answer = action("answer", "service", "service_request", theme="", answers=("question",), when=ASKED)
    call = action("call", "service", "service_request", "call_centre", "", answers=("question",), when=LATE)
    return with_actions(
        replace(answer, treatments=(Treatment("email"), Treatment("sms"))),
        call,
        **{"contact": ContactPolicy(), "channels": REPORTING, **changed},
    )


def asked(policy: CompiledPolicy | None = None) -> Log:
    log = known(Log(policy or bank()))
    log.happen(touch("post", "card"))
    log.wait(5 * MINUTE)
    return log


def ends(log: Log) -> list[NeedClosed]:
    return [c for r in log.records() for c in r.needs_closed]


def sent(log: Log) -> list[tuple[str, str]]:
    return [(c.action, c.channel) for c in log.commands()]


def report(log: Log, status: str, after: int = MINUTE) -> None:
    log.happen(outcome(status, log.commands()[-1].action_id), after)


@pytest.mark.parametrize("status", ["delivered", "opened", "clicked", "accepted", "refused", "complaint"])
def test_a_need_is_answered_when_its_answer_arrived(status: str) -> None:
    log = asked()
    assert ([("answer", "email")], []) == (sent(log), ends(log))
    assert log.party().needs[0].answering == log.commands()[-1].action_id
    report(log, status)
    assert [NeedClosed("question", "card", NeedEnd.ANSWERED, "answer")] == ends(log)
    log.wait(30 * DAY)
    assert [("answer", "email")] == sent(log)


@pytest.mark.parametrize("status", ["failed", "no_answer"])
def test_what_failed_is_tried_on_the_next_treatment_and_then_escalated(status: str) -> None:
    log = asked()
    report(log, status)
    assert [("answer", "email"), ("answer", "sms")] == sent(log)
    report(log, status)
    log.wait(5 * MINUTE)
    assert [("answer", "email"), ("answer", "sms"), ("call", "call_centre")] == sent(log)
    report(log, "accepted")
    assert [NeedClosed("question", "card", NeedEnd.ANSWERED, "call")] == ends(log)


def test_what_is_not_reported_in_the_channels_time_is_tried_again() -> None:
    """A dead dispatcher: four hours for the e-mail, one for the SMS, a day for the call; then it says so."""
    log = asked()
    log.wait(4 * HOUR - MINUTE)
    assert [("answer", "email")] == sent(log)
    log.wait(MINUTE)
    assert [("answer", "email"), ("answer", "sms")] == sent(log)
    log.wait(HOUR + MINUTE)
    assert ("call", "call_centre") == sent(log)[-1]
    log.wait(2 * DAY)
    assert [NeedClosed("question", "card", NeedEnd.UNANSWERED, "tried")] == ends(log)
    assert ([], 3) == (log.party().needs, len(sent(log)))


def test_an_escalation_that_fails_ends_unanswered_with_its_reason() -> None:
    log = asked()
    for _ in range(2):
        report(log, "failed")
    log.wait(5 * MINUTE)
    report(log, "failed")
    log.wait(HOUR)
    assert [NeedClosed("question", "card", NeedEnd.UNANSWERED, "tried")] == ends(log)
    held = {(b.action, b.reason) for b in log.records()[-1].blocked}
    assert {("call", Reason.TRIED)} == held


def full_until(free: int, per: str = "hour") -> Log:
    """A question whose answers failed, at a call centre whose slots are taken before the instant `free` (ms)."""
    slots = ChannelPolicy("call_centre", DAY, Capacity(1, per))
    log = Log(bank(channels={**REPORTING, "call_centre": slots}))
    log.quota = FullUntil(free // (HOUR if per == "hour" else DAY))
    known(log).happen(touch("post", "card"))
    log.wait(5 * MINUTE)
    for _ in range(2):
        report(log, "failed")
    return log


class FullUntil:
    """Everything is used up in each period before `free`."""

    def __init__(self, free: int) -> None:
        self._free = free

    def used(self, key: str, period: int) -> int:
        return 0

    def share(self, key: str, period: int, whole: int) -> int:
        return whole if period >= self._free else 0


@pytest.mark.parametrize(("per", "until"), [("hour", 3 * HOUR), ("day", DAY)])
def test_an_answer_for_which_no_slot_is_left_waits_for_the_next_one(per: str, until: int) -> None:
    """Found in a town: the call centre's hour was full, and the question ended unanswered (no_capacity)."""
    log = full_until(NOON + until, per)
    log.wait(5 * MINUTE)
    assert ([], Reason.NO_CAPACITY) == (ends(log), log.records()[-1].blocked[-1].reason)
    log.wait(until)
    assert ("call", "call_centre") == sent(log)[-1]
    report(log, "accepted")
    assert [NeedEnd.ANSWERED] == [c.end for c in ends(log)]


def test_an_answer_does_not_wait_for_a_slot_for_ever() -> None:
    log = full_until(NOON + 90 * DAY)
    log.wait(2 * DAY)
    assert [] == ends(log)
    log.wait(2 * HOUR)
    assert [NeedClosed("question", "card", NeedEnd.UNANSWERED, "no_capacity")] == ends(log)
    records = len(log.records())
    log.wait(30 * DAY)
    assert records == len(log.records())


def test_without_a_consent_for_service_a_need_ends_unanswered_and_says_so() -> None:
    log = Log(bank())
    log.happen(touch("post", "card"))
    log.wait(2 * DAY)
    assert ([], [NeedEnd.UNANSWERED], ["consent_denied"]) == (
        sent(log), [c.end for c in ends(log)], [c.detail for c in ends(log)],
    )  # fmt: skip


def test_where_a_channel_reports_nothing_the_command_that_left_is_the_answer() -> None:
    log = asked(bank(channels={}))
    assert [NeedClosed("question", "card", NeedEnd.ANSWERED, "answer")] == ends(log)


def test_a_question_after_the_answer_left_is_another_question() -> None:
    log = asked()
    log.happen(touch("post", "card"), MINUTE)
    assert 2 == len(log.party().needs)
    report(log, "delivered")
    assert 1 == len(log.party().needs)
    log.wait(10 * MINUTE)
    assert 2 == len(sent(log))


def test_a_report_about_something_else_changes_nothing() -> None:
    log = asked()
    log.happen(outcome("failed", "a-somebody-elses"), MINUTE)
    log.happen(outcome("delivered", "a-somebody-elses"), MINUTE)
    assert ([("answer", "email")], []) == (sent(log), ends(log))


def test_a_late_report_after_the_next_try_is_taken_for_what_it_is() -> None:
    """The e-mail had arrived after all: its report comes when the SMS is under way. The SMS's report ends the need."""
    log = asked()
    first = log.commands()[-1].action_id
    log.wait(4 * HOUR)
    log.happen(outcome("delivered", first), MINUTE)
    assert [] == ends(log)
    report(log, "delivered")
    assert [NeedEnd.ANSWERED] == [c.end for c in ends(log)]


@pytest.mark.parametrize("ways", [("email",), ("email", "sms")])
def test_a_broken_promise_is_escalated(ways: tuple[str, ...]) -> None:
    """The promised call finds nobody: the promise is not made a second time, somebody else answers.

    Found in a town: it was made a second time, on its next channel.
    """
    promise = action(
        "promise", "service", "service_request", theme="", answers=("question",), when=ASKED,
        follow_ups=(FollowUp("promised", Placement(days=1, at="09:30"), promise=True),),
    )  # fmt: skip
    promise = replace(promise, treatments=tuple(map(Treatment, ways)))
    promised = action(
        "promised", "service", "service_request", "call_centre", "", when=(Trigger("promise", "promised"),)
    )
    letter = action("letter", "service", "service_request", "branch", "", answers=("question",), when=LATE)
    log = known(Log(with_actions(promise, promised, letter, contact=ContactPolicy(), channels=REPORTING)))
    log.happen(touch("post", "card"))
    log.wait(DAY)
    assert [("promise", "email"), ("promised", "call_centre")] == sent(log)
    report(log, "no_answer")
    log.wait(DAY)
    assert [("promise", "email"), ("promised", "call_centre"), ("letter", "branch")] == sent(log)
    assert [NeedEnd.PROMISED, NeedEnd.ANSWERED] == [c.end for c in ends(log)]


@pytest.mark.parametrize("held", ["mandatory", "service", "transactional", "marketing"])
def test_what_answers_no_need_falls_back_to_its_next_treatment_too(held: str) -> None:
    """A warning whose SMS fails goes out by e-mail; the choice stands, nothing is drawn again."""
    purpose = "own_promotion" if held == "marketing" else "contract"
    one = action("warning", held, purpose, when=(Trigger("touchpoint", "view"),))
    two = replace(one, treatments=(Treatment("sms"), Treatment("email"), Treatment("call_centre")))
    greedy = replace(SMALL.arbitration, exploration=0.0)
    log = known(Log(with_actions(two, contact=ContactPolicy(), arbitration=greedy)), "own_promotion")
    log.happen(touch("view", "card"))
    for expected in ("sms", "email", "call_centre"):
        assert ("warning", expected) == sent(log)[-1]
        report(log, "failed")
    assert ("cancelled", 3) == (log.records()[-1].confirmation, len(sent(log)))
    assert {"sms", "email", "call_centre"} == {b.channel for b in log.records()[-1].blocked}
    assert [("confirmed", 1.0)] * 2 == [
        (r.confirmation, r.scored[0].probability) for r in log.records() if r.confirmation == "confirmed"
    ]


@pytest.mark.parametrize("reports", [False, True])
def test_an_answer_planned_for_the_morning_is_cancelled_when_another_one_arrived(reports: bool) -> None:
    """Asked at night; the SMS waits for nine o'clock. The customer opens the app, which shows the answer."""
    by_sms = action("by_sms", "service", "service_request", "sms", "", answers=("question",), when=ASKED)
    shown = action("shown", "service", "service_request", "app", "", answers=("question",), when=(Trigger("inbound"),),
                   inbound=True)  # fmt: skip
    policy = with_actions(
        by_sms, shown, touchpoints={"ask": TouchpointKind("ask", asks=True)},
        contact=ContactPolicy(quiet_hours={"sms": QuietHours(20 * 60, 9 * 60)}),
        channels={"app": ChannelPolicy("app", HOUR)} if reports else {},
    )  # fmt: skip
    log = known(Log(policy, at=NOON + 10 * HOUR))
    log.happen(touch("post", "card"))
    log.wait(10 * MINUTE)
    assert ["by_sms"] == [t.action for t in log.party().timers if t.action]
    log.happen(touch("ask", "card", Channel.APP))
    if reports:
        report(log, "delivered")
    log.wait(DAY)
    assert ([("shown", "app")], [NeedEnd.ANSWERED]) == (sent(log), [c.end for c in ends(log)])
    assert any(b.action == "by_sms" and b.reason is Reason.CANCELLED for r in log.records() for b in r.blocked)


def test_an_answer_planned_for_two_needs_stays_for_the_one_that_is_left() -> None:
    """Asked twice at night, about two kinds of thing; what is shown answers the question only."""
    both = (Trigger("need", "question"), Trigger("need", "request"))
    by_sms = action("by_sms", "service", "service_request", "sms", "", answers=("question", "request"), when=both)
    shown = action("shown", "service", "service_request", "app", "", answers=("question",), when=(Trigger("inbound"),),
                   inbound=True)  # fmt: skip
    policy = with_actions(
        by_sms, shown, touchpoints={"ask": TouchpointKind("ask", asks=True)},
        contact=ContactPolicy(quiet_hours={"sms": QuietHours(20 * 60, 9 * 60)}),
    )  # fmt: skip
    log = known(Log(policy, at=NOON + 10 * HOUR))
    log.happen(touch("post", "card"))
    log.happen(touch("form", "loan"))
    log.wait(2 * HOUR)
    log.happen(touch("ask", "card", Channel.APP))
    log.wait(DAY)
    assert [("shown", "app"), ("by_sms", "sms")] == sent(log)
    assert {("question", NeedEnd.ANSWERED), ("request", NeedEnd.ANSWERED)} == {(c.kind, c.end) for c in ends(log)}
