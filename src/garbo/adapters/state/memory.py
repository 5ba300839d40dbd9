"""Rows in memory: for tests, and for a processor that restores instead of keeping files."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from garbo.adapters.state.store import ChangelogPosition, Rows, Store


class MemoryStore:
    """One partition's rows in a dict. Gone when closed: the changelog brings them back."""

    __slots__ = ("_keys", "_position", "_rows", "get")

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []  # in order, for scans
        self._position: ChangelogPosition | None = None
        self.get = self._rows.get  # the dict's own method: reading costs nothing extra

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        keys = self._keys
        found = _with_prefix(keys, prefix) if prefix else list(keys)
        for key in found:
            if (value := self._rows.get(key)) is not None:
                yield key, value

    def write(self, rows: Rows, position: ChangelogPosition | None) -> None:
        for key, value in rows:
            if value is None:
                if self._rows.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]
            else:
                if key not in self._rows:
                    insort(self._keys, key)
                self._rows[key] = value
        if position is not None:
            self._position = position

    def position(self) -> ChangelogPosition | None:
        return self._position

    def clear(self) -> None:
        self._rows.clear()
        self._keys.clear()
        self._position = None

    def close(self) -> None:
        self.clear()


def _with_prefix(keys: list[bytes], prefix: bytes) -> list[bytes]:
    found = []
    for index in range(bisect_left(keys, prefix), len(keys)):
        if not keys[index].startswith(prefix):
            break
        found.append(keys[index])
    return found


class MemoryStores:
    """A new, empty store at every opening."""

    def open(self, partition: int) -> Store:
        return MemoryStore()
