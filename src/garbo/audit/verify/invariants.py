"""READ FIRST. The log goes in, a result for each invariant comes out (I1-I8, I11-I26, docs/guarantees.md).

Rules
 1. This package imports no code that decides: none of `core` outside its vocabulary, no `policy`, no processor
    (.importlinter enforces it). Shared code would make the same mistake on both sides.
 2. Each result says how many items it checked: a check of nothing proves nothing.
 3. exactly_once: what a real broker's transactions promise. Without them (the embedded broker) an event that is read
    again after a crash has a second record under the same id. Its command must still have the same bytes.
 4. truncated: retention has deleted the beginning of the topics. Then decisions and dead letters of deleted messages
    are no violation, and the invariants about persons know less than the engine did.
"""

from collections import Counter, defaultdict, deque

from garbo.audit.verify import accounting, draws, feedback, journey_kpis, journeys, mixture, persons, rows, scarcity
from garbo.audit.verify.answers import Answers
from garbo.audit.verify.behaviour import Behaviour
from garbo.audit.verify.caps import Caps
from garbo.audit.verify.consents import Consents
from garbo.audit.verify.content import Moved
from garbo.audit.verify.examples import Examples
from garbo.audit.verify.history import TIMER, History, history
from garbo.audit.verify.holdout import ControlGroup
from garbo.audit.verify.log import Log, Place
from garbo.audit.verify.minimal import Minimal
from garbo.audit.verify.naming import Naming
from garbo.audit.verify.objections import Objections
from garbo.audit.verify.origins import Origins
from garbo.audit.verify.remarketing import RemarketingCap
from garbo.audit.verify.report import InvariantResult, Report
from garbo.audit.verify.rules import Rules
from garbo.audit.verify.vectors import Vectors

DUPLICATE = "duplicate"
RING = 16  # a repeated event is recognised among this many latest events of a party (docs/guarantees.md)


def check(log: Log, rules: Rules, *, exactly_once: bool = True, truncated: bool = False) -> Report:
    """Check every invariant except I5, I9 and I10."""
    past = history(log)
    origins = Origins(past, rules)
    limits, examples = (
        (Caps(rules), Consents(rules)),
        Examples(log, rules, exactly_once=exactly_once, truncated=truncated),
    )
    decisions = (
        Naming(past, rules), Behaviour(rules, origins), RemarketingCap(rules, origins), Answers(log, rules),
        ControlGroup(rules), Objections(log, past, rules, truncated=truncated), Minimal(rules),
        Vectors(),
    )  # fmt: skip
    persons.walk(log, past, rules, origins, (*limits, examples, *decisions))
    examples.finish()
    results = [
        accounting.check(log, past, exactly_once=exactly_once, truncated=truncated),
        one_effect(log),
        *(judge.result for judge in limits),
        dead_letters(log, exactly_once=exactly_once, truncated=truncated),
        rows.check(log, past, exactly_once=exactly_once, truncated=truncated),
        order(past),
        examples.result,
        *(judge.result for judge in decisions),
        scarcity.check(log, rules),
        draws.check(past, origins),
        mixture.check(past, rules),
        journeys.check(log.passages, log.standing, exactly_once=exactly_once, truncated=truncated),
        journey_kpis.check(log.kpis, truncated=truncated),
        feedback.check(log, rules.weights, truncated=truncated),
    ]
    results.sort(key=lambda result: int(result.name[1:]))
    counts = {
        "facts": len(log.inbound),  # as reports have always called them
        "party events": len(log.arrivals) + len(log.faults),
        "decisions": len(log.decisions),
        "commands": len(log.commands),
        "dead letters": len(log.dead),
    }
    return Report(results, counts, _notes(log))


def one_effect(log: Log) -> InvariantResult:
    """I2: all copies of a command have the same bytes, so a dispatcher may keep the first one only."""
    result = InvariantResult("I2", "no duplicate effective action: copies of a command are byte-identical")
    first: dict[str, tuple[bytes, str, Place]] = {}
    for command in log.commands:
        result.checked += 1
        action_id, topic = command.deliver.action_id, command.place.topic
        known, where, place = first.setdefault(action_id, (command.digest, topic, command.place))
        if (known, where) != (command.digest, topic):
            result.violations.append(f"{action_id} at {place} differs from its copy at {command.place}")
    return result


