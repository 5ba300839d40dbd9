"""Rows in RocksDB: one database a partition, in a folder of its own.

Numbers and why
 - Write buffers of 8 MiB x 2: RocksDB's default of 64 MiB x 2 *per partition* is 1.5 GB for twelve partitions.
 - One block cache for the whole process (256 MiB), for the same reason.
 - 256 open files a partition: 12 partitions stay below a container's usual limit of 4,096.
 - A scan reads pages of 1,000 rows and keeps no iterator between them: a live iterator holds the database's lock
   past `close`, and the next open fails with "lock hold by current process".

Corruption is found when the database is opened or when a row is read. In the first case the folder is renamed to
`*.corrupt-<time>` and an empty one takes its place; in the second it is marked, and the next open does so. The rows
come back from the changelog.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import rocksdict

from garbo.adapters.state.store import ChangelogPosition, Rows, Store
from garbo.errors import StoreError

log = logging.getLogger(__name__)

WRITE_BUFFER_BYTES: Final = 8 * 1024 * 1024
WRITE_BUFFERS: Final = 2
BLOCK_CACHE_BYTES: Final = 256 * 1024 * 1024
OPEN_FILES: Final = 256
SCAN_PAGE: Final = 1000

# Sorts behind every key a processor writes (they are text), and is never shown by `scan`.
POSITION_KEY: Final = b"\xff\xff\xffgarbo.checkpoint"
CORRUPT_MARK: Final = "GARBO_CORRUPT"


class RocksStore:
    """One partition's rows in one RocksDB."""

    def __init__(self, path: Path, options: rocksdict.Options) -> None:
        self.path, self._options = path, options
        self._db = rocksdict.Rdict(str(path), options)

    def get(self, key: bytes) -> bytes | None:
        try:
            row: bytes | None = self._db.get(key)
        except Exception as problem:
            raise self._damaged(problem) from problem
        return row

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        start = prefix
        while True:
            page = self._page(start, prefix)
            for key, value in page:
                if key != POSITION_KEY:
                    yield key, value
            if len(page) < SCAN_PAGE:
                return
            start = page[-1][0] + b"\x00"  # the first key that can follow

    def _page(self, start: bytes, prefix: bytes) -> list[tuple[bytes, bytes]]:
        # `items()` would be shorter, and ends without a word where a block is damaged; only `iter` has a status.
        page: list[tuple[bytes, bytes]] = []
        try:
            rows = self._db.iter()
            rows.seek(start)
            while rows.valid() and len(page) < SCAN_PAGE:
                key = rows.key()
                if not key.startswith(prefix):  # a scan for three links reads three rows, not a page
                    break
                page.append((key, rows.value()))
                rows.next()
            rows.status()
        except Exception as problem:
            raise self._damaged(problem) from problem
        return page

    def write(self, rows: Rows, position: ChangelogPosition | None) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in rows:
            if value is None:
                delete(key)
            else:
                put(key, value)
        if position is not None:
            put(POSITION_KEY, b"%d %d" % position)
        try:
            self._db.write(batch)
        except Exception as problem:  # a full disk, a bad block
            raise StoreError(f"{self.path} cannot be written: {problem}") from problem

    def position(self) -> ChangelogPosition | None:
        raw = self.get(POSITION_KEY)
        if raw is None:
            return None
        offset, written_ms = raw.split()
        return ChangelogPosition(int(offset), int(written_ms))

    def clear(self) -> None:
        self._db.close()
        rocksdict.Rdict.destroy(str(self.path), self._options)
        self._db = rocksdict.Rdict(str(self.path), self._options)

    def close(self) -> None:
        self._db.close()

    def _damaged(self, problem: Exception) -> StoreError:
        if "orruption" in str(problem):
            (self.path / CORRUPT_MARK).touch()
        return StoreError(f"{self.path} cannot be read ({problem}); restart, or remove the folder: it is rebuilt.")


class RocksStores:
    """Opens the databases of one table below one folder.

    Args:
        folder: of this process alone; RocksDB allows one process a database.
        name: of the table, as a prefix of the folders' names.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def open(self, partition: int) -> Store:
        """The partition's store; a damaged one is set aside, and an empty one takes its place.

        Raises:
            StoreError: the folder cannot be used (rights, disk, another process holds it).
        """
        path = self._folder / f"{self._name}-{partition}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if (path / CORRUPT_MARK).exists():
                _set_aside(path)
            try:
                return _checked(path)
            except Exception as problem:
                if "orruption" not in str(problem):
                    raise
                log.error("%s is damaged and set aside; its rows come back from the changelog: %s", path, problem)
                _set_aside(path)
                return _checked(path)
        except Exception as problem:
            raise StoreError(f"{path} cannot be opened: {problem}") from problem


def _checked(path: Path) -> RocksStore:
    store = RocksStore(path, _options())
    try:
        store.position()  # a first read: damage in the manifest's files shows here at the latest
    except StoreError:
        store.close()
        raise
    return store


def _set_aside(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.corrupt-{int(time.time() * 1000)}"))


_shared_cache: list[rocksdict.Cache] = []


def _options() -> rocksdict.Options:
    if not _shared_cache:
        _shared_cache.append(rocksdict.Cache(BLOCK_CACHE_BYTES))
    blocks = rocksdict.BlockBasedOptions()
    blocks.set_block_cache(_shared_cache[0])
    blocks.set_bloom_filter(10, False)  # 1 % false positives: most first events are of keys not there
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(WRITE_BUFFERS)
    options.set_max_open_files(OPEN_FILES)
    options.set_keep_log_file_num(2)
    return options
