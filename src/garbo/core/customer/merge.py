"""Two rows of one person become one.

Rules
 1. The ledger is the union: a merge never makes room under a cap.
 2. Consents: the later change wins; at the same instant, the withdrawal.
 3. Open needs on one topic become one, due at the earlier of both.
 4. Markers of applied source offsets are not taken over: they belong to the winner's own arrivals. The rings of
    event ids are, so what was applied at the loser is not applied again here.
"""

from garbo.core.customer import lifecycle, needs
from garbo.core.customer.state import (
    LEDGER,
    NEEDS,
    PENDING,
    RECENT_EVENTS,
    RECENT_TOUCHES,
    Consent,
    Need,
    Party,
)
from garbo.core.vocabulary.instants import decayed


def merge(winner: Party, loser: Party, half_life: int) -> None:
    """Fold `loser` into `winner` (mutated). half_life: of pressure and interests (ms)."""
    winner.at = max(winner.at, loser.at)
    if lifecycle.further(winner.lifecycle, loser.lifecycle) != winner.lifecycle:
        winner.lifecycle, winner.lifecycle_since = loser.lifecycle, loser.lifecycle_since
    if loser.stage_since > winner.stage_since:
        winner.stage, winner.stage_since = loser.stage, loser.stage_since
    winner.name = winner.name or loser.name
    winner.language = winner.language or loser.language
    winner.zone = winner.zone or loser.zone
    winner.household = winner.household or loser.household
    known = {m.party for m in winner.members}
    winner.members += [m for m in loser.members if m.party not in known and m.party != winner.id]
    winner.identifiers += [i for i in loser.identifiers if i not in winner.identifiers]
    winner.attributes = {**loser.attributes, **winner.attributes}
    for name, theirs in loser.consents.items():
        ours = winner.consents.get(name)
        if ours is None or _later(theirs, ours):
            winner.consents[name] = theirs
    for topic, interest in loser.interests.items():
        mine = winner.interests.get(topic)
        if mine is None:
            winner.interests[topic] = interest
        else:
            at = max(mine.at, interest.at)
            mine.weight = decayed(mine.weight, mine.at, at, half_life) + decayed(
                interest.weight, interest.at, at, half_life
            )
            mine.at = at
    winner.touches = sorted(winner.touches + loser.touches, key=lambda t: t.at)[-RECENT_TOUCHES:]
    held = {(c.action_id, c.rider) for c in winner.contacts if c.action_id}
    more = [c for c in loser.contacts if not c.action_id or (c.action_id, c.rider) not in held]
    winner.contacts = sorted(winner.contacts + more, key=lambda c: c.at)[-LEDGER:]
    winner.pending = sorted(winner.pending + loser.pending, key=lambda p: p.at)[-PENDING:]
    for scope, until in loser.suppressions.items():
        winner.suppressions[scope] = max(until, winner.suppressions.get(scope, 0))
    winner.negatives = sorted([*winner.negatives, *loser.negatives])
    at = max(winner.pressure_at, loser.pressure_at)
    winner.pressure = decayed(winner.pressure, winner.pressure_at, at, half_life) + decayed(
        loser.pressure, loser.pressure_at, at, half_life
    )
    winner.pressure_at = at
    winner.timers = winner.timers + loser.timers
    for need in loser.needs:
        _join(winner, need)
    winner.recent = (loser.recent + winner.recent)[-RECENT_EVENTS:]


def _later(one: Consent, other: Consent) -> bool:
    return (one.at, not one.granted) > (other.at, not other.granted)


def _join(winner: Party, need: Need) -> None:
    for mine in winner.needs:
        if mine.topic == need.topic and mine.promised == need.promised:
            mine.signals += need.signals
            mine.answer_due = min(mine.answer_due, need.answer_due)
            mine.deadline = min(mine.deadline, need.deadline)
            winner.timers = [t for t in winner.timers if t.need != need.id]
            if not mine.promised:
                needs.retime(winner, mine)
            return
    winner.needs = (winner.needs + [need])[-NEEDS:]
