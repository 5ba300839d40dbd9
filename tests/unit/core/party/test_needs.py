"""Needs: signals gather, one answer serves them all, promises are waited for, and nobody is left without an end."""

from garbo.core.party import needs
from garbo.core.party.state import Party
from garbo.core.policy.actions import Trigger
from garbo.core.policy.needs import NeedKind
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Blocked, NeedClosed
from garbo.core.vocabulary.events import Direction
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import NeedEnd, Reason
from tests.unit.core.small import NOON, SMALL, Log, action, known, outcome, touch, with_actions

QUESTION, REQUEST, COMPLAINT = (SMALL.needs[k] for k in ("question", "request", "complaint"))


def ends(log: Log) -> list[NeedClosed]:
    return [c for r in log.records() for c in r.needs_closed]


def timers(row: Party) -> list[tuple[str, int]]:
    return sorted((t.intent, t.due) for t in row.timers)


# ---- the table itself ----------------------------------------------------------------------------------------------


def test_open_need_has_an_answer_and_an_overdue_timer() -> None:
    row = Party("p")
    need, due, given_up = needs.open_need(row, QUESTION, "card", "web", 1000, "e1", SMALL)
    assert (False, []) == (due, given_up)
    assert [("answer", 1000 + QUESTION.gather), ("overdue", 1000 + QUESTION.answer_within)] == timers(row)
    assert {need.id} == {t.need for t in row.timers}


def test_signals_on_one_theme_join_at_the_earlier_answer() -> None:
    """A form (30 minutes), then a post (5): answered by the post's time, overdue by the earlier deadline."""
    row = Party("p")
    first, _, _ = needs.open_need(row, REQUEST, "card", "web", 0, "e1", SMALL)
    second, due, _ = needs.open_need(row, QUESTION, "card", "social", 2 * MINUTE, "e2", SMALL)
    assert first is second
    assert not due
    assert (2, 7 * MINUTE, 27 * MINUTE, "social") == (first.signals, first.answer_due, first.deadline, first.channel)
    assert [("answer", 7 * MINUTE), ("overdue", 27 * MINUTE)] == timers(row)


def test_later_signal_never_moves_the_answer_back() -> None:
    row = Party("p")
    first, _, _ = needs.open_need(row, QUESTION, "card", "social", 0, "e1", SMALL)
    needs.open_need(row, REQUEST, "card", "web", MINUTE, "e2", SMALL)
    assert (5 * MINUTE, 25 * MINUTE) == (first.answer_due, first.deadline)


def test_earlier_deadline_of_a_joining_signal_moves_the_overdue_timer() -> None:
    """Also when its answer is no earlier: gathered for long, but owed sooner."""
    row = Party("p")
    slow = NeedKind("question", ("x",), 5 * MINUTE, DAY)
    urgent = NeedKind("request", ("y",), 10 * MINUTE, HOUR)
    need, _, _ = needs.open_need(row, slow, "card", "web", 0, "e1", SMALL)
    needs.open_need(row, urgent, "card", "web", 0, "e2", SMALL)
    assert HOUR == need.deadline
    assert [("answer", 5 * MINUTE), ("overdue", HOUR)] == timers(row)


def test_needs_on_two_themes_are_two() -> None:
    row = Party("p")
    needs.open_need(row, QUESTION, "card", "web", 0, "e1", SMALL)
    needs.open_need(row, QUESTION, "loan", "web", 0, "e2", SMALL)
    assert ["card", "loan"] == [n.theme for n in row.needs]


def test_need_with_nothing_to_gather_is_due_at_once() -> None:
    _, due, _ = needs.open_need(Party("p"), COMPLAINT, "", "web", 0, "e1", SMALL)
    assert due


def test_promise_takes_the_answer_timer_and_waits_with_the_overdue_one() -> None:
    row = Party("p")
    need, _, _ = needs.open_need(row, QUESTION, "card", "web", 0, "e1", SMALL)
    needs.promise(row, need, DAY)
    assert (True, [("overdue", DAY)]) == (need.promised, timers(row))


def test_promise_never_shortens_the_deadline() -> None:
    row = Party("p")
    need, _, _ = needs.open_need(row, QUESTION, "card", "web", 0, "e1", SMALL)
    needs.promise(row, need, MINUTE)
    assert 25 * MINUTE == need.deadline


def test_closing_takes_the_need_and_its_timers_but_not_a_plan() -> None:
    row = Party("p")
    need, _, _ = needs.open_need(row, QUESTION, "card", "web", 0, "e1", SMALL)
    assert NeedClosed("question", "card", NeedEnd.RESOLVED, "why") == needs.close(row, need, NeedEnd.RESOLVED, "why")
    assert ([], []) == (row.needs, row.timers)


# ---- through the decision ------------------------------------------------------------------------------------------


def test_two_signals_get_one_answer() -> None:
    log = known(Log())
    log.happen(touch("form", "card"))
    log.happen(touch("post", "card", Channel.SOCIAL), 2 * MINUTE)
    log.wait(HOUR)
    assert [("reply_promise", NOON + 7 * MINUTE)] == [(c.action, c.at) for c in log.commands()]


