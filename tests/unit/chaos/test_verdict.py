"""Checks beside the independent checker: a table that differs from its changelog, a row that went back."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from garbo.adapters.state import ChangelogPosition
from garbo.adapters.state.memory import MemoryStore
from garbo.core.party.state import Party, encode
from garbo.errors import StoreError
from tests.chaos import verdict as module
from tests.chaos.verdict import CheckResult, _compare, _forward


def store(**rows: bytes) -> MemoryStore:
    made = MemoryStore()
    made.write([(key.encode(), value) for key, value in rows.items()], ChangelogPosition(7, 0))
    return made


def test_a_table_equal_to_its_changelog() -> None:
    found = CheckResult("")
    _compare((7, "data-0/decide-2", store(a=b"1")), {b"a": b"1"}, found)
    assert (1, []) == (found.checked, found.violations)


def test_a_table_that_differs_from_its_changelog() -> None:
    found = CheckResult("")
    _compare((7, "data-0/decide-2", store(a=b"1", b=b"2")), {b"a": b"0", b"c": b"3"}, found)
    assert ["data-0/decide-2, position 7: 1 rows are missing, 1 are no rows, 1 differ"] == found.violations


def row(**applied: int) -> bytes:
    return encode(Party("p", applied=applied))


def test_a_row_that_is_older_than_the_one_before_it() -> None:
    found, markers = CheckResult(""), dict[bytes, dict[str, int]]()
    for offset, value in enumerate((row(web=4), row(web=5, app=2), row(web=4, app=2))):
        _forward(b"p", value, f"changelog[0]@{offset}", markers, found)
    assert ["changelog[0]@2: a row is back at web@4, after 5"] == found.violations
    assert 3 == found.checked


class Damaged(MemoryStore):
    """Bytes of it were flipped."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why, self.closed = why, False

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        raise StoreError(f"data-0/decide-2 cannot be read (Corruption: {self.why}); restart")

    def close(self) -> None:
        self.closed = True


def test_a_table_that_cannot_be_read_is_reported() -> None:
    found, damaged = CheckResult(""), Damaged("block checksum mismatch")
    _compare((7, "data-0/decide-2", damaged), {b"a": b"1"}, found)
    assert (1, 1, True) == (found.checked, len(found.violations), damaged.closed)
    assert "block checksum mismatch" in found.violations[0]


@pytest.mark.parametrize(("by_a_fault", "judged"), [(True, 1), (False, 2)])
def test_a_damaged_table_that_no_worker_opened_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_a_fault: bool, judged: int
) -> None:
    folder = tmp_path / "data-0"
    for number in range(2):
        (folder / "decide" / f"decide-log-{number}").mkdir(parents=True)
    stores = {0: Damaged("block checksum mismatch"), 1: MemoryStore()}
    monkeypatch.setattr(module, "RocksStores", lambda *_: SimpleNamespace(open=stores.__getitem__))
    corrupted = {folder / "decide" / f"decide-log-{number}" for number in range(2)} if by_a_fault else set()
    found = list(module._stores("decide", "log", [folder], corrupted))
    assert (judged, by_a_fault) == (len(found), stores[0].closed)  # type: ignore[attr-defined]
