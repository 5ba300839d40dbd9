"""The chosen action takes its place in time: it is made now, or reserved for the instant at which it will happen.

Rules
 1. A contact is in the ledger from the moment it is decided, at the time it *will* happen: two plans cannot share a
    slot under a cap.
 2. A plan is a timer with an intent. When it fires, everything is decided again; nothing is sent on old grounds.
 3. A need whose answer was promised for later stays open until the promise is kept.
"""

from msgspec import Struct, field

from garbo.core.choice.arbitration import Candidate
from garbo.core.delivery import commands
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.gates import plan
from garbo.core.party import limits, needs, pressure
from garbo.core.party.state import PENDING, Contact, Need, Pending, Timer
from garbo.core.policy.actions import Action, FollowUp
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, Deliver, NeedClosed
from garbo.core.vocabulary.reasons import NeedEnd


class ExecutionResult(Struct):
    """What became of the chosen action. placed_at: when it happens (ms). command: None when it is reserved for later.

    closed: needs it answered, or promised an answer to. blocked: follow-ups that may not be planned.
    """

    action_id: str
    placed_at: int
    command: Deliver | None = None
    closed: list[NeedClosed] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)


def carry_out(
    context: DecisionContext, chosen: Candidate, rider: Candidate | None, *, event_id: str, decision_id: str
) -> ExecutionResult:
    """Make the contact, or reserve it. The caller has released the reservation that a fired timer held."""
    timer = context.effect.timer
    kept = timer.action_id if timer is not None and timer.action == chosen.action.name else ""
    action_id = kept or ids.action_id(context.party.id, event_id, 0)
    met = _needs_met(context, chosen.action, timer)
    if chosen.placed_at > context.at:
        intent = timer.intent if timer is not None and kept else "deliver"  # a promise that moves stays a promise
        _reserve(context, chosen.action, chosen.placed_at, chosen.theme, action_id, intent, met)
        return ExecutionResult(action_id, chosen.placed_at)
    result = ExecutionResult(action_id, context.at)
    channel = chosen.action.channel
    _enter(context, chosen, action_id, channel, rider=False)
    if rider is not None:  # in the ledger on the channel it rides on, not its own
        _enter(context, rider, action_id, channel, rider=True)
    promised_at = _follow_ups(context, chosen, event_id, met, result)
    for need in met:
        if promised_at:
            result.closed.append(NeedClosed(need.kind, need.theme, NeedEnd.PROMISED, chosen.action.name))
        else:
            result.closed.append(needs.close(context.party, need, NeedEnd.ANSWERED, chosen.action.name))
    result.command = commands.command(
        context,
        chosen.action,
        [rider.action] if rider is not None else [],
        action_id=action_id,
        decision_id=decision_id,
        theme=chosen.theme,
        promised_at=promised_at,
        answers=tuple(n.kind for n in met),
    )
    return result


def again(context: DecisionContext, action: Action, due: int) -> None:
    """Decide `action` once more at `due` (ms), without a reservation."""
    key = ids.digest(context.party.id, action.name, str(due))[:8]
    if all(t.id != f"{key}.f" for t in context.party.timers):
        context.party.timers.append(Timer(id=f"{key}.f", due=due, intent="follow_up", action=action.name))
        limits.plans(context.party)


def _needs_met(context: DecisionContext, action: Action, timer: Timer | None) -> list[Need]:
    """The needs `action` answers: those its kind and theme fit, and the one for which it was planned."""
    met = needs.answerable(context.party, action)
    if timer is not None and timer.action == action.name and timer.need:
        need = needs.find(context.party, timer.need)
        if need is not None and need not in met:
            met.append(need)
    return met


def _reserve(
    context: DecisionContext, action: Action, placed_at: int, theme: str, action_id: str, intent: str, met: list[Need]
) -> None:
    """Plan `action` for `placed_at`: a line in the ledger, a timer, and a promise to each need it will meet."""
    party = context.party
    if not action.internal:
        party.contacts.append(
            Contact(
                at=placed_at,
                channel=action.channel,
                action=action.name,
                action_class=action.action_class.value,
                purpose=action.purpose,
                theme=theme,
                action_id=action_id,
                planned=True,
            )
        )
    timer = Timer(
        id=f"{action_id[-8:]}.d",
        due=placed_at,
        intent=intent,
        action=action.name,
        need=met[0].id if met else "",
        action_id=action_id,
    )
    party.timers.append(timer)
    limits.plans(party)
    for need in met:
        needs.promise(party, need, placed_at + needs.GRACE)


def _enter(context: DecisionContext, made: Candidate, action_id: str, channel: str, *, rider: bool) -> None:
    """The contact is made: write it in the ledger, add its pressure, keep what its outcome will need."""
    party, action, at = context.party, made.action, context.at
    if action.internal:
        return
    party.contacts.append(
        Contact(
            at=at,
            channel=channel,
            action=action.name,
            action_class=action.action_class.value,
            purpose=action.purpose,
            theme=made.theme,
            action_id=action_id,
            rider=rider,
        )
    )
    limits.contacts(party)
    if not rider:
        contact = context.policy.contact
        pressure.add(party, pressure.contact_weight(contact, channel), at, contact)
    party.pending.append(
        Pending(
            action_id=action_id,
            action=action.name,
            family=action.family,
            channel=channel,
            theme=made.theme,
            at=at,
            probability=made.probability,
            propensity=made.propensity,
            model_version=made.version,
            features=made.features,
        )
    )
    del party.pending[:-PENDING]


def _follow_ups(
    context: DecisionContext, made: Candidate, event_id: str, met: list[Need], result: ExecutionResult
) -> int:
    """Plan what follows. Returns the instant promised to the customer (ms), or 0."""
    promised_at = 0
    for slot, follow_up in enumerate(made.action.follow_ups, start=1):
        action_id = ids.action_id(context.party.id, event_id, slot)
        promised_at = _follow_up(context, follow_up, action_id, met, result) or promised_at
    return promised_at


def _follow_up(
    context: DecisionContext, follow_up: FollowUp, action_id: str, met: list[Need], result: ExecutionResult
) -> int:
    then = context.policy.actions[follow_up.action]
    judged = plan(context, then, follow_up.placement, context.at)
    if judged.verdict.reason is not None:
        result.blocked.append(Blocked(then.name, judged.verdict.reason, judged.verdict.detail))
        return 0
    if not follow_up.promise:
        _reserve(context, then, judged.placed_at, judged.theme, action_id, "follow_up", [])
        return 0
    theme = met[0].theme if met and not then.theme else judged.theme  # a promise is about the need that waits for it
    _reserve(context, then, judged.placed_at, theme, action_id, "promise", met)
    return judged.placed_at
