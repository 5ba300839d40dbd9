"""What the watchdog looks at: a processor's signs of life, as instants of the monotonic clock, in seconds.

Written by the event loop and the lag meter, read by the watchdog's thread; single attributes, no lock needed.
"""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Heartbeat:
    """One processor's signs of life. None means: not in this condition."""

    name: str
    beat: float = field(default_factory=time.monotonic)  # the event loop was here
    unassigned_since: float | None = field(default_factory=time.monotonic)
    rebalancing_since: float | None = None
    restoring_since: float | None = None
    lagging_since: float | None = None
    last_commit: float = field(default_factory=time.monotonic)

    def assigned(self, any_partition: bool) -> None:
        """The group gave us our part; possibly none, when there are more workers than partitions."""
        self.unassigned_since = None
        self.rebalancing_since = time.monotonic() if any_partition else None

    def revoked(self) -> None:
        """Our part was taken back: a new one should follow."""
        self.unassigned_since = self.rebalancing_since = time.monotonic()
        self.lagging_since = None

    def restoring(self, yes: bool) -> None:
        """The table is being read."""
        self.restoring_since = time.monotonic() if yes else None

    def ready(self) -> None:
        """Processing may begin."""
        self.rebalancing_since = None
        self.last_commit = time.monotonic()

    def lag(self, records: int) -> None:
        """What the independent client found."""
        if records == 0:
            self.lagging_since = None
        elif self.lagging_since is None:
            self.lagging_since = time.monotonic()

    def postpone(self, seconds: float) -> None:
        """The whole process stood still for so long, which is no fault of a part."""
        self.beat += seconds
        self.last_commit += seconds
        if self.unassigned_since is not None:
            self.unassigned_since += seconds
        if self.rebalancing_since is not None:
            self.rebalancing_since += seconds
        if self.restoring_since is not None:
            self.restoring_since += seconds
        if self.lagging_since is not None:
            self.lagging_since += seconds
