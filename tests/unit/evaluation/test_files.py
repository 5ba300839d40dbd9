"""A log in files: JSON lines and Parquet give the same rows as the records."""

import gzip
from pathlib import Path

import duckdb
import pytest

from garbo.errors import ConfigError
from garbo.evaluation.from_files import from_files, to_files
from garbo.evaluation.rows import Rows, decision_row, example_row
from tests.unit.evaluation.scene import scene


@pytest.fixture(scope="module")
def log() -> Rows:
    one = scene(300)
    return Rows([decision_row(r) for r in one.records], [example_row(e) for e in one.examples])


def parquet(source: Path, into: Path, columns: str = "*") -> None:
    """As a connector would write it."""
    into.mkdir(parents=True)
    for name in ("decisions", "learning-examples"):
        chosen = columns if name == "decisions" else "*"
        duckdb.sql(
            f"COPY (SELECT {chosen} FROM read_json('{source / name}.jsonl', format = 'newline_delimited', "
            f"sample_size = -1)) TO '{into / name}-0001.parquet' (FORMAT parquet)"
        )


def test_json_lines_are_read_as_they_were_written(tmp_path: Path, log: Rows) -> None:
    to_files(tmp_path / "log", log)
    assert from_files(tmp_path / "log") == log
    packed = tmp_path / "packed" / "2025" / "03"
    packed.mkdir(parents=True)
    for path in (tmp_path / "log").iterdir():
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert from_files(tmp_path / "packed") == log


def test_parquet_gives_the_same_rows(tmp_path: Path, log: Rows) -> None:
    to_files(tmp_path / "log", log)
    parquet(tmp_path / "log", tmp_path / "parquet")
    assert from_files(tmp_path / "parquet") == log


def test_parquet_of_a_connector_has_timestamps_nan_and_more_columns(tmp_path: Path, log: Rows) -> None:
    to_files(tmp_path / "log", log)
    parquet(
        tmp_path / "log",
        tmp_path / "parquet",
        '* REPLACE (make_timestamp("at" * 1000) AS "at", '
        "list_transform(numbers, lambda x: coalesce(x, 'NaN'::DOUBLE)) AS numbers), 'more' AS another",
    )
    assert from_files(tmp_path / "parquet") == log


def test_an_older_log_without_the_new_columns_has_their_defaults(tmp_path: Path, log: Rows) -> None:
    to_files(tmp_path / "log", log)
    parquet(tmp_path / "log", tmp_path / "parquet", "* EXCLUDE (lineups, numbers, words)")
    read = from_files(tmp_path / "parquet")
    assert len(read.decisions) == 300
    assert not any(row.profiled for row in read.decisions)


def test_a_row_that_cannot_be_read_is_counted(tmp_path: Path, log: Rows) -> None:
    to_files(tmp_path, log)
    with (tmp_path / "decisions.jsonl").open("a") as lines:
        lines.write('{"party": "p", "at": "yesterday"}\n')
    read = from_files(tmp_path)
    assert (read.unreadable, len(read.decisions)) == (1, 300)


def test_a_folder_without_a_log_or_with_other_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no file decisions\*"):
        from_files(tmp_path)
    (tmp_path / "decisions.parquet").write_text("not Parquet")
    with pytest.raises(ConfigError, match=r"cannot read .*decisions\.parquet"):
        from_files(tmp_path)
