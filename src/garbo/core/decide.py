"""READ FIRST. One event about one party goes in; the party's new row and what should happen come out.

    handle(state, event, env) -> Outcome(state, effects)

Rules
 1. All events go through here, and only here. Pure: no clock, no randomness, no I/O; `env` carries the rest.
 2. `handle` owns the row it is given and mutates it: give it a freshly decoded one.
 3. Every event ends in exactly one `DecisionRecord`, also when silence won or the event was a duplicate.
 4. Time is the party's own: live `env.at`, the wall clock of the batch; in replay (`env.at` 0) the event's time. It
    never goes back, and it never depends on other parties. (`processors.decide` decides when a timer fires.)
"""

from msgspec import Struct

from garbo.core.appraise import Appraisal, appraise, others
from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate, Choice
from garbo.core.choice.hold_out import held_out
from garbo.core.delivery import commands, on_map, planning, records
from garbo.core.gates import scarcity
from garbo.core.gates.attempt import Attempt
from garbo.core.gates.candidates import candidates
from garbo.core.gates.context import DecisionContext, context_of
from garbo.core.gates.gates import confirms, passes, rides, shows
from garbo.core.gates.scarcity import Quota, Unlimited
from garbo.core.gates.standing import stage_for
from garbo.core.party import (
    behaviour,
    clock,
    floor,
    household,
    ignored,
    labels,
    ledger,
    needs,
    placement,
    pressure,
    responses,
)  # fmt: skip
from garbo.core.party.apply_event import apply_event
from garbo.core.party.dedup import already_applied, mark
from garbo.core.party.event_effect import EventEffect
from garbo.core.party.identity import distinct
from garbo.core.party.plans import release
from garbo.core.party.state import Party, encode
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.reading import NO_TEXT_MODELS, TextModels
from garbo.core.scoring.scorer import NoModels, Scorer
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Effect, Forward, MoveRow, NeedClosed
from garbo.core.vocabulary.events import PartyEvent, PartyMerged, RowMoved, TimerFired
from garbo.core.vocabulary.instants import MINUTE
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason


class Env(Struct, frozen=True):
    """What a decision may know besides the row and the event.

    at: the wall clock (ms), 0 in replay. age_ms: how long the event waited on the logs. quota: what is left of scarce
    things. texts: the models that read free texts.
    """

    policy: CompiledPolicy
    scorer: Scorer = NoModels()
    at: int = 0
    age_ms: int = 0
    quota: Quota = Unlimited()
    texts: TextModels = NO_TEXT_MODELS


class Outcome(Struct):
    state: Party
    effects: list[Effect]