def test_question_while_a_promise_is_pending_waits_for_it() -> None:
    """Promised for tomorrow 9:30, and asked again at three: one call, no second promise."""
    log = known(Log())
    log.happen(touch("post", "card"))
    log.happen(touch("post", "card"), 3 * HOUR)
    log.wait(2 * DAY)
    assert ["reply_promise", "promised_call"] == log.names()
    assert [NeedEnd.PROMISED, NeedEnd.ANSWERED] == [c.end for c in ends(log)]


def test_question_while_the_answer_waits_for_the_morning_is_answered_by_it() -> None:
    """Asked at 23:30 and at 23:50, the e-mail opens at 7:00: one reply."""
    log = known(Log())
    log.happen(touch("post", "card"), 11 * HOUR + 30 * MINUTE)
    log.happen(touch("post", "card"), 20 * MINUTE)
    log.wait(9 * HOUR)
    assert [("reply_promise", NOON + 19 * HOUR)] == [(c.action, c.at) for c in log.commands()]


def test_question_after_the_answer_is_a_new_need() -> None:
    log = known(Log())
    log.happen(touch("post", "loan"))
    log.happen(touch("post", "loan"), 3 * HOUR)
    log.wait(HOUR)
    assert ["reply_social", "reply_social"] == log.names()


def test_followed_up_once_however_often_the_customer_asks() -> None:
    """Two replies promise nothing, but each wants a call tomorrow at ten: there is one."""
    log = known(Log())
    log.happen(touch("post", "loan"))
    log.happen(touch("post", "loan"), 3 * HOUR)
    log.wait(2 * DAY)
    assert ["reply_social", "reply_social", "follow_up_call"] == log.names()


def test_need_nobody_can_answer_is_called_back_at_its_deadline() -> None:
    log = known(Log())
    log.happen(touch("post", "insurance"))
    log.wait(HOUR)
    assert [("call_back", NOON + 25 * MINUTE)] == [(c.action, c.at) for c in log.commands()]
    assert [NeedClosed("question", "insurance", NeedEnd.ANSWERED, "call_back")] == ends(log)


def test_unreachable_need_ends_unanswered_with_the_first_reason() -> None:
    log = known(Log(), identifiers=())
    log.happen(touch("post", "insurance"))
    log.wait(HOUR)
    assert [NeedClosed("question", "insurance", NeedEnd.UNANSWERED, "unreachable")] == ends(log)


def test_need_settled_otherwise_is_resolved_and_not_answered() -> None:
    log = known(Log())
    log.happen(touch("post", "card"))
    log.happen(touch("branch_visit"), MINUTE)
    log.wait(DAY)
    assert [NeedClosed("question", "card", NeedEnd.RESOLVED, "branch_visit")] == ends(log)
    assert [] == log.names()


def test_need_about_something_else_is_not_resolved() -> None:
    log = known(Log())
    log.happen(touch("post", "card"))
    log.happen(touch("branch_visit", "loan"), MINUTE)
    assert [] == ends(log)


def test_own_contact_opens_no_need() -> None:
    """Our own outbound post is no question."""
    log = known(Log())
    log.happen(touch("post", "card", direction=Direction.OUTBOUND))
    log.wait(DAY)
    assert [] == log.names()


def test_overdue_need_is_not_forgotten_when_another_could_be_answered() -> None:
    """Only the card's question can be called back; the insurance's, due first, ends unanswered and says so."""
    call = action(
        "card_call", "service", "service_request", "call_centre", "card", answers=("question",),
        when=(Trigger("overdue", "question"),),
    )  # fmt: skip
    log = known(Log(with_actions(call)))
    log.happen(touch("post", "insurance"))
    log.happen(touch("post", "card"), MINUTE)
    log.wait(HOUR)
    assert [
        NeedClosed("question", "insurance", NeedEnd.UNANSWERED, "nothing_fits"),
        NeedClosed("question", "card", NeedEnd.ANSWERED, "card_call"),
    ] == ends(log)
    assert [] == log.party().needs


def test_answer_that_goes_out_before_the_deadline_leaves_nothing_overdue() -> None:
    log = known(Log())
    log.happen(touch("post", "card"))
    log.wait(4 * DAY)
    assert [] == log.party().timers
    assert ["reply_promise", "promised_call"] == log.names()


def test_refused_answer_does_not_reopen_the_need() -> None:
    log = known(Log())
    log.happen(touch("post", "loan"))
    log.wait(HOUR)
    log.happen(outcome("refused", action="reply_social"))
    assert [] == log.party().needs


def test_complaint_is_no_question() -> None:
    """Also about the same theme, also while a promise is pending: it is answered by an apology of its own."""
    for pause in (MINUTE, 3 * HOUR):
        log = known(Log())
        log.happen(touch("post", "card"))
        log.happen(touch("complaint", "card"), pause)
        log.wait(2 * DAY)
        assert ["apology", "promised_call", "reply_promise"] == sorted(log.names())


def test_answer_that_waits_for_the_morning_is_not_sent_when_the_need_is_settled() -> None:
    log = known(Log())
    log.happen(touch("post", "card"), 11 * HOUR + 30 * MINUTE)
    log.happen(touch("branch_visit"), 10 * MINUTE)
    assert (Blocked("reply_promise", Reason.CANCELLED, "branch_visit"),) == log.records()[-1].blocked
    log.wait(2 * DAY)
    assert ([], [], []) == (log.names(), log.party().contacts, log.party().timers)
