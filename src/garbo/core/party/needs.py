"""Needs: what a customer waits for, and by when. The floor of attention ("do not abandon the customer").

Rules
 1. Signals on one theme join one need if one answer can serve them: a complaint is no question. The answer is due at
    the earlier of both. An answer that is already planned or promised serves the signals that come meanwhile.
 2. A need ends answered, promised and kept, resolved, or unanswered with the reason. Never in silence.
 3. Each open need has two timers: `answer` when its signals have been gathered, `overdue` at its deadline.
"""

from garbo.core.party.state import NEEDS, Need, Party, Timer
from garbo.core.policy.actions import Action
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.ids import digest
from garbo.core.vocabulary.instants import HOUR
from garbo.core.vocabulary.reasons import NeedEnd

ANSWER, OVERDUE, REPORT = "answer", "overdue", "report"

# How long after a planned contact its need is overdue (ms): time for one more try within the working day.
GRACE = HOUR
_OF_NEEDS = (ANSWER, OVERDUE, REPORT)


def open_need(
    party: Party, kind: NeedKind, theme: str, channel: str, at: int, event_id: str, policy: Policy, *,
    public: bool = False,
) -> tuple[Need, bool, list[NeedClosed]]:  # fmt: skip
    """Open a need at instant `at` (ms), or join an open one on the same theme.

    public: it was said where all can read it; a need is public while all its signals are. Returns it, whether its
    answer is due now, and the needs given up for it: in a flood of questions, the oldest.
    """
    due, deadline = at + kind.gather, at + kind.answer_within
    for need in party.needs:
        if need.theme != theme or need.answering or not together(policy, need.kind, kind.name):
            continue  # what is asked after an answer has left is another question
        need.signals += 1
        need.channel = channel
        need.public = need.public and public
        if need.promised:  # its answer has a promised time, and serves this signal too
            return need, False, []
        if due < need.answer_due or deadline < need.deadline:
            need.answer_due, need.deadline = min(need.answer_due, due), min(need.deadline, deadline)
            retime(party, need)
        return need, need.answer_due <= at, []
    name = digest(party.id, event_id, kind.name)[:8]
    need = Need(name, kind.name, theme, channel, at, due, deadline, public=public)
    given_up = make_room(party, NEEDS - 1)
    party.needs.append(need)
    retime(party, need)
    return need, due <= at, given_up


def together(policy: Policy, one: str, other: str) -> bool:
    """Can one answer serve both kinds of need?

    The overdue fallback call matches every kind but does not count as an answer.
    """
    if one == other:
        return True
    return any(
        one in a.answers and other in a.answers and any(t.on == "need" for t in a.when) for a in policy.actions.values()
    )


def make_room(party: Party, most: int) -> list[NeedClosed]:
    """Keep the `most` youngest needs. The others end unanswered; returns their ends."""
    given_up = party.needs[: max(len(party.needs) - most, 0)]
    return [close(party, need, NeedEnd.UNANSWERED, "too_many_needs") for need in given_up]


def retime(party: Party, need: Need) -> None:
    """Set the two timers of an open need again."""
    drop_timers(party, need)
    party.timers.append(Timer(id=f"{need.id}.a", due=need.answer_due, intent=ANSWER, need=need.id))
    party.timers.append(Timer(id=f"{need.id}.o", due=need.deadline, intent=OVERDUE, need=need.id))


def find(party: Party, need_id: str) -> Need | None:
    for need in party.needs:
        if need.id == need_id:
            return need
    return None


def answerable(party: Party, action: Action) -> list[Need]:
    """The open needs that `action` answers, the oldest first."""
    return [n for n in party.needs if answers(action, n)]


def answers(action: Action, need: Need) -> bool:
    """Does `action` answer `need`? The kind must fit, and the theme, unless the action is for any theme."""
    return need.kind in action.answers and action.theme in ("", need.theme)


def drop(party: Party, need: Need) -> None:
    """Take a need and its timers off the row."""
    party.needs = [n for n in party.needs if n.id != need.id]
    drop_timers(party, need)


def close(party: Party, need: Need, end: NeedEnd, detail: str = "") -> NeedClosed:
    """Take the need off the row; returns its end for the record."""
    drop(party, need)
    return NeedClosed(need.kind, need.theme, end, detail)


def promise(party: Party, need: Need, until: int) -> None:
    """The answer is planned: the need stays open, without an `answer` timer, and is overdue at `until` (ms) at the
    earliest."""
    need.promised = True
    need.deadline = max(need.deadline, until)
    drop_timers(party, need)
    party.timers.append(Timer(id=f"{need.id}.o", due=need.deadline, intent=OVERDUE, need=need.id))


def hasten(party: Party, need: Need, at: int) -> None:
    """The need is overdue at `at` (ms), if its deadline is not earlier."""
    if at < need.deadline:
        put_off(party, need, at)


def put_off(party: Party, need: Need, at: int) -> None:
    """The need is overdue at `at` (ms)."""
    need.deadline = at
    drop_timers(party, need)
    party.timers.append(Timer(id=f"{need.id}.o", due=at, intent=OVERDUE, need=need.id))


def drop_timers(party: Party, need: Need) -> None:
    """Take the need's own timers off the row; the plans that answer it stay."""
    party.timers = [t for t in party.timers if t.need != need.id or t.intent not in _OF_NEEDS]
