"""One contract, two stores: what a table may rely on, whichever twin it was given."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from garbo.adapters.state import ChangelogPosition, MemoryStores, RocksStores, Store, Stores
from garbo.adapters.state.rocks import CORRUPT_MARK, SCAN_PAGE
from garbo.errors import StoreError

TWINS = ("memory", "rocks")


@pytest.fixture(params=TWINS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    makers: dict[str, Callable[[], Stores]] = {
        "memory": MemoryStores,
        "rocks": lambda: RocksStores(tmp_path, "party"),
    }
    return makers[request.param]()


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.open(0)


def test_a_row_written_is_read(store: Store) -> None:
    store.write([(b"a", b"1"), (b"b", b"")], None)
    assert (store.get(b"a"), store.get(b"b"), store.get(b"c")) == (b"1", b"", None)


def test_a_later_write_wins_and_a_tombstone_removes(store: Store) -> None:
    store.write([(b"a", b"1"), (b"b", b"1")], None)
    store.write([(b"a", b"2"), (b"b", None)], None)
    assert list(store.scan()) == [(b"a", b"2")]


def test_removing_what_is_not_there_is_no_error(store: Store) -> None:
    store.write([(b"a", None)], None)
    assert store.get(b"a") is None


def test_a_scan_is_in_key_order_and_within_its_prefix(store: Store) -> None:
    store.write([(b"t/2", b"2"), (b"s/9", b""), (b"t/1", b"1"), (b"u", b""), (b"t/10", b"10")], None)
    assert list(store.scan(b"t/")) == [(b"t/1", b"1"), (b"t/10", b"10"), (b"t/2", b"2")]


def test_a_scan_longer_than_a_page_gives_every_row_once(store: Store) -> None:
    keys = [b"%06d" % n for n in range(2 * SCAN_PAGE + 1)]
    store.write([(key, key) for key in keys], None)
    assert [key for key, _ in store.scan()] == keys


def test_a_scan_of_exactly_one_page_ends(store: Store) -> None:
    keys = [b"%06d" % n for n in range(SCAN_PAGE)]
    store.write([(key, b"") for key in keys], None)
    assert [key for key, _ in store.scan(b"0")] == keys


def test_a_new_store_has_no_position(store: Store) -> None:
    assert store.position() is None


def test_the_position_comes_with_its_rows_and_is_not_among_them(store: Store) -> None:
    store.write([(b"a", b"1")], ChangelogPosition(41, 1_000))
    store.write([(b"b", b"2")], None)
    assert (store.position(), list(store.scan())) == (ChangelogPosition(41, 1_000), [(b"a", b"1"), (b"b", b"2")])


def test_a_cleared_store_is_new(store: Store) -> None:
    store.write([(b"a", b"1")], ChangelogPosition(1, 1))
    store.clear()
    store.write([(b"b", b"2")], None)
    assert (list(store.scan()), store.position()) == ([(b"b", b"2")], None)


def test_partitions_are_apart(stores: Stores) -> None:
    first, second = stores.open(0), stores.open(1)
    first.write([(b"a", b"1")], ChangelogPosition(1, 1))
    assert (second.get(b"a"), second.position()) == (None, None)


# ---- of RocksDB alone: files outlive the process, and may be damaged -------------------------------------------------


def test_rows_and_position_survive_a_close(tmp_path: Path) -> None:
    stores = RocksStores(tmp_path, "party")
    store = stores.open(0)
    store.write([(b"a", b"1")], ChangelogPosition(7, 9))
    store.close()
    again = stores.open(0)
    assert (again.get(b"a"), again.position()) == (b"1", ChangelogPosition(7, 9))


def test_a_store_closes_while_a_scan_was_left_half_way(tmp_path: Path) -> None:
    stores = RocksStores(tmp_path, "party")
    store = stores.open(0)
    store.write([(b"%06d" % n, b"") for n in range(2 * SCAN_PAGE)], None)
    scan = store.scan()
    next(scan)
    store.close()
    assert stores.open(0).get(b"000000") == b""


def test_a_damaged_folder_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    stores = RocksStores(tmp_path, "party")
    store = stores.open(0)
    store.write([(b"a", b"1")], ChangelogPosition(7, 9))
    store.close()
    (tmp_path / "party-0" / "CURRENT").write_bytes(b"garbage")
    again = stores.open(0)
    aside = [path.name for path in tmp_path.iterdir() if ".corrupt-" in path.name]
    assert (again.get(b"a"), again.position(), len(aside)) == (None, None, 1)


def test_damage_met_while_reading_is_mended_by_the_next_open(tmp_path: Path) -> None:
    stores = RocksStores(tmp_path, "party")
    store = stores.open(0)
    store.write([(b"%06d" % n, os.urandom(500)) for n in range(40_000)], ChangelogPosition(7, 9))  # fills the buffers
    store.close()
    for path in (tmp_path / "party-0").glob("*.sst"):
        data = bytearray(path.read_bytes())
        for at in range(0, len(data) // 2, 97):
            data[at] ^= 0xFF
        path.write_bytes(bytes(data))
    damaged = stores.open(0)
    with pytest.raises(StoreError, match="rebuilt"):
        list(damaged.scan())
    damaged.close()
    assert (tmp_path / "party-0" / CORRUPT_MARK).exists()
    assert list(stores.open(0).scan()) == []


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        RocksStores(tmp_path / "file", "party").open(0)
