"""The chosen action takes its place in time: it is made now, or reserved for the instant at which it will happen.

Rules
 1. A contact is in the ledger from the moment it is decided, at the time it *will* happen: two plans cannot share a
    slot under a cap.
 2. A plan is a timer with an intent and with what is known of the choice. When it fires, rules confirm or cancel it;
    nothing is sent on old grounds, and nothing is drawn again.
 3. A need whose answer was promised for later stays open until the promise is kept.
"""

from msgspec import Struct, field

from garbo.core.choice.arbitration import Candidate
from garbo.core.delivery import commands
from garbo.core.gates import scarcity
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.gates import plan
from garbo.core.party import floor, labels, limits, needs, pressure, worth
from garbo.core.party.plans import unneeded
from garbo.core.party.state import Contact, Need, Pending, Plan, Timer
from garbo.core.policy.actions import Action, ActionClass, FollowUp
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, Deliver, NeedClosed, Spent
from garbo.core.vocabulary.reasons import NeedEnd


class ExecutionResult(Struct):
    """What became of the chosen action. placed_at: when it happens (ms). command: None when it is reserved for later.

    probability: of the choice. closed: needs it answered, or promised an answer to. blocked: follow-ups that may not be
    planned.
    """

    action_id: str
    placed_at: int
    command: Deliver | None = None
    probability: float = 1.0
    closed: list[NeedClosed] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)


def carry_out(
    context: DecisionContext, chosen: Candidate, rider: Candidate | None, *, event_id: str, decision_id: str
) -> ExecutionResult:
    """Make the contact, or reserve it. The caller has released the reservation that a fired timer held."""
    timer, planned = context.effect.timer, context.effect.planned
    kept = planned.action_id if planned is not None and planned.action == chosen.action.name else ""
    action_id = kept or ids.action_id(context.party.id, event_id, 0)
    met = _needs_met(context, chosen.action, timer)
    channel = chosen.treatment.channel
    if not chosen.treatment.inbound:
        _take_slot(context, chosen.action, channel, chosen.placed_at, planned=bool(kept))
    if chosen.placed_at > context.at:
        intent = timer.intent if timer is not None and kept else "deliver"  # a promise that moves stays a promise
        _reserve(context, chosen, action_id, intent, met)
        return ExecutionResult(action_id, chosen.placed_at)
    result = ExecutionResult(action_id, context.at, probability=chosen.probability)
    inbound = chosen.treatment.inbound
    _enter(context, chosen, action_id, channel, alone=not inbound, shown=inbound)
    if rider is not None:  # in the ledger on the channel it rides on, not its own
        _enter(context, rider, action_id, channel, alone=False)
    promised_at = _follow_ups(context, chosen, event_id, met, result)
    for need in met:
        if promised_at:
            ways = chosen.action.treatments  # it promises once, whatever the channel
            need.tried += [f"{chosen.action.name}/{way.channel}" for way in ways]
            result.closed.append(NeedClosed(need.kind, need.theme, NeedEnd.PROMISED, chosen.action.name))
        else:
            _answer(context, need, chosen.action, channel, action_id, result)
    result.command = commands.command(
        context,
        chosen,
        [rider.action] if rider is not None else [],
        action_id=action_id,
        decision_id=decision_id,
        promised_at=promised_at,
        answers=tuple(n.kind for n in met),
    )
    return result


def _answer(
    context: DecisionContext, need: Need, action: Action, channel: str, action_id: str, result: ExecutionResult
) -> None:
    """The answer leaves: where the channel reports, the need ends when it has arrived."""
    known = context.policy.channels.get(channel)
    if known is not None and known.reports_within:
        floor.leaves(context.party, need, action.name, channel, action_id, context.at + known.reports_within)
    else:
        result.closed.append(needs.close(context.party, need, NeedEnd.ANSWERED, action.name))
        result.blocked += unneeded(context.party, need, "answered", context.policy)


