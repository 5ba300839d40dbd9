"""Rows in memory: for tests, and for a stage that had rather restore than keep files."""

from collections.abc import Iterator

from garbo.adapters.stores.store import Checkpoint, Rows, Store


class MemoryStore:
    """One partition's rows in a dict. Gone when closed: the changelog brings them back."""

    __slots__ = ("_checkpoint", "_rows", "get")

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._checkpoint: Checkpoint | None = None
        self.get = self._rows.get  # the dict's own method: reading costs nothing extra

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        rows = self._rows
        for key in sorted(key for key in rows if key.startswith(prefix)):
            yield key, rows[key]

    def write(self, rows: Rows, checkpoint: Checkpoint | None) -> None:
        for key, value in rows:
            if value is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = value
        if checkpoint is not None:
            self._checkpoint = checkpoint

    def checkpoint(self) -> Checkpoint | None:
        return self._checkpoint

    def clear(self) -> None:
        self._rows.clear()
        self._checkpoint = None

    def close(self) -> None:
        self.clear()


class MemoryStores:
    """A new, empty store at every opening."""

    def open(self, partition: int) -> Store:
        return MemoryStore()
