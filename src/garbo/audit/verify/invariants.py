"""READ FIRST. The log goes in, a verdict on each invariant comes out (shared names: I1-I8).

Rules
 1. Nothing is imported that decides: not `core.actions`, `core.party`, `core.decide`, `policy`, nor a stage of the
    engine (.importlinter says so). Both sides would make the same mistake.
 2. An invariant says how many things it looked at: a check that saw nothing proves nothing.
 3. exactly_once: what a real broker's transactions promise. Without them (the embedded broker) a record read again
    after a crash is on record again, under the same id; a command still has to come out the same, byte for byte.
 4. aged: retention has taken the beginning of the topics. Decisions and dead letters of messages that are gone are
    then no violation; what is left of I3 and I4 knows less than the engine did.
"""

from collections import Counter, defaultdict, deque

from garbo.audit.verify import accounting, contacts, rows
from garbo.audit.verify.history import TIMER, History, history
from garbo.audit.verify.log import Log, Moved, Place
from garbo.audit.verify.report import Judged, Report
from garbo.audit.verify.rules import Rules

DUPLICATE = "duplicate"
RING = 16  # the latest events of a party among which a repeated one is recognised (docs/guarantees.md)


def check(log: Log, rules: Rules, *, exactly_once: bool = True, aged: bool = False) -> Report:
    """Judge I1-I4 and I6-I8."""
    past = history(log)
    judged = [
        accounting.judge(log, past, exactly_once=exactly_once, aged=aged),
        one_effect(log),
        *contacts.judge(log, past, rules),
        dead_letters(log, exactly_once=exactly_once, aged=aged),
        rows.judge(log, past, exactly_once=exactly_once, aged=aged),
        order(past),
    ]
    counts = {
        "facts": len(log.inbound),  # as reports have always called them
        "party events": len(log.arrivals) + len(log.faults),
        "decisions": len(log.decisions),
        "commands": len(log.commands),
        "dead letters": len(log.dead),
    }
    return Report(judged, counts, _notes(log))


def one_effect(log: Log) -> Judged:
    """I2: all copies of a command are the same bytes, so whoever keeps the first misses nothing."""
    found = Judged("I2", "no duplicate effective action: copies of a command are byte-identical")
    first: dict[str, tuple[bytes, str, Place]] = {}
    for command in log.commands:
        found.checked += 1
        action_id, topic = command.deliver.action_id, command.place.topic
        known, where, place = first.setdefault(action_id, (command.digest, topic, command.place))
        if (known, where) != (command.digest, topic):
            found.violations.append(f"{action_id} lies at {place} and, otherwise, at {command.place}")
    return found


def dead_letters(log: Log, *, exactly_once: bool, aged: bool) -> Judged:
    """I6: what cannot be read has one dead letter, and a dead letter is of a message that is there."""
    found = Judged("I6", "malformed messages and dead letters are 1:1, with a reason")
    bad = {message.place: message.fault for message in log.inbound if message.fault} | log.faults
    reasons: dict[Place, set[str]] = defaultdict(set)
    letters: Counter[Place] = Counter()
    for dead in log.dead:
        found.checked += 1
        letters[dead.of] += 1
        reasons[dead.of].add(dead.reason)
        if not aged and not log.same.get(dead.of, False):
            what = "another message" if dead.of in log.same else "nothing"
            found.violations.append(f"{dead.place} is a dead letter of {dead.of}, where {what} lies")
        if dead.processor != "resolve" and exactly_once and letters[dead.of] > 1:
            found.violations.append(f"{dead.place} is one more dead letter of {dead.of}")
        if len(reasons[dead.of]) > 1:
            found.violations.append(f"{dead.place} gives another reason for {dead.of}")
    for place, fault in bad.items():
        found.checked += 1
        if place not in letters:
            found.violations.append(f"{place} ({fault}) has no dead letter")
    return found


def order(past: History) -> Judged:
    """I8: in the order of its decisions, a party takes each source's events strictly forward, none twice."""
    found = Judged("I8", "per party and source, applied offsets strictly increase; no event is applied twice")
    for party, steps in past.parties.items():
        last: dict[tuple[str, int], int] = {}
        ring: deque[str] = deque(maxlen=RING)
        own = -1
        decided = [(s.decision.place.offset, s.arrival, s.decision) for s in steps if s.decision is not None]
        for _, arrival, decision in sorted(decided, key=lambda entry: entry[0]):
            found.checked += 1
            if arrival.place.offset <= own:
                found.violations.append(f"{decision.place}: {party} took {arrival.place} after a later event")
            own = max(own, arrival.place.offset)
            source = arrival.source
            if decision.disposition != DUPLICATE and arrival.kind != TIMER:
                if arrival.event_id in ring:
                    found.violations.append(f"{decision.place}: {party} applied {arrival.event_id} a second time")
                if isinstance(arrival.said, Moved):  # two rings become one: which of ours are left, who knows
                    ring.clear()
                ring.append(arrival.event_id)
            # Over an alias two ways meet, in no one order: there the ring of event ids speaks.
            if source is None or arrival.forwarded_from or decision.disposition == DUPLICATE:
                continue
            before = last.get((source.topic, source.partition), -1)
            if source.offset <= before:
                found.violations.append(f"{decision.place}: {party} applied {source} after offset {before}")
            last[source.topic, source.partition] = max(source.offset, before)
    return found


def _notes(log: Log) -> list[str]:
    notes = []
    if gone := sorted(topic for topic, offset in log.first.items() if offset):
        notes.append(f"{', '.join(gone)} do not begin at offset 0: if retention took the beginning, say --aged")
    versions = sorted({d.policy_version for d in log.decisions})
    if len(versions) > 1:
        notes.append(f"{len(versions)} versions of the policy decided; caps and consents are judged by one")
    return notes
