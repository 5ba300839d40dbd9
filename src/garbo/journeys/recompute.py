"""The KPI cells, recomputed from the log of journey-flows with DuckDB. They equal the streamed ones to the byte.

Rules
 1. Nothing here uses the fold of `core.journeys.cells`: the sums, the histograms' buckets and the exits are SQL. Only
    the bytes of a cell are written by the same function.
 2. The log must be whole, or the cells of its first hours lack what retention has deleted: `whole_from` says from
    which hour on they can be compared.
 3. Which ideal path counts since which offset is what the processor noted in its table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias

import duckdb

from garbo.core.journeys.cells import Cell, CellKey, encode
from garbo.core.journeys.maps import Ideal
from garbo.core.vocabulary.effects import VALUE_LIMIT, JourneyKpi
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.flow_log import TABLE, partitions
from garbo.processors.journey_kpis import KEEP, STATE, key_of, state_of
from garbo.processors.ports import ConsumerRecord, Rejected

Maps: TypeAlias = Sequence[tuple[int, Ideal]]
"""From this offset on, these ideal paths."""

Place: TypeAlias = tuple[int, CellKey]
"""A partition of journey-flows, and the key of its cell."""

_CODES: Final = (
    "enter", "onward", "back", "aside", "drop", "end", "goal", "stay", "off_map", "skip", "return", "too_late",
    "merged", "contact", "positive", "neutral", "negative", "implicit", "need_in_time", "need_late", "need_unanswered",
    "lifecycle", "value_customer",
)  # fmt: skip
_LAST: Final = 253_402_300_799_999

_MACROS: Final = """
CREATE OR REPLACE TEMP MACRO bits(v) AS length(bin(v));
CREATE OR REPLACE TEMP MACRO bucket(v) AS
    CASE WHEN v < 64 THEN greatest(v, 0) ELSE ((bits(v) - 6) << 5) + (v >> (bits(v) - 6)) END;
