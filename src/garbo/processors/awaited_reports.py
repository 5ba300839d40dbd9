"""Commands whose dispatcher has not reported yet: a dead dispatcher sends nothing, so somebody has to count.

Rules
 1. The row is the truth: what is awaited is read from the rows when the partition is opened, as timers are.
 2. A report that was late already when the partition was opened is not counted: the worker before counted it.
 3. Bounded: while `MOST` commands are awaited by all partitions of a worker, further ones are not watched. The alarm
    is on by then.
 4. A command is known by the hash of its id, which is smaller. Two ids with one hash would hide one report.
"""

import heapq
from collections.abc import Iterator
from typing import Final

from garbo.core.party.state import Party
from garbo.core.policy.policy import Policy

# Awaited by one worker: 37 MB (measured), and seven hours of eight commands a second that nobody reports.
MOST: Final = 200_000


class Room:
    """How many more commands the partitions of one worker may await."""

    def __init__(self, most: int = MOST) -> None:
        self.left = most


class AwaitedReports:
    """What one partition waits for."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._heap: list[tuple[int, int, str]] = []  # (due, hash of the id, channel); reported ones are stale
        self._open: set[int] = set()
        self._new = True  # `late` was not asked yet (rule 2)

    def __len__(self) -> int:
        return len(self._open)

    def expect(self, action_id: str, channel: str, due: int) -> None:
        """A report about the command is due at `due` (ms)."""
        key = hash(action_id)
        if key in self._open or not self._room.left:
            return
        self._room.left -= 1
        self._open.add(key)
        heapq.heappush(self._heap, (due, key, channel))

    def expect_row(self, party: Party, policy: Policy) -> None:
        """Await what the row of `party` still waits for. What was shown to who was there needs no report."""
        for pending in party.pending:
            known = policy.channels.get(pending.channel)
            if known is None or not known.reports_within or pending.reported:
                continue
            if any(c.action_id == pending.action_id and not c.rider for c in party.contacts):
                self.expect(pending.action_id, pending.channel, pending.at + known.reports_within)

    def reported(self, action_id: str) -> None:
        """Something was reported about the command, or its row went to another partition."""
        key = hash(action_id)
        if key in self._open:
            self._forget(key)
            if len(self._heap) > 1024 and len(self._heap) > 2 * len(self._open):
                self._heap = [entry for entry in self._heap if entry[1] in self._open]
                heapq.heapify(self._heap)

    def late(self, now: int) -> Iterator[str]:
        """The channels of the commands whose time is over at `now` (ms), each command once."""
        heap, known = self._heap, not self._new
        self._new = False
        while heap and heap[0][0] <= now:
            _, key, channel = heapq.heappop(heap)
            if key in self._open:
                self._forget(key)
                if known:
                    yield channel

    def close(self) -> None:
        """The partition is another worker's now."""
        self._room.left += len(self._open)
        self._open.clear()
        self._heap.clear()

    def _forget(self, key: int) -> None:
        self._open.discard(key)
        self._room.left += 1
