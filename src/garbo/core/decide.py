"""READ FIRST. One event about one party goes in; the party's new row and what should happen come out.

    handle(state, event, env) -> Outcome(state, effects)

Rules
 1. All events go through here, and only here. Pure: no clock, no randomness, no I/O; `env` carries the rest.
 2. `handle` owns the row it is given and mutates it: give it a freshly decoded one.
 3. Every event ends in exactly one `Record`, also when silence won or the event was a duplicate.
 4. Time is the party's own: live `env.at`, the wall clock of the batch; in replay (`env.at` 0) the event's time. It
    never goes back, and it never depends on other parties. (When a timer fires is the host's doing: processors.decide.)
"""

from msgspec import Struct

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate, Choice
from garbo.core.delivery import commands, planning
from garbo.core.gates.candidates import candidates
from garbo.core.gates.gates import DecisionContext, passes, rides
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
from garbo.core.vocabulary.events import PartyEvent, PartyMerged, TimerFired, type_of
from garbo.core.vocabulary.instants import MINUTE
from garbo.core.vocabulary.reasons import Disposition, NeedEnd


class Env(Struct, frozen=True):
    """What a decision may know besides the row and the event. age_ms: how long the event waited on the log."""

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

    # 1. known already, or known elsewhere?
    if already_applied(party, event):
        return Outcome(party, [_ended(party, event, env, at, Disposition.DUPLICATE)])
    if party.alias_of:
        mark(party, event)
        return _forwarded(party, event, env, at)
    mark(party, event)
    if isinstance(event.body, PartyMerged):
        return _moved(party, event, env, at, event.body.winner)

    # 2. fold the event into the row
    party.at = at
    party.contacts = ledger.prune(party.contacts, at, env.policy.memory)
    asked = apply_event(party, event, env.policy, at)
    if isinstance(event.body, TimerFired) and asked.timer is None:
        return Outcome(party, [_ended(party, event, env, at, Disposition.DUPLICATE)])
    moment = DecisionContext(party, asked, policy, at, env.age_ms)

    # 3. candidates, and 4. gates: each candidate passes or keeps its first blocking reason
    feasible: list[Candidate] = []
    blocked: list[Blocked] = list(asked.cancelled)
    for action in candidates(env.policy, moment):
        planned = asked.timer if asked.timer is not None and asked.timer.action == action.name else None
        passed = passes(moment, action, planned)
        if passed.verdict.reason is None:
            feasible.append(Candidate(action, passed.placed_at))
        else:
            blocked.append(Blocked(action.name, passed.verdict.reason, passed.verdict.detail))

    # 5. score and choose
    stress = pressure.pressure(party, at, policy.contact)
    fallback = _score(feasible, moment, env, stress)
    seed = ids.fingerprint(f"{policy.arbitration.salt}|{party.id}|{event.event_id}")
    choice = arbitration.choose(feasible, policy.arbitration, seed)

    # 6. place in time: now, with what may ride along, or reserved for later
    if asked.timer is not None and asked.timer.action:
        release(party, asked.timer)
    done, riders = None, Choice(None, [], [], 1.0)
    if choice.chosen is not None:
        riders = _riders(moment, env, choice.chosen, stress, seed, blocked)
        done = planning.carry_out(moment, choice.chosen, [riders.chosen] if riders.chosen else [], event.event_id)
        blocked += done.blocked
    _owed_again(moment, choice)
    closed = asked.closed + (done.closed if done else []) + _overdue(moment, choice, blocked)

    # 7. effects: always a record, also for silence
    effects = list(asked.effects)
    if done is not None and done.command is not None:
        effects.append(done.command)
    scored = arbitration.recorded(choice, party.lifecycle, stress, policy.arbitration)
    scored += arbitration.recorded(riders, party.lifecycle, stress, policy.arbitration)
    effects.append(
        DecisionRecord(
            ids.decision_id(party.id, event.event_id),
            party.id,
            event.event_id,
            type_of(event.body),
            asked.kind,
            event.at,
            at,
            Disposition.DECIDED,
            policy.version,
            next((c.version for c in choice.scored + riders.scored if c.version), ""),
            choice.chosen.action.name if choice.chosen else "",
            done.action_id if done else "",
            done.placed_at if done else 0,
            asked.timer.intent if asked.timer else "",
            (riders.chosen.action.name,) if riders.chosen else (),
            scored,
            tuple(blocked),
            tuple(closed),
            seed,
            choice.explored,
            choice.silence_probability,
            env.age_ms,
            fallback,
            party.lifecycle,
            party.stage,
            stress,
            tuple(sorted({c.version for c in choice.scored + riders.scored if c.version})),
        )
    )
    return Outcome(party, effects)


