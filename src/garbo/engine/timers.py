"""The timers of a partition's parties, in memory: rebuilt from the rows on assignment, a heap in between.

The row is the truth. An entry whose timer was moved or taken off the row is stale; it is dropped here when that is
known, and by decide, which no longer finds it on the row, when not.
"""

import heapq
from collections.abc import Iterator

from garbo.core.customer.state import Party


class TimerIndex:
    """Due instants of one partition."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, str]] = []
        self._held: dict[str, set[tuple[int, str]]] = {}  # party -> its live (due, timer) pairs

    def note(self, party: Party) -> None:
        """Take over the timers `party`'s row has now."""
        if not party.timers:
            self._held.pop(party.id, None)
            return
        held = self._held.get(party.id, set())
        live = {(t.due, t.id) for t in party.timers}
        for due, timer in sorted(live - held):
            heapq.heappush(self._heap, (due, party.id, timer))
        self._held[party.id] = live

    def due(self, now: int) -> Iterator[tuple[int, str, str]]:
        """Pop what is due: (due, party, timer), in order of time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, party, timer = heapq.heappop(heap)
            held = self._held.get(party)
            if held is not None and (due, timer) in held:
                yield due, party, timer

    @property
    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return sum(len(held) for held in self._held.values())
