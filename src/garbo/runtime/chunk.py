"""A chunk: records of one partition that are processed together.

Faust costs 150-200 us for each message it carries, whatever the message is. A chunk makes that the cost of up to 500
records.
"""

from collections.abc import Sequence

from garbo.processors.ports import ConsumerRecord
from garbo.runtime.partition import TP


class Chunk:
    """Records of one partition in offset order."""

    __slots__ = ("epoch", "next", "records", "tp")

    def __init__(self, tp: TP, records: Sequence[ConsumerRecord], epoch: int) -> None:
        self.tp = tp
        self.records = records
        self.epoch = epoch  # of the assignment it was fetched under; void under any other
        self.next = records[-1].offset + 1  # where the partition goes on once the chunk is committed

    def __len__(self) -> int:
        return len(self.records)