def handle(state: Party | None, event: PartyEvent, env: Env) -> Outcome:
    """Decide the next best action for `event`, or silence. `state` None: a party seen for the first time."""
    policy = env.policy.policy
    party = state if state is not None else _stranger(event, env)
    at = max(party.at, env.at or event.at)

    # 1. Was the event applied already, or has the party moved?
    fingerprint = ids.fingerprint(event.event_id)
    if already_applied(party, event, fingerprint):
        return Outcome(party, [_ended(party, event, env, at, Disposition.DUPLICATE)])
    mark(party, event, fingerprint)
    if party.alias_of:
        return _forwarded(party, event, env, at)
    if isinstance(event.body, PartyMerged):
        return _moved(party, event, env, at, event.body.winner)

    # 2. Apply the event to the row.
    party.at, waiting = at, responses.open_needs(party, env.policy) if party.needs else []
    party.contacts = ledger.prune(party.contacts, at, env.policy.memory)
    unanswered = ignored.note(party, env.policy, at)
    flows: list[Effect] = [*responses.ignored(party, env.policy, unanswered)] if unanswered else []
    labels.prune(party, policy, at)
    effect = apply_event(party, event, env.policy, at, env.texts)
    timer = effect.timer
    if isinstance(event.body, TimerFired) and timer is None:
        clock.wind(party, policy)
        labels.wind(party)
        return Outcome(party, [_ended(party, event, env, at, Disposition.DUPLICATE)])
    context = context_of(
        party, effect, policy, at=at, age=env.age_ms, since=_since(event, effect, at), quota=env.quota,
        order=env.policy.order, map_=env.policy.map,
    )  # fmt: skip
    placed = on_map.place(context, event, env.policy, fingerprint)
    context.stood = on_map.stood(party)

    # 3. Find the candidates, and 4. judge them: each passes the gates or keeps its first blocking reason.
    blocked: list[Blocked] = list(effect.cancelled)
    feasible = _confirmable(context, blocked) if effect.planned is not None else _feasible(context, env, blocked)

    # 5. Score them and choose one, or silence. What had been chosen before is confirmed or cancelled, not drawn again.
    stress = pressure.pressure(party, at, policy.contact)
    appraisal = appraise(feasible, context, env.policy, env.scorer, stress)
    seed = ids.fingerprint(f"{policy.arbitration.salt}|{party.id}|{event.event_id}")
    confirmation = ""
    if effect.planned is not None:
        choice = _confirmed(context, env, feasible, appraisal, blocked)
        confirmation = "confirmed" if choice.chosen is not None else "cancelled"
        if effect.timer is not None:
            release(party, effect.timer)
    else:
        beside = others(appraisal, context, env.policy, env.scorer) if appraisal.asked else ()
        explore = _may_explore(context)
        choice = arbitration.choose(feasible, policy.arbitration, seed, explore=explore, others=beside)
    choice.promoted = appraisal.promoted

    # 6. Place it in time: now, with an offer that may ride along, or reserved for later.
    decision_id = ids.decision_id(party.id, event.event_id)
    result, riders = None, arbitration.nothing()
    if choice.chosen is not None:
        riders = _riders(context, env, choice.chosen, seed, blocked)
        result = planning.carry_out(
            context, choice.chosen, riders.chosen, event_id=event.event_id, decision_id=decision_id
        )
        blocked += result.blocked
        party.decided_at = at
    _decide_again(context, choice)
    placed += on_map.remark(context, fingerprint, choice, riders, result, blocked)
    closed = effect.closed + (result.closed if result else []) + _unanswered(context, choice, blocked)
    if closed:
        behaviour.forget(party)
    moved = effect.attributes or isinstance(event.body, RowMoved)  # a date may have come
    moved = moved or placement.moved(placed)
    if effect.timer is not None or moved or not clock.is_wound(party):
        clock.wind(party, policy)
    labels.wind(party)

    # 7. Effects: what the event caused, the command, and always a record.
    effects = flows + effect.effects + list(context.spent) + placed
    effects += responses.closed(party, env.policy, closed, waiting, at) if closed else ()
    if result is not None and result.command is not None:
        effects.append(result.command)
        if not _internal(choice):
            chosen = choice.chosen
            theme, value = (chosen.theme, chosen.value_customer) if chosen is not None else ("", 0.0)
            effects += responses.contacted(party, env.policy, result.command, theme, at, value)
        if env.policy.household and not (result.command.inbound or _internal(choice)):
            effects += household.tell_contact(party, result.command, event.event_id)
    effects.append(
        records.decided(
            context, event, choice, riders, result,
            decision_id=decision_id, blocked=blocked, closed=closed, pressure=stress, seed=seed,
            fallback=appraisal.fallback, confirmation=confirmation,
        )
    )  # fmt: skip
    return Outcome(party, effects)


def _internal(choice: Choice) -> bool:
    return choice.chosen is not None and choice.chosen.action.internal


def _stranger(event: PartyEvent, env: Env) -> Party:
    """The row of a party seen for the first time."""
    first = env.policy.policy.vocabulary.first_state
    return Party(event.party, lifecycle=first, lifecycle_since=env.at or event.at)


def _since(event: PartyEvent, effect: EventEffect, at: int) -> int:
    """The instant (ms) from which the validity of what is done now counts: the event's own, or a timer's due."""
    if effect.timer is not None:
        return min(effect.timer.due, at)
    return min(event.at, at) if event.at else at


