"""KPI cells for the commands of `garbo journey`: streamed ones from Kafka, or those of a log of facts, recomputed."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import duckdb
import typer
from rich.console import Console
from rich.status import Status

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.topics import JOURNEY_KPIS_CHANGELOG
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.journeys.cells import decode
from garbo.core.journeys.maps import Ideal
from garbo.journeys.flow_log import from_files, from_records
from garbo.journeys.recompute import Place, by_one_map, differences, maps_of, recompute, streamed_cells, whole_from
from garbo.processors.ports import ConsumerRecord

Bytes: TypeAlias = Mapping[Place, bytes]
"""The cells as they are stored, by partition and key."""

Files = Annotated[
    Path | None,
    typer.Option(
        "--files", metavar="DIR", help="Read journey-flows from Parquet or JSON lines in this folder, not from Kafka."
    ),
]
PolicyFolder = Annotated[
    Path | None, typer.Option("--policy", metavar="DIR", help="Folder of the policy whose map counts.")
]

_TICK: Final = 0.2


class Recomputed(NamedTuple):
    """cells: of the log. first: by partition, the first hour of which the log is whole."""

    cells: Bytes
    first: Mapping[int, int]


class Comparison(NamedTuple):
    """differ: cells that are not equal to the byte. of: cells that were compared. left_out: those of which retention
    has deleted facts."""

    differ: int
    of: int
    left_out: int


def watched(records: Iterable[ConsumerRecord], status: Status, what: str) -> Iterator[ConsumerRecord]:
    """Pass the records on, and say how many there were."""
    shown = 0.0
    for count, record in enumerate(records, 1):
        if (now := time.monotonic()) - shown > _TICK:
            shown = now
            status.update(f"Reading {what}: {count:,}")
        yield record


def waiting() -> Status:
    """A line on the terminal that says what is being done."""
    return Console(stderr=True).status("Reading...")


def streamed(settings: Settings, status: Status) -> Bytes:
    """The cells on journey-kpis now."""
    records = read_all(settings.kafka, [wiring.topics(settings).kpis])
    return streamed_cells(watched(records, status, "cells"), wiring.codec(settings).kpi)


def recomputed(
    settings: Settings, status: Status, folder: Path | None = None, upto: Mapping[int, int] | None = None
) -> Recomputed:
    """The cells once more, from the facts on journey-flows, or in the files of `folder`, by the maps that the processor
    noted.

    upto: by partition, the last offset that counts; None: all do.
    """
    topics, codec = wiring.topics(settings), wiring.codec(settings)
    first: dict[int, int] = {}

    def noted() -> Iterator[ConsumerRecord]:
        for record in watched(read_all(settings.kafka, [topics.flows]), status, "facts"):
            if record.partition not in first:
                first[record.partition] = whole_from(record.timestamp_ms) if record.offset else 0
            if upto is None or record.offset <= upto.get(record.partition, -1):
                yield record

    maps = maps_of(read_all(settings.kafka, [topics.named(JOURNEY_KPIS_CHANGELOG)]))
    source: AbstractContextManager[duckdb.DuckDBPyConnection]
    source = from_records(noted(), codec) if folder is None else from_files(folder)
    with source as connection:
        status.update("Recomputing...")
        return Recomputed(recompute(connection, maps), first)


def of_files(folder: Path, ideal: Ideal, status: Status) -> Bytes:
    """The cells of the facts in the files of `folder`, by these ideal paths. No broker is asked."""
    status.update(f"Recomputing from {folder}...")
    with from_files(folder) as connection:
        return by_one_map(connection, ideal)


def compare(settings: Settings, cells: Bytes, status: Status) -> Comparison:
    """Are the streamed `cells` those of the facts that they say are in? It holds while the pipeline runs, too."""
    upto: dict[int, int] = {}
    for (partition, _), raw in cells.items():
        upto[partition] = max(upto.get(partition, -1), decode(raw).upto)
    found = recomputed(settings, status, upto=upto)
    left_out = sum(key.window < found.first.get(partition, 0) for partition, key in cells)
    wrong = differences(cells, found.cells, first=found.first)
    return Comparison(len(wrong), len(cells) - left_out, left_out)
