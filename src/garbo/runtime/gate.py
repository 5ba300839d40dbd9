"""The gate: may records be processed now, and under which epoch.

The one value that fetching, processing and assignment share. The event loop opens it and counts the epochs. Any thread
may close it.
"""


class Gate:
    """Open or closed, with the epoch of the present assignment.

    Attributes:
        epoch: grows at every revocation and every rollback. What was fetched under one epoch is void under any other.
        is_open: the table is restored and the positions are sought.
    """

    __slots__ = ("epoch", "is_open")

    def __init__(self) -> None:
        self.epoch = 0
        self.is_open = False

    def open(self) -> None:
        """Records of the present epoch may be processed."""
        self.is_open = True

    def close(self) -> None:
        """Nothing more may be processed; the epoch stays."""
        self.is_open = False

    def next_epoch(self) -> None:
        """Close, and void what was fetched until now."""
        self.is_open = False
        self.epoch += 1

    def admits(self, epoch: int) -> bool:
        """Whether records fetched under `epoch` may be processed."""
        return self.is_open and epoch == self.epoch
