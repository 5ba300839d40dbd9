"""A partition's share of what is scarce, and how much of it is used: one row of the decide table, committed with the
decisions that used it.

`core.gates.scarcity` says what the shares are; a share needs no agreement between partitions, so it holds under crashes
and rebalances like any row.
"""

from collections.abc import Callable
from typing import Final

from msgspec import MsgspecError, msgpack

from garbo.core.gates import scarcity
from garbo.processors.stored import unreadable

# No party has such an id: `processors.decide` refuses it.
ROW_KEY: Final = b"\0quota"
# Periods remembered of one key: hours of a month and more, as far as plans reach.
PERIODS: Final = 1024

_decoder = msgpack.Decoder(dict[str, dict[int, int]])


class PartitionQuota:
    """Implements `core.gates.scarcity.Quota` over one partition.

    partitions: how many there are; asked when something is scarce. row: the stored one, None for none.
    """

    def __init__(self, partition: int, partitions: Callable[[], int], row: bytes | None) -> None:
        self._partition, self._partitions = partition, partitions
        try:
            self._used = {} if row is None else _decoder.decode(row)
        except (MsgspecError, UnicodeDecodeError) as problem:
            raise unreadable("the row of what is used up", problem) from None
        self.changed = False

    def used(self, key: str, period: int) -> int:
        return self._used.get(key, {}).get(period, 0)

    def share(self, key: str, period: int, whole: int) -> int:
        return scarcity.share(whole, period, self._partition, self._partitions())

    def spend(self, key: str, period: int) -> None:
        """One more is used."""
        periods = self._used.setdefault(key, {})
        periods[period] = periods.get(period, 0) + 1
        while len(periods) > PERIODS:
            del periods[min(periods)]
        self.changed = True

    def row(self) -> bytes:
        """What to store."""
        return msgpack.encode(self._used)
