"""What a processor's runtime reports. `garbo.adapters.observability` turns it into metrics; `SILENT` ignores it.

Calls come from the event loop and from worker threads: an observer is quick, takes no lock for long, never raises.
"""

from collections.abc import Collection
from typing import Final, Protocol


class ProcessorObserver(Protocol):
    """Takes the reports of one processor."""

    def chunk(self, records: int, seconds: float) -> None:
        """A chunk was processed (not yet committed)."""

    def committed(self, seconds: float, records: int) -> None:
        """A checkpoint was committed; `seconds` is what the commit took, `records` what it held."""

    def rolled_back(self, reason: str) -> None:
        """A checkpoint was aborted; its records come again."""

    def assigned(self, partitions: Collection[int]) -> None:
        """Partitions this worker has now; empty after a revocation."""

    def restored(self, rows: int, seconds: float) -> None:
        """The table is complete again."""

    def lag(self, topic: str, partition: int, records: int) -> None:
        """Records on the log this worker has not committed yet, by an independent client."""

    def failed(self, reason: str) -> None:
        """The processor raised: a bug that is not about one record. `reason` is the exception's type."""


class Silent:
    """Ignores every report."""

    def chunk(self, records: int, seconds: float) -> None: ...
    def committed(self, seconds: float, records: int) -> None: ...
    def rolled_back(self, reason: str) -> None: ...
    def assigned(self, partitions: Collection[int]) -> None: ...
    def restored(self, rows: int, seconds: float) -> None: ...
    def lag(self, topic: str, partition: int, records: int) -> None: ...
    def failed(self, reason: str) -> None: ...


SILENT: Final = Silent()