def dead_letters(log: Log, *, exactly_once: bool, truncated: bool) -> InvariantResult:
    """I6: each unreadable message has one dead letter, and each dead letter names a message that exists.

    Its headers say what it says; a message that was sent again names a message that has a dead letter.
    """
    result = InvariantResult("I6", "malformed messages and dead letters are 1:1, with a reason")
    bad = {message.place: message.fault for message in log.inbound if message.fault} | log.faults
    reasons: dict[Place, set[str]] = defaultdict(set)
    letters: Counter[Place] = Counter()
    for dead in log.dead:
        result.checked += 1
        letters[dead.of] += 1
        reasons[dead.of].add(dead.reason)
        if not truncated and not log.same.get(dead.of, False):
            what = "another message" if dead.of in log.same else "no message"
            result.violations.append(f"{dead.place} is a dead letter of {dead.of}, but that place holds {what}")
        if dead.processor != "resolve" and exactly_once and letters[dead.of] > 1:
            result.violations.append(f"{dead.place} is a second dead letter of {dead.of}")
        if dead.headers and (dead.headers[0], dead.headers[1][-len(dead.of.topic) :], *dead.headers[2:]) != (
            dead.reason, dead.of.topic, str(dead.of.partition), str(dead.of.offset)
        ):  # fmt: skip
            result.violations.append(f"{dead.place}: its headers name another reason or place than {dead.of}")
        if len(reasons[dead.of]) > 1:
            result.violations.append(f"{dead.place} gives another reason for {dead.of} than the first dead letter")
    for place, fault in bad.items():
        result.checked += 1
        if place not in letters:
            result.violations.append(f"{place} ({fault}) has no dead letter")
    known = {f"{of.topic}/{of.partition}/{of.offset}" for of in letters}
    for place, of in log.again.items():
        result.checked += 1
        if not truncated and of not in known:
            result.violations.append(f"{place} was sent again for {of}, which has no dead letter")
    return result


def order(past: History) -> InvariantResult:
    """I8: in the order of a party's decisions, each source's offsets strictly increase and no event repeats."""
    result = InvariantResult("I8", "per party and source, applied offsets strictly increase; no event is applied twice")
    for party, steps in past.parties.items():
        last: dict[tuple[str, int], int] = {}
        ring: deque[str] = deque(maxlen=RING)
        own = -1
        decided = [(s.decision.place.offset, s.arrival, s.decision) for s in steps if s.decision is not None]
        for _, arrival, decision in sorted(decided, key=lambda entry: entry[0]):
            result.checked += 1
            if arrival.place.offset <= own:
                result.violations.append(f"{decision.place}: {party} applied {arrival.place} after a later event")
            own = max(own, arrival.place.offset)
            source = arrival.source
            if decision.disposition != DUPLICATE and arrival.kind != TIMER:
                if arrival.event_id in ring:
                    result.violations.append(f"{decision.place}: {party} applied {arrival.event_id} a second time")
                if isinstance(arrival.content, Moved):  # two rings merge: which entries stay is not known here
                    ring.clear()
                ring.append(arrival.event_id)
            # An alias joins two paths without a common order: the ring of event ids covers those events.
            if source is None or arrival.forwarded_from or decision.disposition == DUPLICATE:
                continue
            before = last.get((source.topic, source.partition), -1)
            if source.offset <= before:
                result.violations.append(f"{decision.place}: {party} applied {source} after offset {before}")
            last[source.topic, source.partition] = max(source.offset, before)
    return result


def _notes(log: Log) -> list[str]:
    notes = []
    if gone := sorted(topic for topic, offset in log.first.items() if offset):
        notes.append(f"{', '.join(gone)} do not begin at offset 0: if retention deleted the beginning, add --truncated")
    versions = sorted({d.policy_version for d in log.decisions})
    if len(versions) > 1:
        notes.append(
            f"{len(versions)} policy versions decided, but one checks: a cap or consent violation may only show the "
            "difference between them; compare with `garbo explain`"
        )
    return notes
