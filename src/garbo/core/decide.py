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

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate, Choice
from garbo.core.delivery import commands, planning, records
from garbo.core.gates.candidates import candidates
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.gates import passes, rides
from garbo.core.party import ledger, needs, pressure
from garbo.core.party.apply_event import apply_event, release
from garbo.core.party.dedup import already_applied, mark
from garbo.core.party.identity import distinct
from garbo.core.party.state import Party, encode
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.scoring.scorer import NoModels, Scorer
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Effect, Forward, MoveRow, NeedClosed
from garbo.core.vocabulary.events import PartyEvent, PartyMerged, TimerFired
from garbo.core.vocabulary.instants import MINUTE
from garbo.core.vocabulary.reasons import Disposition, NeedEnd


class Env(Struct, frozen=True):
    """What a decision may know besides the row and the event.

    at: the wall clock (ms), 0 in replay. age_ms: how long the event waited on the log.
    """

    policy: CompiledPolicy
    scorer: Scorer = NoModels()
    at: int = 0
    age_ms: int = 0


class Outcome(Struct):
    state: Party
    effects: list[Effect]


def handle(state: Party | None, event: PartyEvent, env: Env) -> Outcome:
    """Decide the next best action for `event`, or silence. `state` None: a party seen for the first time."""
    policy = env.policy.policy
    party = state if state is not None else Party(event.party, lifecycle_since=env.at or event.at)
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
    party.at = at
    party.contacts = ledger.prune(party.contacts, at, env.policy.memory)
    effect = apply_event(party, event, env.policy, at)
    timer = effect.timer
    if isinstance(event.body, TimerFired) and timer is None:
        return Outcome(party, [_ended(party, event, env, at, Disposition.DUPLICATE)])
    context = DecisionContext(party, effect, policy, at, env.age_ms)

    # 3. Find the candidates, and 4. judge them: each passes the gates or keeps its first blocking reason.
    feasible: list[Candidate] = []
    blocked: list[Blocked] = list(effect.cancelled)
    for action in candidates(env.policy, context):
        planned = timer if timer is not None and timer.action == action.name else None
        judged = passes(context, action, planned)
        if judged.verdict.reason is None:
            feasible.append(Candidate(action, judged.placed_at, theme=judged.theme))
        else:
            blocked.append(Blocked(action.name, judged.verdict.reason, judged.verdict.detail))

    # 5. Score them and choose one, or silence.
    stress = pressure.pressure(party, at, policy.contact)
    fallback = _score(feasible, context, env, stress)
    seed = ids.fingerprint(f"{policy.arbitration.salt}|{party.id}|{event.event_id}")
    choice = arbitration.choose(feasible, policy.arbitration, seed)

    # 6. Place it in time: now, with an offer that may ride along, or reserved for later.
    if timer is not None and timer.action:
        release(party, timer)
    decision_id = ids.decision_id(party.id, event.event_id)
    result, riders = None, arbitration.nothing()
    if choice.chosen is not None:
        riders = _riders(context, env, choice.chosen, seed, blocked)
        result = planning.carry_out(
            context, choice.chosen, riders.chosen, event_id=event.event_id, decision_id=decision_id
        )
        blocked += result.blocked
    _decide_again(context, choice)
    closed = effect.closed + (result.closed if result else []) + _unanswered(context, choice, blocked)

    # 7. Effects: what the event caused, the command, and always a record.
    effects = list(effect.effects)
    if result is not None and result.command is not None:
        effects.append(result.command)
    effects.append(
        records.decided(
            context, event, choice, riders, result,
            decision_id=decision_id, blocked=blocked, closed=closed, pressure=stress, seed=seed, fallback=fallback,
        )
    )  # fmt: skip
    return Outcome(party, effects)


def _score(feasible: list[Candidate], context: DecisionContext, env: Env, stress: float) -> bool:
    """Fill in the scores. True when a candidate's latency budget left no time for its model: the prior decided."""
    policy, fallback = context.policy, False
    for candidate in feasible:
        action = candidate.action
        model = policy.models.get(action.family) if action.action_class is ActionClass.MARKETING else None
        if model is not None:
            in_time = action.latency_budget - context.age >= policy.model_cost
            fallback |= not in_time
            candidate.features = context.features(model)
            arbitration.estimate(candidate, model, candidate.features if in_time else None, env.scorer)
        arbitration.score(candidate, context.party.lifecycle, stress, policy.arbitration)
    return fallback


def _riders(context: DecisionContext, env: Env, chosen: Candidate, seed: int, blocked: list[Blocked]) -> Choice:
    """Choose the one offer, at most, that rides on a service contact made now: it is no extra contact."""
    if chosen.placed_at > context.at or not commands.carries_riders(chosen.action):
        return arbitration.nothing()
    feasible: list[Candidate] = []
    for action in env.policy.riders:
        if chosen.action.channel in action.rides_on:
            judged = rides(context, action)
            if judged.verdict.reason is None:
                feasible.append(Candidate(action, judged.placed_at, theme=judged.theme))
            else:
                blocked.append(Blocked(action.name, judged.verdict.reason, judged.verdict.detail))
    _score(feasible, context, env, 0.0)  # no extra contact, no extra pressure
    return arbitration.choose(feasible, context.policy.arbitration, seed)


def _decide_again(context: DecisionContext, choice: Choice) -> None:
    """What is owed (a warning, a contract, a brief) and lost to another candidate is decided again a minute later.

    An answer is not: its need is still open, or the other candidate has answered it.
    """
    for candidate in choice.scored:
        action = candidate.action
        if candidate is not choice.chosen and action.action_class is not ActionClass.MARKETING and not action.answers:
            planning.again(context, action, context.at + MINUTE)


def _unanswered(context: DecisionContext, choice: Choice, blocked: list[Blocked]) -> list[NeedClosed]:
    """A need whose deadline has come, and for which nothing could be done, ends unanswered with the reason why."""
    timer = context.effect.timer
    if timer is None or timer.intent != needs.OVERDUE or choice.chosen is not None:
        return []
    why = blocked[0].reason.value if blocked else "nothing_fits"
    return [needs.close(context.party, n, NeedEnd.UNANSWERED, why) for n in context.effect.due_needs]


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
    return Outcome(alias, [MoveRow(winner, party.id, encode(party)), record])
