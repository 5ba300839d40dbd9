"""The port: one ordered map of bytes, with the changelog position it reflects."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

# Rows as they are written: None is a tombstone.
Rows = Iterable[tuple[bytes, bytes | None]]


class ChangelogPosition(NamedTuple):
    """How far the store has followed its changelog."""

    offset: int  # the last changelog offset whose row is in the store
    written_ms: int  # wall clock of that write, milliseconds: an old store may have missed tombstones


class Store(Protocol):
    """The rows of one partition."""

    def get(self, key: bytes) -> bytes | None:
        """The row, or None."""

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, in key order. Rows must not be written meanwhile."""

    def write(self, rows: Rows, position: ChangelogPosition | None) -> None:
        """All rows and the position, or none of them. Without a position the former one stays."""

    def position(self) -> ChangelogPosition | None:
        """The last one written; None for a store that is new."""

    def clear(self) -> None:
        """Forget all rows and the position."""

    def close(self) -> None:
        """Give the partition's files back. The store cannot be used afterwards."""


class Stores(Protocol):
    """Opens the store of a partition."""

    def open(self, partition: int) -> Store:
        """The store, with what it held when it was closed (a memory store begins empty)."""
