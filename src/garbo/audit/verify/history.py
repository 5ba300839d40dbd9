"""Each party's events in the order of its log, each with its decision.

A record names the place of its event. Without transactions an event that is read again after a crash has several
records. The first one is its decision, because its commands were sent.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from garbo.audit.verify.log import Arrival, Decision, Log, Place

TICK, TIMER = "tick", "timer"
DECIDED = "decided"


class Step(NamedTuple):
    """decision None: the event is not accounted for."""

    arrival: Arrival
    decision: Decision | None


@dataclass(slots=True)
class History:
    """parties: the steps of each party. unmatched: decisions without an event, and second decisions of an event."""

    parties: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    unmatched: list[Decision] = field(default_factory=list)

    def steps(self) -> Iterable[Step]:
        for steps in self.parties.values():
            yield from steps


def history(log: Log) -> History:
    """Match the events of party-events with their decisions. Clock ticks and dead letters have no step."""
    past, put_aside = History(), {dead.of for dead in log.dead}
    of: dict[Place, Decision] = {}
    for decision in log.decisions:
        if of.setdefault(decision.of, decision) is not decision:
            past.unmatched.append(decision)
    for arrival in log.arrivals:
        if arrival.kind == TICK or arrival.place in put_aside:
            continue
        own = of.get(arrival.place)
        if own is not None and (own.party, own.event_id) != (arrival.party, arrival.event_id):
            own = None  # about another event: it stays unmatched, and this event is not accounted for
        if own is not None:
            del of[arrival.place]
        past.parties[arrival.party].append(Step(arrival, own))
    past.unmatched += of.values()
    return past
