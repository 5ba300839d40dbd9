"""The chosen action takes its place in time: made now, or reserved for when it will happen.

Rules
 1. A contact is in the ledger from the moment it is decided, at the time it *will* happen: two plans cannot share a
    slot under a cap.
 2. A plan is a timer with an intent. When it fires everything is decided again; nothing is sent on old grounds.
 3. Whoever was promised a time waits for it: the need stays open until the promise is kept.
"""

from msgspec import Struct, field

from garbo.core.choice.arbitration import Candidate
from garbo.core.delivery import commands
from garbo.core.gates.gates import DecisionContext, plan
from garbo.core.party import limits, needs, pressure
from garbo.core.party.state import PENDING, Contact, Need, Pending, Timer
from garbo.core.policy.actions import Action, FollowUp
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, Deliver, NeedClosed
from garbo.core.vocabulary.instants import HOUR
from garbo.core.vocabulary.reasons import NeedEnd

# How long after a planned contact its need is overdue: time for one more try within the working day.
GRACE = HOUR


class ExecutionResult(Struct):
    """What carrying out an action came to."""

    action_id: str
    placed_at: int
    command: Deliver | None = None
    closed: list[NeedClosed] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)


def carry_out(moment: DecisionContext, chosen: Candidate, riders: list[Candidate], event_id: str) -> ExecutionResult:
    """Make the contact, or reserve it. The reservation a fired timer held has been released by the caller."""
    timer = moment.asked.timer
    kept = timer.action_id if timer is not None and timer.action == chosen.action.name else ""
    action_id = kept or ids.action_id(moment.party.id, event_id, 0)
    met = _needs_met(moment, chosen.action, timer)
    if chosen.placed_at > moment.at:
        intent = timer.intent if timer is not None and kept else "deliver"  # a promise that has to move is a promise
        _reserve(moment, chosen.action, chosen.placed_at, action_id, intent, met)
        return ExecutionResult(action_id, chosen.placed_at)
    done = ExecutionResult(action_id, moment.at)
    channel = chosen.action.channel
    _enter(moment, chosen, action_id, channel, rider=False, theme=_theme(moment, chosen.action, met))
    for rider in riders:  # on the channel it rode on, whatever its own
        _enter(moment, rider, action_id, channel, rider=True, theme=rider.action.theme)
    promised_at = _follow_ups(moment, chosen.action, event_id, met, done)
    for need in met:
        if promised_at:
            done.closed.append(NeedClosed(need.kind, need.theme, NeedEnd.PROMISED, chosen.action.name))
        else:
            done.closed.append(needs.close(moment.party, need, NeedEnd.ANSWERED, chosen.action.name))
    done.command = commands.command(
        moment,
        chosen.action,
        [r.action for r in riders],
        action_id=action_id,
        decision_id=ids.decision_id(moment.party.id, event_id),
        theme=_theme(moment, chosen.action, met),
        promised_at=promised_at,
        answers=tuple(n.kind for n in met),
    )
    return done


def again(moment: DecisionContext, action: Action, due: int) -> None:
    """Decide `action` once more at `due`, without a reservation."""
    key = ids.digest(moment.party.id, action.name, str(due))[:8]
    if all(t.id != f"{key}.f" for t in moment.party.timers):
        moment.party.timers.append(Timer(f"{key}.f", due, "follow_up", action.name))
        limits.plans(moment.party)


def _needs_met(moment: DecisionContext, action: Action, timer: Timer | None) -> list[Need]:
    met = needs.answerable(moment.party, action)
    if timer is not None and timer.action == action.name and timer.need:
        need = needs.find(moment.party, timer.need)
        if need is not None and need not in met:
            met.append(need)
    return met


def _theme(moment: DecisionContext, action: Action, met: list[Need]) -> str:
    return action.theme or (met[0].theme if met else moment.asked.theme)


def _reserve(moment: DecisionContext, action: Action, at: int, action_id: str, intent: str, met: list[Need]) -> None:
    party = moment.party
    if not action.internal:
        party.contacts.append(
            Contact(
                at, action.channel, action.name, action.action_class.value, action.purpose,
                _theme(moment, action, met), action_id, planned=True,
            )
        )  # fmt: skip
    need = met[0].id if met else ""
    party.timers.append(Timer(f"{action_id[-8:]}.d", at, intent, action.name, need, action_id))
    limits.plans(party)
    for need_met in met:
        needs.promise(party, need_met, at + GRACE)


def _enter(moment: DecisionContext, made: Candidate, action_id: str, channel: str, *, rider: bool, theme: str) -> None:
    """The contact is made: ledger, pressure, and what its outcome will want to know."""
    party, action, at = moment.party, made.action, moment.at
    if action.internal:
        return
    party.contacts.append(
        Contact(at, channel, action.name, action.action_class.value, action.purpose, theme, action_id, rider=rider)
    )
    limits.contacts(party)
    if not rider:
        contact = moment.policy.contact
        pressure.add(party, pressure.contact_weight(contact, channel), at, contact)
    party.pending.append(
        Pending(
            action_id, action.name, action.family, channel, theme, at, made.probability, made.propensity,
            made.version, made.features,
        )
    )  # fmt: skip
    del party.pending[:-PENDING]


def _follow_ups(moment: DecisionContext, action: Action, event_id: str, met: list[Need], done: ExecutionResult) -> int:
    """Plan what follows; returns the time that was promised to the customer, or 0."""
    promised_at = 0
    for slot, follow_up in enumerate(action.follow_ups, start=1):
        promised_at = _follow_up(moment, follow_up, event_id, slot, met, done) or promised_at
    return promised_at


def _follow_up(
    moment: DecisionContext, follow_up: FollowUp, event_id: str, slot: int, met: list[Need], done: ExecutionResult
) -> int:
    then = moment.policy.actions[follow_up.action]
    passed = plan(moment, then, follow_up.placement, moment.at)
    if not passed.verdict.allowed or passed.verdict.reason is not None:
        if passed.verdict.reason is not None:
            done.blocked.append(Blocked(then.name, passed.verdict.reason, passed.verdict.detail))
        return 0
    action_id = ids.action_id(moment.party.id, event_id, slot)
    intent = "promise" if follow_up.promise else "follow_up"
    _reserve(moment, then, passed.placed_at, action_id, intent, met if follow_up.promise else [])
    return passed.placed_at if follow_up.promise else 0