def _feasible(context: DecisionContext, env: Env, blocked: list[Blocked]) -> list[Candidate]:
    """The candidates that pass the gates; the others go to `blocked`."""
    found: list[Candidate] = []
    competing, unmet = candidates(env.policy, context)
    blocked += unmet
    if not competing:
        return found
    context.held_out = held_out(context.policy.hold_out, context.party.id, context.at)
    inbound = context.effect.point is Point.INBOUND
    for action, trigger in competing:
        judged = shows(context, action, trigger) if inbound else passes(context, action, trigger)
        blocked += judged.blocked
        if judged.attempt is not None:
            found.append(_candidate(judged.attempt))
    return found


def _candidate(attempt: Attempt) -> Candidate:
    return Candidate(
        action=attempt.action,
        treatment=attempt.treatment,
        placed_at=attempt.placed_at,
        value_company=attempt.value_company,
        value_customer=attempt.value_customer,
        theme=attempt.theme,
        look=attempt.look,
        tried=list(attempt.tried),
        behavioural=attempt.behavioural,
    )


def _confirmable(context: DecisionContext, blocked: list[Blocked]) -> list[Candidate]:
    """What had been chosen before, if the gates still let it pass."""
    planned = context.effect.planned
    action = context.policy.actions.get(planned.action) if planned is not None else None
    if planned is None or action is None:  # a later policy may have dropped the action: the record then shows silence
        return []
    context.held_out = held_out(context.policy.hold_out, context.party.id, context.at)
    judged = confirms(context, action, planned)
    blocked += judged.blocked
    return [] if judged.attempt is None else [_candidate(judged.attempt)]


def _confirmed(
    context: DecisionContext, env: Env, feasible: list[Candidate], appraisal: Appraisal, blocked: list[Blocked]
) -> Choice:
    """Confirm what had been chosen, or cancel it: a gate spoke, a higher class is due, or silence is worth more now."""
    planned = context.effect.planned
    if not feasible or planned is None:
        return arbitration.nothing()
    candidate, plan = feasible[0], planned.plan
    higher = _higher_class_due(context, candidate.action)
    if higher:
        blocked.append(Blocked(candidate.action.name, Reason.OUTRANKED, higher, candidate.treatment.channel))
        return arbitration.nothing()
    if plan is not None and plan.features is not None:  # learn from what was known at the choice
        candidate.features = plan.features
    # A plan of a row of version 1 does not say how probable its choice was: 0, as for a choice that was not ours.
    unknown = 0.0 if candidate.action.action_class is ActionClass.MARKETING else 1.0
    asked = plan is not None and plan.contest and appraisal.asked
    beside = others(appraisal, context, env.policy, env.scorer, plan.contest) if plan is not None and asked else ()
    return arbitration.confirm(candidate, plan, unknown, context.policy.arbitration, beside)


def _higher_class_due(context: DecisionContext, action: Action) -> str:
    """The action of a class above marketing that is due within the minute, or was made in it; empty for none."""
    if action.action_class is not ActionClass.MARKETING:
        return ""
    for timer in context.party.timers:
        other = context.policy.actions.get(timer.action) if timer.due <= context.at + MINUTE else None
        if other is not None and other.action_class is not ActionClass.MARKETING and not other.internal:
            return other.name
    for made in context.party.contacts:
        extra = made.planned or made.rider or made.member or made.action_class == ActionClass.MARKETING
        if made.at > context.at - MINUTE and not extra:
            return made.action
    return ""


def _may_explore(context: DecisionContext) -> bool:
    """Is the party's budget for exploration not spent?"""
    weights = context.policy.arbitration
    since = context.at - weights.explored_within
    spent = sum(c.explored and c.at > since for c in context.party.contacts)
    return spent < weights.explored_at_most


def _riders(context: DecisionContext, env: Env, chosen: Candidate, seed: int, blocked: list[Blocked]) -> Choice:
    """Choose the one offer, at most, that rides on a service contact made now: it is no extra contact."""
    if chosen.placed_at > context.at or chosen.treatment.inbound or not commands.carries_riders(chosen.action):
        return arbitration.nothing()
    feasible: list[Candidate] = []
    channel = chosen.treatment.channel
    for action in env.policy.riders:
        if channel not in action.rides_on or not _concerns_party(action, context):
            continue
        judged = rides(context, action, channel)
        blocked += judged.blocked
        if judged.attempt is not None:
            feasible.append(_candidate(judged.attempt))
    appraisal = appraise(feasible, context, env.policy, env.scorer, 0.0)  # no extra contact, no extra pressure
    choice = arbitration.choose(feasible, context.policy.arbitration, seed, explore=_may_explore(context))
    choice.promoted = appraisal.promoted
    return choice


