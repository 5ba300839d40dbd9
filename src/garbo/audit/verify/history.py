"""Each party's events in the order of its log, each with the decision that ended it.

A record names where its event lay. Where there are no transactions an event read again after a crash has several
records: the first one is its decision, for what it sent is out.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from garbo.audit.verify.log import Arrival, Decision, Log, Place

TICK, TIMER = "tick", "timer"


class Step(NamedTuple):
    """decision None: the event is not accounted for."""

    arrival: Arrival
    decision: Decision | None


@dataclass(slots=True)
class History:
    """parties: the steps of each. spare: decisions of no event, or more than one of an event."""

    parties: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    spare: list[Decision] = field(default_factory=list)

    def steps(self) -> Iterable[Step]:
        for steps in self.parties.values():
            yield from steps


def history(log: Log) -> History:
    """Clock ticks and what became a dead letter have no step."""
    found, aside = History(), {dead.of for dead in log.dead}
    of: dict[Place, Decision] = {}
    for decision in log.decisions:
        if of.setdefault(decision.of, decision) is not decision:
            found.spare.append(decision)
    for arrival in log.arrivals:
        if arrival.kind == TICK or arrival.place in aside:
            continue
        ended = of.get(arrival.place)
        if ended is not None and (ended.party, ended.event_id) != (arrival.party, arrival.event_id):
            ended = None  # about something else: spare, and the event is not accounted for
        if ended is not None:
            del of[arrival.place]
        found.parties[arrival.party].append(Step(arrival, ended))
    found.spare += of.values()
    return found