def _score(feasible: list[Candidate], moment: DecisionContext, env: Env, stress: float) -> bool:
    """Fill in the scores. True when the latency budget left could not pay for the model somewhere."""
    fallback = False
    for candidate in feasible:
        action = candidate.action
        model = moment.policy.models.get(action.family) if action.action_class is ActionClass.MARKETING else None
        if model is not None:
            in_time = action.latency_budget - moment.age >= moment.policy.model_cost
            fallback |= not in_time
            candidate.features = moment.features(model)
            arbitration.estimate(candidate, model, candidate.features if in_time else None, env.scorer)
        arbitration.score(candidate, moment.party.lifecycle, stress, moment.policy.arbitration)
    return fallback


def _riders(
    moment: DecisionContext, env: Env, chosen: Candidate, stress: float, seed: int, blocked: list[Blocked]
) -> Choice:
    """The one offer, at most, that rides on a service contact made now: it costs no extra contact."""
    feasible: list[Candidate] = []
    if chosen.placed_at <= moment.at and commands.carries_riders(chosen.action):
        for action in env.policy.riders:
            if chosen.action.channel in action.rides_on:
                verdict = rides(moment, action, moment.at)
                if verdict.reason is None:
                    feasible.append(Candidate(action, moment.at))
                else:
                    blocked.append(Blocked(action.name, verdict.reason, verdict.detail))
    _score(feasible, moment, env, 0.0)  # no extra contact, no extra pressure
    return arbitration.choose(feasible, moment.policy.arbitration, seed)


def _owed_again(moment: DecisionContext, choice: Choice) -> None:
    """What is owed (a warning, a contract, a brief) and lost its turn to another is decided again a minute later.

    An answer is not: its need is open still, or has been answered by the other.
    """
    for candidate in choice.scored:
        action = candidate.action
        if candidate is not choice.chosen and action.action_class is not ActionClass.MARKETING and not action.answers:
            planning.again(moment, action, moment.at + MINUTE)


def _overdue(moment: DecisionContext, choice: Choice, blocked: list[Blocked]) -> list[NeedClosed]:
    """A need whose deadline has come and for which nothing could be done ends unanswered, with the reason why."""
    timer = moment.asked.timer
    if timer is None or timer.intent != needs.OVERDUE or choice.chosen is not None:
        return []
    why = blocked[0].reason.value if blocked else "nothing_fits"
    return [needs.close(moment.party, n, NeedEnd.UNANSWERED, why) for n in moment.asked.due_needs]


def _forwarded(party: Party, event: PartyEvent, env: Env, at: int) -> Outcome:
    """The row moved: the event follows it, unless it is a timer of the row that moved along."""
    record = _ended(party, event, env, at, Disposition.FORWARDED)
    if isinstance(event.body, TimerFired) or (
        isinstance(event.body, PartyMerged) and event.body.winner == party.alias_of
    ):
        return Outcome(party, [record])
    return Outcome(party, [Forward(party.alias_of, event), record])


def _moved(party: Party, event: PartyEvent, env: Env, at: int, winner: str) -> Outcome:
    """This party and `winner` are one person: the row goes there, an alias stays here."""
    record = _ended(party, event, env, at, Disposition.MOVED)
    if winner == party.id or distinct(winner, party.id):
        return Outcome(party, [record])
    if winner > party.id:  # ids order parties by strength: the claim came over an alias, and the other one has to move
        told = PartyEvent("m-" + ids.digest(winner, party.id), winner, event.at, PartyMerged(party.id))
        return Outcome(party, [Forward(winner, told), record])
    alias = Party(party.id, at=at, alias_of=winner, applied=party.applied, recent=party.recent)
    return Outcome(alias, [MoveRow(winner, party.id, encode(party)), record])


def _ended(party: Party, event: PartyEvent, env: Env, at: int, disposition: Disposition) -> DecisionRecord:
    return DecisionRecord(
        ids.decision_id(party.id, event.event_id), party.id, event.event_id, type_of(event.body), "", event.at,
        at, disposition, env.policy.policy.version, age_ms=env.age_ms, lifecycle=party.lifecycle, stage=party.stage,
    )  # fmt: skip