def _concerns_party(action: Action, context: DecisionContext) -> bool:
    return (not action.lifecycle or context.party.lifecycle in action.lifecycle) and (
        not action.stages or stage_for(context, action) in action.stages
    )


def _decide_again(context: DecisionContext, choice: Choice) -> None:
    """What is owed (a warning, a contract, a brief) and lost to another candidate is decided again a minute later.

    An answer is not: its need is still open, or the other candidate has answered it. Nor is what was to be shown: that
    is decided when somebody asks, and a minute later it would be a contact.
    """
    if context.effect.point is Point.INBOUND:
        return
    for candidate in choice.scored:
        action = candidate.action
        if candidate is not choice.chosen and action.action_class is not ActionClass.MARKETING and not action.answers:
            planning.again(context, action, context.at + MINUTE)


def _unanswered(context: DecisionContext, choice: Choice, blocked: list[Blocked]) -> list[NeedClosed]:
    """A need whose deadline has come, and for which nothing could be done, ends unanswered with the reason why.

    If its answer only lacks a free slot, the need waits for one (`floor`, rule 4).
    """
    timer, due = context.effect.timer, context.effect.due_needs
    if choice.chosen is not None:
        return []
    if timer is None or timer.intent != needs.OVERDUE:
        for need in due:
            if need.tried:  # no other answer is left: what answers late comes next
                needs.hasten(context.party, need, context.at + MINUTE)
        return []
    waits = any(b.reason is Reason.NO_CAPACITY and not b.detail.startswith(scarcity.STOCK) for b in blocked)
    closed, why = [], blocked[0].reason.value if blocked else "nothing_fits"
    for need in due:
        kind = context.policy.needs.get(need.kind)
        queue_ends = need.opened_at + (kind.answer_within if kind is not None else 0) + floor.QUEUE
        if waits and context.at + floor.NEXT_SLOT <= queue_ends:
            needs.put_off(context.party, need, context.at + floor.NEXT_SLOT)
        else:
            closed.append(needs.close(context.party, need, NeedEnd.UNANSWERED, why))
    return closed


def _ended(party: Party, event: PartyEvent, env: Env, at: int, disposition: Disposition) -> DecisionRecord:
    version = env.policy.policy.version
    return records.ended(party, event, at, disposition, policy_version=version, age_ms=env.age_ms)


def _forwarded(party: Party, event: PartyEvent, env: Env, at: int) -> Outcome:
    """The row moved, and the event follows it. A timer of the row does not: the row took its timers along."""
    record = _ended(party, event, env, at, Disposition.FORWARDED)
    body = event.body
    if isinstance(body, TimerFired) or (isinstance(body, PartyMerged) and body.winner == party.alias_of):
        return Outcome(party, [record])
    return Outcome(party, [Forward(party.alias_of, event), record])


def _moved(party: Party, event: PartyEvent, env: Env, at: int, winner: str) -> Outcome:
    """This party and `winner` are one person: the row goes there, an alias stays here."""
    record = _ended(party, event, env, at, Disposition.MOVED)
    if winner == party.id or distinct(winner, party.id):
        return Outcome(party, [record])
    if winner > party.id:  # ids order parties by strength: the claim came over an alias, so the other one has to move
        claim = PartyEvent("m-" + ids.digest(winner, party.id), winner, event.at, PartyMerged(party.id))
        return Outcome(party, [Forward(winner, claim), record])
    alias = Party(party.id, at=at, alias_of=winner, applied=party.applied, recent=party.recent)
    # The members know this id: what it permitted moves on, so under this id nothing is permitted any more.
    gone = household.nothing_permitted(party, event.event_id, at)
    return Outcome(alias, [MoveRow(winner, party.id, encode(party)), *gone, record])