"""

# Facts as they count: with their hour, and too late where they are.
_FACTS: Final = f"""
CREATE OR REPLACE TEMP TABLE facts AS
WITH timed AS (
    SELECT *, "at" // {HOUR} AS hour,
           max("at" // {HOUR}) OVER (PARTITION BY "partition" ORDER BY "offset") AS newest
    FROM {TABLE} WHERE "at" BETWEEN 0 AND {_LAST} AND sign IN (1, -1) AND abs(value_customer) <= {VALUE_LIMIT}
)
SELECT * EXCLUDE (axis, kind, sign, hour, "at", newest),
       CASE WHEN hour < newest - {KEEP} THEN 'journey' ELSE axis END AS axis,
       CASE WHEN hour < newest - {KEEP} THEN 'too_late' ELSE kind END AS kind,
       CASE WHEN hour < newest - {KEEP} THEN 1 ELSE sign END AS sign,
       CASE WHEN hour < newest - {KEEP} THEN newest ELSE hour END AS hour
FROM timed;
"""

# A row for each fact and cell: what the fact is to the cell.
_TOUCHES: Final = """
CREATE OR REPLACE TEMP TABLE touches AS
SELECT f."partition", f."offset", hour, '(lifecycle)' AS journey, origin AS stage, '' AS channel, segment, sign,
       'lifecycle' AS what, target, '' AS obstacle, 0 AS dwell_ms, -1 AS answered_ms, '' AS action, '' AS quality,
       false AS implicit, 0 AS value_customer
FROM facts f WHERE axis = 'lifecycle'
UNION ALL
SELECT f."partition", f."offset", hour, f.journey, origin, channel, segment, sign,
       CASE WHEN kind <> 'move' THEN kind WHEN t.place IS NULL THEN 'aside'
            WHEN t.place > coalesce(o.place, -1) THEN 'onward' ELSE 'back' END,
       target, obstacle, dwell_ms, answered_ms, action, quality, implicit, value_customer
FROM facts f
LEFT JOIN paths o ON o."partition" = f."partition" AND o.journey = f.journey AND o.stage = f.origin
    AND f."offset" >= o.first AND f."offset" < o.before
LEFT JOIN paths t ON t."partition" = f."partition" AND t.journey = f.journey AND t.stage = f.target
    AND f."offset" >= t.first AND f."offset" < t.before
WHERE axis <> 'lifecycle' AND kind NOT IN ('enter', 'return', 'goal', 'skip') AND (kind <> 'move' OR origin <> '')
UNION ALL
SELECT f."partition", f."offset", hour, f.journey, target, to_channel, segment, sign,
       'enter', '', obstacle, 0, -1, '', '', false, 0
FROM facts f WHERE axis <> 'lifecycle' AND kind = 'move' AND target <> ''
UNION ALL
SELECT f."partition", f."offset", hour, f.journey, coalesce(nullif(target, ''), origin),
       coalesce(nullif(to_channel, ''), channel), segment, sign, kind, '', if(kind = 'skip', obstacle, ''), 0, -1,
       '', '', false, 0
FROM facts f WHERE axis <> 'lifecycle' AND kind IN ('enter', 'return', 'goal', 'skip');
"""

_EXITS: Final = "what IN ('onward', 'back', 'aside', 'drop', 'end', 'merged')"
_CELL: Final = '"partition", hour, journey, stage, channel, segment'

_COUNTED: Final = f"""
SELECT {_CELL}, 'counts' AS map, list_position(?, what) - 1 AS number, '' AS word, sign FROM touches
WHERE what NOT IN ('response', 'need')
UNION ALL
SELECT {_CELL}, 'counts', list_position(?, quality) - 1, '', sign FROM touches
WHERE what = 'response' AND quality IN ('positive', 'neutral', 'negative')
UNION ALL
SELECT {_CELL}, 'counts', list_position(?, 'implicit') - 1, '', sign FROM touches WHERE what = 'response' AND implicit
UNION ALL
SELECT {_CELL}, 'counts', list_position(?, CASE obstacle WHEN 'answered_late' THEN 'need_late'
       WHEN 'unanswered' THEN 'need_unanswered' ELSE 'need_in_time' END) - 1, '', sign FROM touches
WHERE what = 'need' AND obstacle IN ('answered', 'resolved', 'answered_late', 'unanswered')
UNION ALL
SELECT {_CELL}, 'dwell', bucket(dwell_ms) * 4 + list_position(['onward', 'back', 'aside', 'drop'], what) - 1, '', sign
FROM touches WHERE what IN ('onward', 'back', 'aside', 'drop')
UNION ALL
SELECT {_CELL}, 'answer',
       CASE WHEN answered_ms >= 0 THEN bucket(answered_ms) * 64 ELSE bucket(dwell_ms) * 64 + 8 END
       + list_position(['onward', 'back', 'aside', 'drop', 'end'], what) - 1
       + CASE WHEN obstacle = '' THEN 0 WHEN split_part(obstacle, ':', 1) = 'negative' THEN 32 ELSE 16 END, '', sign
FROM touches WHERE {_EXITS} AND what <> 'merged'
UNION ALL
SELECT {_CELL}, 'targets', 0, target, sign FROM touches
WHERE what = 'lifecycle' OR (what IN ('onward', 'back', 'aside') AND target <> '')
UNION ALL
SELECT {_CELL}, 'held', 0, obstacle || '|' || what, sign FROM touches
WHERE ({_EXITS} OR what IN ('enter', 'skip')) AND obstacle <> ''
UNION ALL
SELECT {_CELL}, 'treated', 0, action || '|contact', sign FROM touches WHERE what = 'contact' AND action <> ''
UNION ALL
SELECT {_CELL}, 'treated', 0, action || '|' || quality, sign FROM touches
WHERE what = 'response' AND action <> '' AND quality IN ('positive', 'neutral', 'negative')
UNION ALL
SELECT {_CELL}, 'treated', 0, action || '|implicit', sign FROM touches
WHERE what = 'response' AND action <> '' AND implicit
UNION ALL
SELECT {_CELL}, 'counts', list_position(?, 'value_customer') - 1, '', sign * value_customer FROM touches
WHERE what IN ('contact', 'response')
UNION ALL
SELECT {_CELL}, 'treated', 0, action || '|value_customer', sign * value_customer FROM touches
WHERE what IN ('contact', 'response') AND action <> ''
"""


class Difference(NamedTuple):
    """A cell that is not the same. streamed, recomputed: its bytes; None: there is none."""

    partition: int
    key: CellKey
    streamed: bytes | None
    recomputed: bytes | None


def recompute(connection: duckdb.DuckDBPyConnection, maps: Mapping[int, Maps]) -> dict[Place, bytes]:
    """The bytes of every cell of the log in the table `flows`.

    maps: by partition; a partition without any has no ideal path.
    """
    connection.execute(_MACROS)
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE paths ("partition" INTEGER, first BIGINT, before BIGINT, journey VARCHAR, '
        "stage VARCHAR, place INTEGER)"
    )
    if rows := list(_paths(maps)):
        connection.executemany("INSERT INTO paths VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute(_FACTS)
    connection.execute(_TOUCHES)
    newest = dict(connection.execute('SELECT "partition", max(hour) FROM facts GROUP BY ALL').fetchall())
    cells: dict[Place, Cell] = {}
    for place, upto in _rows(connection, f'SELECT {_CELL}, max("offset") FROM touches GROUP BY ALL', newest):
        cells[place] = Cell(upto=upto[0])
    summed = (
        f"SELECT {_CELL}, map, number, word, sum(sign)::BIGINT FROM ({_COUNTED}) GROUP BY ALL HAVING sum(sign) <> 0"
    )
    for place, (into, number, word, count) in _rows(connection, summed, newest, [list(_CODES)] * 5):
        counts: dict[int | str, int] = getattr(cells[place], into)
        counts[word if into in ("targets", "held", "treated") else number] = count
    return {place: encode(cell) for place, cell in cells.items()}


def by_one_map(connection: duckdb.DuckDBPyConnection, ideal: Ideal) -> dict[Place, bytes]:
    """`recompute`, all of the log by these ideal paths."""
    return recompute(connection, {partition: [(0, ideal)] for partition in partitions(connection)})


def whole_from(first_append_ms: int) -> int:
    """The first hour of which every fact is on a log whose first message was appended then. A fact is never appended
    before it happens."""
    return -(-first_append_ms // HOUR)


def differences(
    streamed: Mapping[Place, bytes], recomputed: Mapping[Place, bytes], *, first: Mapping[int, int] | None = None
) -> list[Difference]:
    """The cells that are not equal to the byte. first: by partition, the first hour that is compared; all otherwise."""
    found = []
    for place in sorted(streamed.keys() | recomputed.keys()):
        partition, key = place
        if first is not None and key.window < first.get(partition, 0):
            continue
        one, other = streamed.get(place), recomputed.get(place)
        if one != other:
            found.append(Difference(partition, key, one, other))
    return found


def maps_of(changelog: Iterable[ConsumerRecord]) -> dict[int, Maps]:
    """The maps that the processor noted, by partition: from the records of its changelog."""
    return {record.partition: state_of(record.value).maps for record in changelog if record.key == STATE}


def streamed_cells(records: Iterable[ConsumerRecord], cell_of: Callable[[bytes], JourneyKpi]) -> dict[Place, bytes]:
    """The latest bytes of each cell on journey-kpis; what is no cell is left out. cell_of: the codec's `kpi`."""
    cells: dict[Place, bytes] = {}
    for record in records:
        with suppress(ValueError, Rejected):
            place = record.partition, key_of(record.key or b"")
            if record.value is None:
                cells.pop(place, None)
            else:
                cells[place] = cell_of(record.value).cell
    return cells


def _paths(maps: Mapping[int, Maps]) -> Iterable[tuple[int, int, int, str, str, int]]:
    for partition, switches in maps.items():
        befores = [first for first, _ in switches[1:]] + [2**62]
        for (first, ideal), before in zip(switches, befores, strict=True):
            for journey, stages in ideal.items():
                for place, stage in enumerate(stages):
                    yield partition, first, before, journey, stage, place


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, newest: Mapping[int, int], values: list[Any] | None = None
) -> Iterable[tuple[Place, tuple[Any, ...]]]:
    """The rows of cells that are still kept, and what follows the cell's columns."""
    connection.execute(query, values or [])
    while batch := connection.fetchmany(10_000):
        for partition, hour, journey, stage, channel, segment, *more in batch:
            if hour >= newest[partition] - KEEP:
                yield (partition, CellKey(hour, journey, stage, channel, segment)), tuple(more)