def _take_slot(
    context: DecisionContext, action: Action, channel: str, placed_at: int, *, planned: bool = False
) -> None:
    """Take a slot of the channel at `placed_at` (ms), unless what was planned has it already."""
    known, policy = context.policy.channels.get(channel), context.policy
    if known is None or known.capacity is None or action.internal:
        return
    if planned and scarcity.keeps_slot(known.capacity, context.effect.timer, placed_at, policy):
        return
    context.spent.append(Spent(channel, scarcity.period_of(known.capacity, placed_at, policy)))


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


def _reserve(context: DecisionContext, made: Candidate, action_id: str, intent: str, met: list[Need]) -> None:
    """Plan `made` for its instant: a line in the ledger, a timer, and a promise to each need it will meet."""
    party, action, placed_at = context.party, made.action, made.placed_at
    if not action.internal:
        party.contacts.append(
            Contact(
                at=placed_at,
                channel=made.treatment.channel,
                action=action.name,
                action_class=action.action_class.value,
                purpose=action.purpose,
                theme=made.theme,
                action_id=action_id,
                planned=True,
                group=action.group,
                look=made.look,
                explored=made.explored,
            )
        )
    timer = Timer(
        id=f"{action_id[-8:]}.d",
        due=placed_at,
        intent=intent,
        action=action.name,
        need=met[0].id if met else "",
        action_id=action_id,
        plan=Plan(
            channel=made.treatment.channel,
            probability=made.probability,
            propensity=made.propensity,
            model_version=made.version,
            features=made.features,
            explored=made.explored,
            look=made.look,
            tried=list(made.tried),
            behavioural=made.behavioural,
            contest=made.contest,
            champion_probability=made.champion_probability,
            challenger_probability=made.challenger_probability,
            value=made.value,
            cost=made.cost,
        ),
    )
    party.timers.append(timer)
    limits.plans(party)
    for need in met:
        needs.promise(party, need, placed_at + needs.GRACE)


def _enter(
    context: DecisionContext, made: Candidate, action_id: str, channel: str, *, alone: bool, shown: bool = False
) -> None:
    """The contact is made: write it in the ledger, add its pressure, keep what its outcome will need.

    alone: a contact of its own; otherwise it rode on one, or was `shown` to who was there.
    """
    party, action, at = context.party, made.action, context.at
    if action.stock:
        context.spent.append(Spent(scarcity.STOCK + action.name, 0))
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
            rider=not alone,
            group=action.group,
            look=made.look,
            explored=made.explored,
        )
    )
    limits.contacts(party)
    if alone:
        contact, weight = context.policy.contact, made.treatment.weight
        pressure.add(party, weight if weight >= 0 else pressure.contact_weight(contact, channel), at, contact)
    pending = Pending(
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
        tried=list(made.tried),
        seen=shown,
        behavioural=made.behavioural,
        contest=made.contest,
        champion_probability=made.champion_probability,
        challenger_probability=made.challenger_probability,
        value=made.value,
        cost=made.cost,
        value_customer=worth.thousandths(made.value_customer),
        delivered=alone and worth.at_once(action.action_class),
    )
    party.pending.append(pending)
    context.effect.effects += labels.begin(party, pending, context.policy, at)
    context.effect.effects += labels.bound(party, context.policy)


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
    attempt = judged.attempt
    if attempt is None:
        result.blocked += judged.blocked
        return 0
    planned = Candidate(then, attempt.treatment, attempt.placed_at, theme=attempt.theme, probability=1.0)
    if then.action_class is ActionClass.MARKETING:
        planned.probability = result.probability  # it follows from that choice alone
    intent, waiting = ("promise", met) if follow_up.promise else ("follow_up", [])
    if met and follow_up.promise and not then.theme:
        planned.theme = met[0].theme  # a promise is about the need that waits for it
    _take_slot(context, then, attempt.treatment.channel, attempt.placed_at)
    _reserve(context, planned, action_id, intent, waiting)
    return attempt.placed_at if follow_up.promise else 0
