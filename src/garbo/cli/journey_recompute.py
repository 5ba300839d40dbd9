"""`garbo journey recompute`: the KPI cells again, from the log of facts, and whether they are the streamed ones."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final

import duckdb
import typer

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.topics import JOURNEY_KPIS_CHANGELOG
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.flow_log import from_files, from_records
from garbo.journeys.recompute import Difference, differences, maps_of, recompute, streamed_cells, whole_from
from garbo.processors.ports import ConsumerRecord

_SHOWN: Final = 5


def recompute_kpis(
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Read journey-flows from Parquet or JSON lines in this folder."),
    ] = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Recompute every KPI cell from the facts on journey-flows, and compare it with the streamed one, byte for byte.

    Run it when the pipeline is idle. Where retention has deleted facts, only later hours are compared. Exits with 1
    when a cell differs.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    topics, codec = wiring.topics(settings), wiring.codec(settings)
    first: dict[int, int] = {}

    def noted(records: Iterable[ConsumerRecord]) -> Iterable[ConsumerRecord]:
        for record in records:
            if record.partition not in first:
                first[record.partition] = whole_from(record.timestamp_ms) if record.offset else 0
            yield record

    maps = maps_of(read_all(settings.kafka, [topics.named(JOURNEY_KPIS_CHANGELOG)]))
    source: AbstractContextManager[duckdb.DuckDBPyConnection]
    if folder is None:
        source = from_records(noted(read_all(settings.kafka, [topics.flows])), codec)
    else:
        source = from_files(folder)
    with source as connection:
        found = recompute(connection, maps)
    streamed = streamed_cells(read_all(settings.kafka, [topics.kpis]), codec.kpi)
    wrong = differences(streamed, found, first=first)
    left_out = sum(key.window < first.get(partition, 0) for partition, key in streamed)
    print(f"{len(found):,} cells recomputed, {len(streamed):,} streamed: {len(wrong):,} differ.")
    if left_out:
        print(f"{left_out:,} are not compared: retention has deleted some of their facts.")
    for difference in wrong[:_SHOWN]:
        print("  " + _words(difference))
    if wrong:
        raise typer.Exit(1)


def _words(found: Difference) -> str:
    key = found.key
    where = f"partition {found.partition}, hour {key.window * HOUR}, {'/'.join(name or '-' for name in key[1:])}"
    if found.streamed is None:
        return f"{where}: no cell was streamed"
    if found.recomputed is None:
        return f"{where}: no fact makes this cell"
    return f"{where}: other bytes"
