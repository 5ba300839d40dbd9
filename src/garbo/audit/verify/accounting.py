"""I1: whatever came in, and whatever it caused, is accounted for.

Rules
 1. An inbound message was forwarded (an envelope with its coordinates lies on party-events), sent on once under
    another key (the same bytes, another key, forwarded from there), or put aside; never two of these.
 2. A record of party-events has one decision record or one dead letter.
 3. A duplicate is a duplicate of something: its event was decided, forwarded or moved somewhere.
 4. What an alias forwards, and a row that moves, arrives.
 5. A decision to act now has its command, and a command its decision.
"""

from collections import defaultdict
from typing import Final

from garbo.audit.verify.history import TIMER, History
from garbo.audit.verify.log import Arrival, Decision, Inbound, Log, Merged, Moved, Place
from garbo.audit.verify.report import Judged
from garbo.processors.topics import PARTY_EVENTS

DECIDED: Final = "decided"
DUPLICATE: Final = "duplicate"
FORWARDED: Final = "forwarded"
MOVED: Final = "moved"
# A clock may be ahead at the first reading and not at the second; resolve runs at least once.
MAY_PASS_LATER: Final = "future"


def judge(log: Log, past: History, *, exactly_once: bool, aged: bool) -> Judged:
    found = Judged("I1", "no event lost: each is in one decision or dead letter")
    aside = {dead.of: dead.reason for dead in log.dead}
    _inbound(log, aside, found)
    _arrivals(log, past, aside, found)
    if not aged:
        _spare(past, found, exactly_once)
    _onward(log, past, found)
    _commands(log, found)
    found.violations += [f"{what} cannot be read" for what in log.unreadable]
    return found


def _inbound(log: Log, aside: dict[Place, str], found: Judged) -> None:
    forwarded: dict[Place, str] = {a.source: a.event_id for a in log.arrivals if a.source is not None}
    elsewhere: dict[tuple[str, bytes], list[Inbound]] = defaultdict(list)
    for message in log.inbound:
        if message.place in forwarded or message.place in aside:
            elsewhere[message.place.topic, message.digest].append(message)
    for message in log.inbound:
        found.checked += 1
        event_id = forwarded.get(message.place)
        if event_id is None and message.place not in aside:
            copies = elsewhere[message.place.topic, message.digest]
            if not any(copy.key != message.key for copy in copies):
                found.violations.append(f"{message.place} is lost: neither forwarded nor a dead letter")
        elif event_id is not None and event_id != message.event_id:
            found.violations.append(f"{message.place} was forwarded as another event")
        elif event_id is not None and aside.get(message.place, MAY_PASS_LATER) != MAY_PASS_LATER:
            found.violations.append(f"{message.place} was forwarded and put aside ({aside[message.place]})")


def _arrivals(log: Log, past: History, aside: dict[Place, str], found: Judged) -> None:
    for place in log.faults:
        found.checked += 1
        if place not in aside:
            found.violations.append(f"{place} cannot be read, and there is no dead letter of it")
    ended: set[str] = set()
    duplicates: list[tuple[Arrival, Decision]] = []
    found.checked += sum(dead.of.topic == PARTY_EVENTS and dead.of not in log.faults for dead in log.dead)
    for arrival, decision in past.steps():
        found.checked += 1
        if decision is None:
            found.violations.append(f"{arrival.place} is lost: {arrival.kind} of {arrival.party} has no decision")
        elif decision.disposition != DUPLICATE:
            ended.add(arrival.event_id)
        elif arrival.kind != TIMER:  # a stale timer ends as a duplicate, too
            duplicates.append((arrival, decision))
    found.violations += [
        f"{arrival.place} is lost: {decision.decision_id} calls it a duplicate, but it was never applied"
        for arrival, decision in duplicates
        if arrival.event_id not in ended
    ]


def _spare(past: History, found: Judged, exactly_once: bool) -> None:
    known = {decision.decision_id for _, decision in past.steps() if decision is not None}
    for decision in past.spare:
        if exactly_once or decision.decision_id not in known:  # what is read again after a crash is on record again
            found.violations.append(f"{decision.place}: {decision.decision_id} is a decision of no event, or one more")


def _onward(log: Log, past: History, found: Judged) -> None:
    arrived = {(a.forwarded_from, a.event_id) for a in log.arrivals if a.forwarded_from}
    rows = {a.said.loser for a in log.arrivals if isinstance(a.said, Moved)}
    for arrival, decision in past.steps():
        if decision is None:
            continue
        if decision.disposition == FORWARDED and arrival.kind != TIMER and not isinstance(arrival.said, Merged):
            found.checked += 1
            if (arrival.party, arrival.event_id) not in arrived:
                found.violations.append(f"{arrival.place} is lost: forwarded by {arrival.party}, arrived nowhere")
        elif decision.disposition == MOVED and isinstance(arrival.said, Merged) and _moves(arrival, arrival.said):
            found.checked += 1
            if arrival.party not in rows:
                found.violations.append(f"{arrival.place}: the row of {arrival.party} left and arrived nowhere")


def _moves(arrival: Arrival, said: Merged) -> bool:
    """Ids compare by strength, and two customers (`0-`) stay two persons: else nothing is moved."""
    both = arrival.party.startswith("0-") and said.winner.startswith("0-")
    return said.winner < arrival.party and not both


def _commands(log: Log, found: Judged) -> None:
    acting = {
        (d.decision_id, d.action_id): d
        for d in log.decisions
        if d.disposition == DECIDED and d.action_id and d.placed_at <= d.at
    }
    commanded = set()
    for command in log.commands:
        found.checked += 1
        made = command.deliver
        decision = acting.get((made.decision_id, made.action_id))
        commanded.add((made.decision_id, made.action_id))
        if decision is None or (decision.party, decision.chosen) != (made.party, made.action):
            found.violations.append(f"{command.place}: {made.action_id} is a command nobody decided")
    found.violations += [
        f"{decision.place}: {decision.decision_id} decided {decision.chosen}, and there is no command"
        for key, decision in acting.items()
        if key not in commanded
    ]
