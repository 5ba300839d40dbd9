"""Two rows of one person become one.

Rules
 1. The ledger is the union: a merge never makes room under a cap.
 2. Consents: the later change wins; at the same instant, the withdrawal. Objections: of each channel the later one,
    and so of the consents that lift them.
 3. Open needs on one theme become one, due at the earlier of both; a need with a promise absorbs one without. Two needs
    with a promise stay two: somebody waits for each.
 4. Markers of applied source offsets are not taken over: they belong to the winner's own arrivals. The rings of event
    ids are, so an event applied to the loser is not applied again here.
"""

from garbo.core.party import clock, consent, counters, labels, limits, needs, objections, placement
from garbo.core.party.state import MEMBERS, NEEDS, RECENT_EVENTS, RECENT_TOUCHES, Consent, Need, Party
from garbo.core.party.suppressions import NEGATIVES
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.instants import decayed


def merge(winner: Party, loser: Party, policy: Policy) -> list[NeedClosed]:
    """Fold `loser` into `winner`, which is mutated. Returns the needs given up when more are open than a row holds."""
    winner.at = max(winner.at, loser.at)
    if policy.vocabulary.further(winner.lifecycle, loser.lifecycle) != winner.lifecycle:
        winner.lifecycle, winner.lifecycle_since = loser.lifecycle, loser.lifecycle_since
    if not winner.journeys and loser.stage_since > winner.stage_since:  # else `placement.merge` has set it
        winner.journey, winner.stage, winner.stage_since = loser.journey, loser.stage, loser.stage_since
    winner.name = winner.name or loser.name
    winner.language = winner.language or loser.language
    winner.zone = winner.zone or loser.zone
    winner.household = winner.household or loser.household
    known = {m.party for m in winner.members}
    members = winner.members + [m for m in loser.members if m.party not in known]
    winner.members = [m for m in members if m.party not in (winner.id, loser.id)][:MEMBERS]  # the two are one person
    for kind, value in loser.identifiers:
        limits.identify(winner, kind, value)
    _attributes(winner, loser)
    winner.answered_on = winner.answered_on or loser.answered_on
    winner.decided_at = max(winner.decided_at, loser.decided_at)
    winner.clock = {**loser.clock, **{c: max(at, loser.clock.get(c, 0)) for c, at in winner.clock.items()}}
    for name, theirs in loser.consents.items():
        ours = winner.consents.get(name)
        if ours is None or _later(theirs, ours):
            winner.consents[name] = theirs
    objections.join(winner, loser)
    for theme, interest in loser.interests.items():
        mine = winner.interests.get(theme)
        if mine is None:
            winner.interests[theme] = interest
        else:
            at, fades = max(mine.at, interest.at), policy.interest_half_life
            mine.weight = decayed(mine.weight, mine.at, at, fades) + decayed(interest.weight, interest.at, at, fades)
            mine.at = at
    limits.interests(winner)
    winner.touches = sorted(winner.touches + loser.touches, key=lambda t: t.at)[-RECENT_TOUCHES:]
    counters.merge(winner, loser)
    held = {(c.action_id, c.rider) for c in winner.contacts if c.action_id}
    more = [c for c in loser.contacts if not c.action_id or (c.action_id, c.rider) not in held]
    one = (winner.id, loser.id)  # a contact that one log holds of the other party stands in that party's own ledger
    winner.contacts = sorted((c for c in winner.contacts + more if c.member not in one), key=lambda c: c.at)
    limits.contacts(winner)
    winner.pending = sorted(winner.pending + loser.pending, key=lambda p: p.at)  # `labels.bound` makes room
    for scope, until in loser.suppressions.items():
        winner.suppressions[scope] = max(until, winner.suppressions.get(scope, 0))
    winner.negatives = sorted([*winner.negatives, *loser.negatives])[-NEGATIVES:]
    at, half_life = max(winner.pressure_at, loser.pressure_at), policy.contact.pressure_half_life
    winner.pressure = decayed(winner.pressure, winner.pressure_at, at, half_life) + decayed(
        loser.pressure, loser.pressure_at, at, half_life
    )
    winner.pressure_at = at
    winner.timers += [t for t in loser.timers if t.intent not in (clock.INTENT, labels.INTENT, placement.INTENT)]
    for need in loser.needs:
        _join(winner, need, policy)
    winner.needs.sort(key=lambda n: n.opened_at)
    limits.plans(winner)
    if not consent.profiled(winner):
        consent.forget_features(winner)
    share = max(RECENT_EVENTS // 2, RECENT_EVENTS - len(loser.recent))  # so that neither ring drives out the other
    mine_last = winner.recent[-share:]
    winner.recent = loser.recent[-(RECENT_EVENTS - len(mine_last)) :] + mine_last
    return needs.make_room(winner, NEEDS)


def _attributes(winner: Party, loser: Party) -> None:
    """Of two statements the later one holds; at one instant, the winner's."""
    for name, value in loser.attributes.items():
        at, ours = loser.attributes_at.get(name, 0), winner.attributes_at.get(name, 0)
        if name not in winner.attributes or at > ours:
            winner.attributes[name] = value
            winner.attributes_at[name] = max(at, ours)


def _later(one: Consent, other: Consent) -> bool:
    return (one.at, not one.granted) > (other.at, not other.granted)


def _join(winner: Party, need: Need, policy: Policy) -> None:
    for mine in winner.needs:
        if mine.theme != need.theme or (mine.promised and need.promised) or mine.answering or need.answering:
            continue
        if not needs.together(policy, mine.kind, need.kind):
            continue
        kept, other = (need, mine) if need.promised else (mine, need)
        needs.drop(winner, other)
        kept.signals += other.signals
        kept.public = kept.public and other.public
        if not kept.promised:
            kept.answer_due = min(kept.answer_due, other.answer_due)
            kept.deadline = min(kept.deadline, other.deadline)
            needs.retime(winner, kept)
        if kept is need:
            winner.needs.append(need)
        return
    winner.needs.append(need)
