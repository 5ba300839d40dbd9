"""ADWIN: a window over a stream of numbers that raises an alarm when the mean of its newer part is another one.

Bifet, Gavalda 2007, "Learning from time-changing data with adaptive windowing"; thresholds, order of the checks and
parameters are those of `river.drift.ADWIN`, and a test compares every alarm. As there, the window begins again after an
alarm, so that one change is one alarm.

It is written out here because River's state lives in compiled code: it cannot be kept as data, and damaged it raises an
exception that no `except Exception` catches. This one is numbers only, in a row as in memory, restored to the bit.
"""

from math import isfinite, log, sqrt
from typing import Final

from msgspec import Struct, field

DELTA: Final = 0.002  # the chance of a false alarm, at each check
CHECK_EVERY: Final = 32
ROW: Final = 5  # buckets of one size; with one more, the two oldest become one of the next size
SHORTEST: Final = 5  # values on either side of a cut
_MOST_SIZES: Final = 48  # 2^48 values


class Adwin(Struct, array_like=True):
    """taken: values so far. alarms: how often the mean changed. last_alarm: `taken` at the last one, 0 for none.

    total, spread: of the window: the sum of the values, and of their squared distances from the mean. totals: the sums
    of the buckets by size, the oldest first; row i has buckets of 2^i values.
    """

    taken: int = 0
    alarms: int = 0
    last_alarm: int = 0
    total: float = 0.0
    spread: float = 0.0
    totals: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = [*map(len, self.totals)]
        if len(rows) > _MOST_SIZES or max(rows, default=0) > ROW or min(self.alarms, self.last_alarm) < 0:
            raise ValueError("a window has too many buckets")
        if self.width != sum(buckets << size for size, buckets in enumerate(rows)):
            raise ValueError("a window has another width than its buckets")
        for row in (*self.totals, [self.total, self.spread]):
            if not all(map(isfinite, row)):
                raise ValueError("a window has a number that is not finite")

    @property
    def width(self) -> int:
        """Values in the window: those since the last alarm."""
        return self.taken - self.last_alarm

    @property
    def mean(self) -> float:
        """The mean of the window; 0 without values."""
        return self.total / self.width if self.width else 0.0

    def add(self, value: float) -> bool:
        """Take a value; True when the mean has changed. The window is then empty."""
        self._insert(value)
        self.taken += 1
        if self.width % CHECK_EVERY or not self._cut():
            return False
        self.alarms += 1
        self.last_alarm = self.taken
        self.total = self.spread = 0.0
        self.totals = []
        return True

    def _insert(self, value: float) -> None:
        width = self.width
        if width:
            self.spread += width * (value - self.total / width) ** 2 / (width + 1)
        self.total += value
        size, total = 0, value
        while True:
            if size == len(self.totals):
                self.totals.append([])
            row = self.totals[size]
            row.append(total)
            if len(row) <= ROW:
                return
            total = row.pop(0) + row.pop(0)
            size += 1

    def _cut(self) -> bool:
        """Is there an instant before and after which the means differ more than chance explains?"""
        width = self.width
        sure = log(2.0 * log(width) / DELTA)
        factor = 2.0 * self.spread / width * sure
        before, total = 0, 0.0
        for size in range(len(self.totals) - 1, -1, -1):
            row = self.totals[size]
            number = 1 << size
            for bucket in row:
                before += number
                total += bucket
                after = width - before
                if after < SHORTEST:
                    return False
                if before < SHORTEST:
                    continue
                narrow = 1.0 / (before - SHORTEST + 1) + 1.0 / (after - SHORTEST + 1)
                limit = sqrt(max(factor, 0.0) * narrow) + 2.0 / 3.0 * sure * narrow
                if abs(total / before - (self.total - total) / after) > limit:
                    return True
        return False
