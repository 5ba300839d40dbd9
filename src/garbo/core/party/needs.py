"""Needs: what a customer waits for, and by when. The floor of attention ("do not abandon the customer").

Rules
 1. Signals on one theme that one answer can serve join one need: a complaint is no question. Its answer is due at the
    earlier of both; one that is planned or promised already serves what is asked meanwhile.
 2. A need ends answered, promised and kept, resolved, or unanswered with the reason. Never in silence.
 3. Each open need holds two timers: `answer` when its signals have been gathered, `overdue` at its deadline.
"""

from garbo.core.party.state import NEEDS, Need, Party, Timer
from garbo.core.policy.actions import Action
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.ids import digest
from garbo.core.vocabulary.reasons import NeedEnd

ANSWER, OVERDUE = "answer", "overdue"


def open_need(
    party: Party, kind: NeedKind, theme: str, channel: str, at: int, event_id: str, policy: Policy
) -> tuple[Need, bool, list[NeedClosed]]:
    """Open a need, or join the one on the same theme.

    Returns it, whether its answer is due now, and the needs given up for it: in a flood of questions, the oldest.
    """
    due, deadline = at + kind.gather, at + kind.answer_within
    for need in party.needs:
        if need.theme != theme or not together(policy, need.kind, kind.name):
            continue
        need.signals += 1
        need.channel = channel
        if need.promised:  # an answer is on its way, at a time that was told: it serves this signal too
            return need, False, []
        if due < need.answer_due or deadline < need.deadline:
            need.answer_due, need.deadline = min(need.answer_due, due), min(need.deadline, deadline)
            retime(party, need)
        return need, need.answer_due <= at, []
    need = Need(digest(party.id, event_id, kind.name)[:8], kind.name, theme, channel, at, due, deadline)
    given_up = make_room(party, NEEDS - 1)
    party.needs.append(need)
    retime(party, need)
    return need, due <= at, given_up


def together(policy: Policy, one: str, other: str) -> bool:
    """Can one answer serve both kinds of need? (The call when all else failed serves every kind, and is no answer.)"""
    if one == other:
        return True
    return any(
        one in a.answers and other in a.answers and any(t.on == "need" for t in a.triggers)
        for a in policy.actions.values()
    )


def make_room(party: Party, most: int) -> list[NeedClosed]:
    """Keep the `most` youngest needs; the others end unanswered, and are said to."""
    given_up = party.needs[: max(len(party.needs) - most, 0)]
    return [close(party, need, NeedEnd.UNANSWERED, "too_many_needs") for need in given_up]


def retime(party: Party, need: Need) -> None:
    """Set the two timers of an open need anew."""
    party.timers = [t for t in party.timers if t.need != need.id or t.intent not in (ANSWER, OVERDUE)]
    party.timers.append(Timer(f"{need.id}.a", need.answer_due, ANSWER, need=need.id))
    party.timers.append(Timer(f"{need.id}.o", need.deadline, OVERDUE, need=need.id))


def find(party: Party, need_id: str) -> Need | None:
    for need in party.needs:
        if need.id == need_id:
            return need
    return None


def answerable(party: Party, action: Action) -> list[Need]:
    """The open needs `action` answers: the kind fits and the theme is the action's, or the action is of any theme."""
    return [n for n in party.needs if answers(action, n)]


def answers(action: Action, need: Need) -> bool:
    return need.kind in action.answers and action.theme in ("", need.theme)


def drop(party: Party, need: Need) -> None:
    """Take a need and its timers off the row."""
    party.needs = [n for n in party.needs if n.id != need.id]
    party.timers = [t for t in party.timers if t.need != need.id or t.intent not in (ANSWER, OVERDUE)]


def close(party: Party, need: Need, end: NeedEnd, detail: str = "") -> NeedClosed:
    drop(party, need)
    return NeedClosed(need.kind, need.theme, end, detail)


def promise(party: Party, need: Need, until: int) -> None:
    """The customer was told when: the need stays open, and overdue only after the promised time."""
    need.promised = True
    need.deadline = max(need.deadline, until)
    party.timers = [t for t in party.timers if t.need != need.id or t.intent not in (ANSWER, OVERDUE)]
    party.timers.append(Timer(f"{need.id}.o", need.deadline, OVERDUE, need=need.id))
