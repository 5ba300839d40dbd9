"""The log of journey-flows as a table of DuckDB, from files or from Kafka.

The files are named `journey-flows*` and end in .parquet, .jsonl or .json (also .gz); below the folder, too. Their
columns are those of the Avro schema, and `partition` and `offset`: the place of the message on its topic. A time is a
number of milliseconds or a timestamp. A column that an older schema lacks has its default.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import duckdb
import msgspec

from garbo.adapters.avro.codec import AvroCodec
from garbo.errors import ConfigError
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import JOURNEY_FLOWS

TABLE: Final = "flows"
_ENDINGS: Final = (".parquet", ".jsonl", ".json", ".jsonl.gz", ".json.gz")

# Column -> type, and the default of one that is missing; None: it must be there.
_COLUMNS: Final[dict[str, tuple[str, str | None]]] = {
    "partition": ("INTEGER", None), "offset": ("BIGINT", None), "at": ("BIGINT", None), "axis": ("VARCHAR", None),
    "origin": ("VARCHAR", None), "target": ("VARCHAR", None), "dwell_ms": ("BIGINT", None),
    "kind": ("VARCHAR", "'move'"), "journey": ("VARCHAR", "''"), "sign": ("INTEGER", "1"),
    "channel": ("VARCHAR", "''"), "to_channel": ("VARCHAR", "''"), "segment": ("VARCHAR", "''"),
    "obstacle": ("VARCHAR", "''"), "answered_ms": ("BIGINT", "-1"), "quality": ("VARCHAR", "''"),
    "implicit": ("BOOLEAN", "false"), "action": ("VARCHAR", "''"), "value_customer": ("BIGINT", "0"),
    "party": ("VARCHAR", "''"),
}  # fmt: skip

_Message = TypeVar("_Message")

_to_json: Final = msgspec.json.Encoder().encode


@contextmanager
def from_files(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table `flows`, of every file of the folder.

    Raises:
        ConfigError: the folder has no such files, or DuckDB cannot read one.
    """
    files = sorted(p for p in folder.rglob(f"{JOURNEY_FLOWS}*") if p.is_file() and p.name.endswith(_ENDINGS))
    if not files:
        raise ConfigError(f"{folder} has no file {JOURNEY_FLOWS}*{_ENDINGS[0]} or *{_ENDINGS[1]}. Check the path.")
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")  # it would write between the command's own lines
        columns = ", ".join(f'"{name}" {kind}' for name, (kind, _) in _COLUMNS.items())
        connection.execute(f"CREATE TABLE {TABLE} ({columns})")
        for path in files:
            try:
                _load(connection, path)
            except duckdb.Error as problem:
                raise ConfigError(f"cannot read {path}: {problem}. Is it Parquet or JSON lines?") from problem
        yield connection


@contextmanager
def from_records(records: Iterable[ConsumerRecord], codec: AvroCodec) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table `flows`, of the messages of journey-flows. One that cannot be read is left out: the
    processor puts it aside."""
    with tempfile.TemporaryDirectory() as folder:
        to_file(Path(folder) / f"{JOURNEY_FLOWS}.jsonl", records, codec)
        with from_files(Path(folder)) as connection:
            yield connection


def to_file(path: Path, records: Iterable[ConsumerRecord], codec: AvroCodec) -> None:
    """Write messages of journey-flows as JSON lines. They name parties: keep them where the topic's rules hold."""
    with path.open("wb") as lines:
        for record, fact in _decoded(records, codec.flow):
            row = {"partition": record.partition, "offset": record.offset, **msgspec.to_builtins(fact)}
            lines.write(_to_json(row) + b"\n")


def readable(records: Iterable[ConsumerRecord], decode: Callable[[bytes], _Message]) -> Iterator[_Message]:
    """The messages that the codec can read; others are not Garbo's, or of a newer version."""
    return (message for _, message in _decoded(records, decode))


def _decoded(
    records: Iterable[ConsumerRecord], decode: Callable[[bytes], _Message]
) -> Iterator[tuple[ConsumerRecord, _Message]]:
    for record in records:
        with suppress(Rejected):
            yield record, decode(record.value or b"")


def partitions(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """The partitions of the table's facts."""
    rows = connection.execute(f'SELECT DISTINCT "partition" FROM {TABLE} ORDER BY 1').fetchall()
    return [int(row[0]) for row in rows]


def _load(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    if path.suffix == ".parquet":
        source = "read_parquet(?)"
    else:
        typed = ", ".join(f"'{name}': '{kind}'" for name, (kind, _) in _COLUMNS.items())
        source = f"read_json(?, format = 'newline_delimited', columns = {{{typed}}})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}", [str(path)]).fetchall()
    given = {str(row[0]): str(row[1]) for row in described}
    missing = [name for name, (_, default) in _COLUMNS.items() if default is None and name not in given]
    if missing:
        raise ConfigError(f"{path} has no column {', '.join(missing)}")
    values = ", ".join(_value(name, kind, default, given.get(name)) for name, (kind, default) in _COLUMNS.items())
    connection.execute(f"INSERT INTO {TABLE} SELECT {values} FROM {source}", [str(path)])


def _value(name: str, kind: str, default: str | None, given: str | None) -> str:
    if given is None:
        return str(default)
    value = f'epoch_ms("{name}")' if given.startswith("TIMESTAMP") else f'CAST("{name}" AS {kind})'
    return value if default is None else f"coalesce({value}, {default})"
