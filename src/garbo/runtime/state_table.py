"""A processor's table: committed rows in one store a partition, rows of the open checkpoint in an overlay.

- `write` touches the overlay only: a crash before the commit leaves nothing behind.
- Reads look through the overlay, so a processor reads its own writes.
- `flush` comes after the commit (step 10) and writes rows and changelog offset in one batch. A crash in between
  costs nothing: the rows are in the changelog, above the store's position, and are restored.
- `discard` drops the overlay: an aborted checkpoint leaves nothing.
- The end of the changelog, as far as the table knows it, tells whether another worker has written there.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from heapq import merge
from typing import Final

from garbo.adapters.state import ChangelogPosition, Store, Stores

_ABSENT: Final = object()


class PartitionRows:
    """The rows of one partition as a processor sees them: `garbo.processors.ports.Rows`."""

    __slots__ = ("_overlay_get", "_store_get", "overlay", "store")

    def __init__(self, store: Store) -> None:
        self.store = store
        self.overlay: dict[bytes, bytes | None] = {}
        self._store_get = store.get
        self._overlay_get = self.overlay.get

    def get(self, key: bytes) -> bytes | None:
        row = self._overlay_get(key, _ABSENT)
        if row is _ABSENT:
            return self._store_get(key)
        return row  # type: ignore[return-value]  # None here is a tombstone: deleted, whatever the store says

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        overlay = self.overlay
        below = (row for row in self.store.scan(prefix) if row[0] not in overlay)
        above = (
            (key, value)
            for key in sorted(key for key in overlay if key.startswith(prefix))
            if (value := overlay[key]) is not None
        )
        return merge(below, above)


class StateTable:
    """The table of one processor on the partitions this worker has."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._open: dict[int, PartitionRows] = {}
        self._acknowledged: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        # A revocation may close the stores in one thread while a restore still writes to them in another.
        self.guard: Final = threading.Lock()

    def open(self, partition: int) -> PartitionRows:
        """The partition's rows; opened on first use."""
        rows = self._open.get(partition)
        if rows is None:
            rows = self._open[partition] = PartitionRows(self._stores.open(partition))
        return rows

    def rows(self, partition: int) -> PartitionRows:
        """The rows of a partition that is open."""
        return self._open[partition]

    def write(self, partition: int, rows: Mapping[bytes, bytes | None]) -> None:
        """Into the overlay."""
        self._open[partition].overlay.update(rows)

    def restored(self, partition: int, end: int) -> None:
        """The store has all of the changelog below `end`."""
        self._ends[partition] = end

    def acknowledge(self, partition: int, offset: int) -> bool:
        """The changelog has this partition's rows up to `offset` (not yet committed).

        Returns:
            Whether nothing lies between this row and what the table knows of.
        """
        follows = offset == self._ends.get(partition, offset)
        self._acknowledged[partition], self._ends[partition] = offset, offset + 1
        return follows

    def flush(self) -> None:
        """The open checkpoint is committed: overlay into the stores."""
        now_ms = time.time_ns() // 1_000_000
        for partition, rows in self._open.items():
            if rows.overlay:
                offset = self._acknowledged.get(partition)
                rows.store.write(rows.overlay.items(), None if offset is None else ChangelogPosition(offset, now_ms))
                rows.overlay.clear()
        self._acknowledged.clear()

    def discard(self) -> None:
        """The open checkpoint was rolled back: as if it had never been."""
        for rows in self._open.values():
            rows.overlay.clear()
        self._acknowledged.clear()

    def close(self) -> None:
        """Drop the overlay and give all stores back."""
        with self.guard:
            self.discard()
            for rows in self._open.values():
                rows.store.close()
            self._open.clear()
            self._ends.clear()
