"""Step 3 of an assignment: rows, models and policies are complete before the first record is processed."""

from collections.abc import Callable, Collection
from typing import Final

from garbo.errors import BrokerError
from garbo.runtime.broadcast import Broadcast
from garbo.runtime.restore import Restorer
from garbo.runtime.state_table import StateTable

BROADCAST_S: Final = 60.0  # how long to wait for models and policies before it is called a failure


class TableLoader:
    """Restores the table, then waits for the broadcast topics."""

    def __init__(self, table: StateTable, restorer: Restorer | None, broadcast: Broadcast) -> None:
        self._table, self._restorer, self._broadcast = table, restorer, broadcast

    def load(self, partitions: Collection[int], wanted: Callable[[], bool]) -> int:
        """Open and restore the partitions. Blocks; ends early when it is no longer `wanted`.

        Returns:
            The rows restored.

        Raises:
            BrokerError: the changelog or a broadcast topic could not be read.
        """
        rows = self._restore(partitions, wanted)
        if not self._broadcast.caught_up.wait(BROADCAST_S):
            why = self._broadcast.failed or f"no end within {BROADCAST_S:.0f} s"
            raise BrokerError(f"models and policies could not be read: {why}.")
        return rows

    def _restore(self, partitions: Collection[int], wanted: Callable[[], bool]) -> int:
        with self._table.guard:
            if not wanted():
                return 0
            if self._restorer is not None:
                return self._restorer.restore(partitions, wanted)
            for partition in partitions:
                self._table.open(partition)
            return 0
