"""The timers of a partition's parties, in memory: read from the rows on assignment, kept in a heap afterwards.

Rules
 1. The row is the truth. An entry whose timer was moved or removed from the row is stale and dropped. If it becomes
    stale after it was handed out, `core.decide` does not find it on the row and drops it.
 2. A party has one timer in flight, its earliest. Deciding it may set a timer (a promise at 9:30) that comes before the
    next one (an overdue need at 10:00), also when time passes both at once, in a replay or after an outage.
"""

import heapq
from collections.abc import Iterator

from garbo.core.party.state import Party

Entry = tuple[int, str]  # (due, timer)


class TimerIndex:
    """The due instants of one partition."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, str]] = []
        self._held: dict[str, set[Entry]] = {}  # party -> its timers
        self._next: dict[str, Entry] = {}  # party -> the one in the heap
        self._flight: dict[str, Entry] = {}  # party -> the one handed out, not decided yet
        self._skipped: dict[str, set[Entry]] = {}  # party -> those that could not be decided

    def note(self, party: Party) -> None:
        """Take over the timers that the row of `party` has now."""
        name = party.id
        if not party.timers:
            for memory in (self._held, self._next, self._flight, self._skipped):
                memory.pop(name, None)
            return
        self._held[name] = held = {(t.due, t.id) for t in party.timers}
        if name in self._flight:
            if self._flight[name] in held:
                return
            del self._flight[name]
        self._push(name, held)

    def skip(self, party: str) -> None:
        """The timer in flight could not be decided: go on to the party's next."""
        entry = self._flight.pop(party, None)
        if entry is not None:
            self._skipped.setdefault(party, set()).add(entry)
        self._push(party, self._held.get(party, set()))

    def due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Pop what is due at `now` (ms): (due, party, timer), in order of time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, party, timer = heapq.heappop(heap)
            if self._next.get(party) == (due, timer):
                self._flight[party] = self._next.pop(party)
                yield due, party, timer

    @property
    def next_due(self) -> int | None:
        """The earliest due instant (ms); None without timers. It may belong to a stale entry."""
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return sum(len(held) for held in self._held.values())

    def _push(self, party: str, held: set[Entry]) -> None:
        skipped = self._skipped.get(party)
        if skipped:
            skipped &= held
            held = held - skipped
        earliest = min(held, default=None)
        if earliest is None:
            self._next.pop(party, None)
        elif self._next.get(party) != earliest:
            self._next[party] = earliest
            heapq.heappush(self._heap, (earliest[0], party, earliest[1]))
