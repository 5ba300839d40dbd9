"""The overlay: read your own writes, keep nothing of what was rolled back, flush rows and position together."""

from pathlib import Path

import pytest

from garbo.adapters.state import MemoryStores, RocksStores
from garbo.runtime.state_table import StateTable


@pytest.fixture(params=["memory", "rocks"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> StateTable:
    table = StateTable(MemoryStores() if request.param == "memory" else RocksStores(tmp_path, "party"))
    table.open(0)
    return table


def committed(table: StateTable, rows: dict[bytes, bytes | None], offset: int = 0) -> None:
    table.write(0, rows)
    table.acknowledge(0, offset)
    table.flush()


def position(table: StateTable) -> int | None:
    position = table.rows(0).store.position()
    return None if position is None else position.offset


def test_a_processor_reads_its_own_writes(table: StateTable) -> None:
    table.write(0, {b"a": b"1"})
    assert table.rows(0).get(b"a") == b"1"


def test_a_tombstone_of_the_open_checkpoint_hides_the_committed_row(table: StateTable) -> None:
    committed(table, {b"a": b"1"})
    table.write(0, {b"a": None})
    assert (table.rows(0).get(b"a"), list(table.rows(0).scan())) == (None, [])


def test_what_is_not_committed_is_not_in_the_store(table: StateTable) -> None:
    table.write(0, {b"a": b"1"})
    assert table.rows(0).store.get(b"a") is None


def test_a_flush_writes_rows_and_the_changelog_position(table: StateTable) -> None:
    committed(table, {b"a": b"1", b"b": None}, offset=41)
    assert (table.rows(0).store.get(b"a"), position(table)) == (b"1", 41)


def test_a_partition_without_rows_keeps_its_position(table: StateTable) -> None:
    committed(table, {b"a": b"1"}, offset=41)
    table.flush()
    assert position(table) == 41


def test_a_discarded_checkpoint_never_was(table: StateTable) -> None:
    committed(table, {b"a": b"1"}, offset=1)
    table.write(0, {b"a": b"2", b"b": b"2"})
    table.acknowledge(0, 2)
    table.discard()
    table.flush()
    assert (list(table.rows(0).scan()), position(table)) == ([(b"a", b"1")], 1)


def test_a_scan_sees_the_open_checkpoint_in_key_order(table: StateTable) -> None:
    committed(table, {b"k1": b"old", b"k3": b"old", b"k5": b"old", b"other": b""})
    table.write(0, {b"k2": b"new", b"k3": b"new", b"k5": None})
    assert list(table.rows(0).scan(b"k")) == [(b"k1", b"old"), (b"k2", b"new"), (b"k3", b"new")]


def test_a_closed_partition_opens_without_what_was_open(tmp_path: Path) -> None:
    table = StateTable(RocksStores(tmp_path, "party"))
    table.open(0)
    committed(table, {b"a": b"1"}, offset=3)
    table.write(0, {b"b": b"2"})
    table.close()
    rows = table.open(0)
    assert (list(rows.scan()), rows.store.position() is not None) == ([(b"a", b"1")], True)


def test_the_position_of_one_checkpoint_does_not_leak_into_the_next(table: StateTable) -> None:
    committed(table, {b"a": b"1"}, offset=5)
    table.write(0, {b"a": b"2"})
    table.flush()  # rows whose delivery was not reported: the former position stays, and they are restored again
    assert position(table) == 5
