"""The log from a folder of Parquet or JSON lines, read by DuckDB; and a folder of JSON lines written.

The files are named `decisions*` and `learning-examples*` and end in .parquet, .jsonl or .json (also .gz); below the
folder, too. Their columns have the names of the Avro schemas, as a connector writes them; other columns are ignored.
A time is a number of milliseconds or a timestamp.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from garbo.errors import ConfigError
from garbo.evaluation.rows import (
    DECISION_COLUMNS,
    EXAMPLE_COLUMNS,
    DecisionRow,
    ExampleRow,
    Rows,
    as_json,
    read_decision,
    read_example,
)
from garbo.processors.topics import LEARNING_EXAMPLES

DECISIONS: Final = "decisions"
EXAMPLES: Final = LEARNING_EXAMPLES
_ENDINGS: Final = (".parquet", ".jsonl", ".json", ".jsonl.gz", ".json.gz")
_TIMES: Final = ("at", "placed_at")
_BATCH: Final = 10_000


def from_files(folder: Path) -> Rows:
    """Every row of the folder. A row that cannot be read is counted.

    Raises:
        ConfigError: the folder has no such files, or DuckDB cannot read one.
    """
    rows = Rows()
    for text in _texts(folder, DECISIONS, DECISION_COLUMNS):
        try:
            rows.decisions.append(read_decision(text))
        except msgspec.MsgspecError:
            rows.unreadable += 1
    for text in _texts(folder, EXAMPLES, EXAMPLE_COLUMNS):
        try:
            rows.examples.append(read_example(text))
        except msgspec.MsgspecError:
            rows.unreadable += 1
    return rows


def to_files(folder: Path, rows: Rows) -> None:
    """Write the log as JSON lines. It names parties: keep it where the topics' rules hold.

    Raises:
        ConfigError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{DECISIONS}.jsonl", rows.decisions)
        _write(folder / f"{EXAMPLES}.jsonl", rows.examples)
    except OSError as problem:
        raise ConfigError(f"cannot write to {folder}: {problem}. Check the path and its permissions.") from problem


def _write(path: Path, rows: Sequence[DecisionRow | ExampleRow]) -> None:
    with path.open("wb") as lines:
        for row in rows:
            lines.write(as_json(row) + b"\n")


def _texts(folder: Path, name: str, columns: Sequence[str]) -> Iterator[str]:
    """Each row of the files of this name, as JSON with only the columns that are needed."""
    files = sorted(p for p in folder.rglob(f"{name}*") if p.is_file() and p.name.endswith(_ENDINGS))
    if not files:
        raise ConfigError(f"{folder} has no file {name}*{_ENDINGS[0]} or {name}*{_ENDINGS[1]}. Check the path.")
    with duckdb.connect() as connection:
        for path in files:
            try:
                yield from _of_file(connection, path, columns)
            except duckdb.Error as problem:
                raise ConfigError(f"cannot read {path}: {problem}. Is it Parquet or JSON lines?") from problem


def _of_file(connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str]) -> Iterator[str]:
    if path.suffix == ".parquet":
        source = "read_parquet(?)"
    else:
        typed = ", ".join(f"'{column}': 'JSON'" for column in columns)
        source = f"read_json(?, format = 'newline_delimited', columns = {{{typed}}})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}", [str(path)]).fetchall()
    kinds = {str(row[0]): str(row[1]) for row in described}
    packed = ", ".join(f'"{c}" := {_plain(c, kinds[c])}' for c in columns if c in kinds)
    connection.execute(f"SELECT to_json(struct_pack({packed})) FROM {source}", [str(path)])
    while batch := connection.fetchmany(_BATCH):
        for (text,) in batch:
            yield _without_nulls(text) if ":null" in text else text


def _plain(column: str, kind: str) -> str:
    """The column as JSON should hold it: a timestamp as milliseconds, a missing number of a list as null."""
    if column in _TIMES and kind.startswith("TIMESTAMP"):
        return f'epoch_ms("{column}")'
    if column == "numbers" and kind.endswith("[]"):
        return f'list_transform("{column}", lambda x: CASE WHEN isfinite(x) THEN x END)'
    return f'"{column}"'


def _without_nulls(text: str) -> str:
    """A column that is null has its default; `reason` and the numbers of a vector may be null."""
    row = msgspec.json.decode(text)
    return msgspec.json.encode({name: value for name, value in row.items() if value is not None}).decode()
