"""Each party's events in the order of its log, each with the decision that ended it.

The n-th arrival of an event at a party belongs to the n-th record of that event and party: a record does not name its
offset on party-events, but both topics are keyed by party and written in order.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from garbo.checker.log import Arrival, Decision, Log

TICK, TIMER = "tick", "timer"


class Step(NamedTuple):
    """decision None: the event is not accounted for."""

    arrival: Arrival
    decision: Decision | None


@dataclass(slots=True)
class History:
    """parties: the steps of each. spare: decisions of no event."""

    parties: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    spare: list[Decision] = field(default_factory=list)

    def steps(self) -> Iterable[Step]:
        for steps in self.parties.values():
            yield from steps


def history(log: Log) -> History:
    """Clock ticks and what became a dead letter have no step."""
    waiting: dict[tuple[str, str], deque[Decision]] = defaultdict(deque)
    for decision in log.decisions:
        waiting[decision.party, decision.event_id].append(decision)
    found, aside = History(), {dead.of for dead in log.dead}
    for arrival in log.arrivals:
        if arrival.kind == TICK or arrival.place in aside:
            continue
        decisions = waiting.get((arrival.party, arrival.event_id))
        found.parties[arrival.party].append(Step(arrival, decisions.popleft() if decisions else None))
    found.spare = [decision for left in waiting.values() for decision in left]
    return found
