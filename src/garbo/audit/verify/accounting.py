"""I1: every input and every consequence of it is accounted for.

Rules
 1. An inbound message has exactly one of three fates: it was forwarded (party-events holds an envelope with its
    coordinates), sent on once (the same bytes under another key or on another partition, forwarded from there), or
    became a dead letter.
 2. A record of party-events has one decision record or one dead letter.
 3. A duplicate has an original: its event was decided, forwarded or moved somewhere.
 4. An event that an alias forwards arrives, and so does a row that moves.
 5. What has one key lies on one partition: what is forwarded from elsewhere knows no links of its identifier, and a
    decision elsewhere is made on a row that knows nothing of its party.
 6. A decision to act now has its command, and a command its decision.
"""

from collections import defaultdict
from typing import Final

from garbo.audit.verify.content import Merged, Moved
from garbo.audit.verify.history import TIMER, History
from garbo.audit.verify.log import Arrival, Decision, Inbound, Log, Place
from garbo.audit.verify.report import InvariantResult
from garbo.processors.topics import PARTY_EVENTS

DECIDED: Final = "decided"
DUPLICATE: Final = "duplicate"
FORWARDED: Final = "forwarded"
MOVED: Final = "moved"
# resolve runs at least once: an event too far in the future at the first reading may pass at the second.
MAY_PASS_LATER: Final = "future"


def check(log: Log, past: History, *, exactly_once: bool, truncated: bool) -> InvariantResult:
    """Check invariant I1."""
    result = InvariantResult("I1", "no event lost: each is in one decision or dead letter")
    put_aside = {dead.of: dead.reason for dead in log.dead}
    _inbound(log, put_aside, result)
    _arrivals(log, past, put_aside, result)
    if not truncated:
        _unmatched(past, result, exactly_once)
    _onward(log, past, result)
    _commands(log, result)
    result.violations += [f"{what} cannot be read" for what in log.unreadable]
    return result


def _inbound(log: Log, put_aside: dict[Place, str], result: InvariantResult) -> None:
    forwarded: dict[Place, str] = {a.source: a.event_id for a in log.arrivals if a.source is not None}
    elsewhere: dict[tuple[str, bytes], list[Inbound]] = defaultdict(list)
    for message in log.inbound:
        if message.place in forwarded or message.place in put_aside:
            elsewhere[message.place.topic, message.digest].append(message)
    homes: dict[bytes | None, int] = {}
    for message in log.inbound:
        result.checked += 1
        event_id = forwarded.get(message.place)
        if event_id is not None and homes.setdefault(message.key, message.place.partition) != message.place.partition:
            result.violations.append(f"{message.place} was forwarded from a partition that is not its key's")
        if event_id is None and message.place not in put_aside:
            copies = elsewhere[message.place.topic, message.digest]
            here = message.key, message.place.partition
            if not any((copy.key, copy.place.partition) != here for copy in copies):
                result.violations.append(f"{message.place} is lost: it was neither forwarded nor made a dead letter")
        elif event_id is not None and event_id != message.event_id:
            result.violations.append(f"{message.place} was forwarded as another event")
        elif event_id is not None and put_aside.get(message.place, MAY_PASS_LATER) != MAY_PASS_LATER:
            result.violations.append(
                f"{message.place} was forwarded and has a dead letter ({put_aside[message.place]})"
            )


def _arrivals(log: Log, past: History, put_aside: dict[Place, str], result: InvariantResult) -> None:
    for place in log.faults:
        result.checked += 1
        if place not in put_aside:
            result.violations.append(f"{place} cannot be read and has no dead letter")
    homes: dict[str, int] = {}
    applied: set[str] = set()
    duplicates: list[tuple[Arrival, Decision]] = []
    result.checked += sum(dead.of.topic == PARTY_EVENTS and dead.of not in log.faults for dead in log.dead)
    for arrival, decision in past.steps():
        result.checked += 1
        home = homes.setdefault(arrival.party, arrival.place.partition)
        if decision is not None and home != arrival.place.partition:
            result.violations.append(f"{arrival.place}: {arrival.party} has another row on partition {home}")
        if decision is None:
            result.violations.append(f"{arrival.place} is lost: {arrival.kind} of {arrival.party} has no decision")
        elif decision.disposition != DUPLICATE:
            applied.add(arrival.event_id)
        elif arrival.kind != TIMER:  # a stale timer is recorded as a duplicate as well
            duplicates.append((arrival, decision))
    result.violations += [
        f"{arrival.place} is lost: {decision.decision_id} calls it a duplicate, but it was never applied"
        for arrival, decision in duplicates
        if arrival.event_id not in applied
    ]


def _unmatched(past: History, result: InvariantResult, exactly_once: bool) -> None:
    known = {decision.decision_id for _, decision in past.steps() if decision is not None}
    for decision in past.unmatched:
        # Without transactions an event that is read again after a crash has a second record.
        if exactly_once or decision.decision_id not in known:
            why = "has no event, or its event has another decision"
            result.violations.append(f"{decision.place}: {decision.decision_id} {why}")


def _onward(log: Log, past: History, result: InvariantResult) -> None:
    arrived = {(a.forwarded_from, a.event_id) for a in log.arrivals if a.forwarded_from}
    rows = {a.content.loser for a in log.arrivals if isinstance(a.content, Moved)}
    for arrival, decision in past.steps():
        if decision is None:
            continue
        if decision.disposition == FORWARDED and arrival.kind != TIMER and not isinstance(arrival.content, Merged):
            result.checked += 1
            if (arrival.party, arrival.event_id) not in arrived:
                why = f"{arrival.party} forwarded it and it never arrived"
                result.violations.append(f"{arrival.place} is lost: {why}")
        elif decision.disposition == MOVED and isinstance(arrival.content, Merged) and _moves(arrival, arrival.content):
            result.checked += 1
            if arrival.party not in rows:
                result.violations.append(f"{arrival.place}: the row of {arrival.party} left and never arrived")


def _moves(arrival: Arrival, content: Merged) -> bool:
    """Does the row move? Ids compare by strength: the weaker moves. Two customers (`0-`) stay two persons."""
    both = arrival.party.startswith("0-") and content.winner.startswith("0-")
    return content.winner < arrival.party and not both


def _commands(log: Log, result: InvariantResult) -> None:
    acting = {
        (d.decision_id, d.action_id): d
        for d in log.decisions
        if d.disposition == DECIDED and d.action_id and d.placed_at <= d.at
    }
    commanded = set()
    for command in log.commands:
        result.checked += 1
        made = command.deliver
        decision = acting.get((made.decision_id, made.action_id))
        commanded.add((made.decision_id, made.action_id))
        if decision is None or (decision.party, decision.chosen) != (made.party, made.action):
            result.violations.append(f"{command.place}: command {made.action_id} has no decision")
    result.violations += [
        f"{decision.place}: {decision.decision_id} decided {decision.chosen}, but has no command"
        for key, decision in acting.items()
        if key not in commanded
    ]
