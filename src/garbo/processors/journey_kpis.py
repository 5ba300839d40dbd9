"""The processor journey_kpis: facts of journeys in, KPI cells out (`core.journeys.cells`).

What one call of `process` does
 1. each record becomes a fact, or a dead letter with the reason (`each_record`);
 2. a fact older than cells are kept counts as too late, in the newest hour;
 3. the cells of the others are changed; a cell leaves out what it has already (`Cell.upto`);
 4. each cell that has changed is written as a row, and as a message of journey-kpis, in the same transaction;
 5. when a new hour begins, the cells that are older than `KEEP` leave, from the table and from journey-kpis.

The table: one row a cell, and one that says how far time has come and since which offset which ideal paths count. With
it, an audit can recompute the cells from the log even if the policy has changed between.

Time here is event time only: the newest hour of which the partition has a fact. So the same log gives the same cells.
"""

from collections.abc import Callable, Sequence
from struct import Struct as Packed
from typing import Final

from msgspec import DecodeError, Struct, ValidationError, field, msgpack

from garbo.core.journeys.cells import (
    Cell,
    CellKey,
    decode,
    encode,
    exit_of,
    fold,
    positions,
    too_late,
)
from garbo.core.journeys.maps import Ideal, ideal_of, stages_of
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Flow, FlowKind, JourneyKpi
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors import published_policy
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.each_record import each_record
from garbo.processors.meters import Meter
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected, Rows, Work
from garbo.processors.stored import unreadable
from garbo.processors.topics import Topics

KEEP: Final = 400 * DAY // HOUR  # hours: a year can be compared with the year before it
_AWAKE: Final = 5_000  # decoded cells of a partition kept in memory: 10 MB
_MAPS: Final = 100  # changes of the ideal paths that are remembered

_LAST: Final = 253_402_300_799_999  # the end of the year 9999 (ms)
CELLS: Final = b"c"  # the first byte of a cell's key
STATE: Final = b"!"  # the key of the partition's own row
_WINDOW: Final = Packed(">I")
_names_to_bytes: Final = msgpack.Encoder().encode
_names_of: Final = msgpack.Decoder(tuple[str, str, str, str]).decode


class PartitionState(Struct, array_like=True):
    """The partition's own row. newest: the newest hour with a fact. maps: from this offset on, these ideal paths."""

    newest: int = -1
    maps: list[tuple[int, dict[str, tuple[str, ...]]]] = field(default_factory=list)


_state_to_bytes: Final = msgpack.Encoder().encode
_state_of: Final = msgpack.Decoder(PartitionState).decode


def row_key(key: CellKey) -> bytes:
    """The key of a cell in the table and on journey-kpis: in the order of windows."""
    return CELLS + _WINDOW.pack(key.window) + _names_to_bytes(key[1:])


def key_of(row: bytes) -> CellKey:
    """The inverse of `row_key`.

    Raises:
        ValueError: it is no key of a cell.
    """
    if row[:1] != CELLS or len(row) < 1 + _WINDOW.size:
        raise ValueError("no key of a cell")
    try:
        names = _names_of(row[1 + _WINDOW.size :])
    except (DecodeError, ValidationError) as problem:
        raise ValueError(f"no key of a cell: {problem}") from None
    return CellKey(_window(row), *names)


def _window(row: bytes) -> int:
    found: int = _WINDOW.unpack_from(row, 1)[0]
    return found


def state_of(row: bytes | None) -> PartitionState:
    """The partition's own row. Raises `StoreError` if it cannot be read."""
    if row is None:
        return PartitionState()
    try:
        return _state_of(row)
    except (DecodeError, ValidationError) as problem:
        raise unreadable("the state of journey KPIs", problem) from None


class _Partition:
    """What is kept in memory of a partition, besides its rows."""

    def __init__(self, rows: Rows) -> None:
        self.state = state_of(rows.get(STATE))
        self.ideal: Ideal = self.state.maps[-1][1] if self.state.maps else {}
        self.paths = positions(self.ideal)
        self.awake: dict[CellKey, Cell] = {}

    def use(self, ideal: Ideal, offset: int) -> bool:
        """These ideal paths count from `offset` on. False: they count already."""
        if self.ideal is ideal:
            return False
        same = bool(self.state.maps) and self.ideal == ideal
        self.ideal = ideal
        if same:
            return False
        self.paths = positions(ideal)
        self.state.maps = [*self.state.maps[1 - _MAPS :], (offset, dict(ideal))]
        return True


class JourneyKpisProcessor:
    """Implements `processors.ports.Processor`. Its table: see `row_key`, `PartitionState`."""

    def __init__(
        self,
        *,
        codec: Codec,
        topics: Topics,
        meter: Meter,
        policy: Policy,
        load_policy: Callable[[bytes], Policy],
    ) -> None:
        """`policy` counts until `load_policy` accepts another from policy-versions; it raises `GarboError`."""
        self._codec, self._topics, self._meter = codec, topics, meter
        self._dead = DeadLetters(codec, topics.dead_letters, "journey_kpis", meter)
        self._load_policy = load_policy
        self._ideal: Ideal = {}
        self._partitions: dict[int, _Partition] = {}
        self.use_policy(policy)

    def use_policy(self, policy: Policy) -> None:
        """Lay the facts to come on the maps of a new policy. What is counted already stays as it was counted."""
        self._ideal = ideal_of(policy)
        self._meter.journeys(stages_of(policy))

    def open(self, partition: int, rows: Rows) -> None:
        """Forget the decoded cells: after a rollback they count facts that come again."""
        self._partitions[partition] = _Partition(rows)

    def close(self, partition: int) -> None:
        self._partitions.pop(partition, None)

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        here = self._partitions[partition]
        new_maps = bool(records) and here.use(self._ideal, records[0].offset)
        state, paths, before = here.state, here.paths, here.state.newest
        changed: dict[CellKey, None] = {}  # in the order of the log, whatever the hash seed

        def cell_of(key: CellKey) -> Cell:
            cell = here.awake.get(key)
            if cell is None:
                cell = here.awake[key] = _cell(rows.get(row_key(key)))
            return cell

        def handle(record: ConsumerRecord) -> None:
            fact = self._fact(record)  # 1
            window = fact.at // HOUR
            if window > state.newest:
                state.newest = window
            elif window < state.newest - KEEP:  # 2
                self._meter.too_late()
                changed.update(dict.fromkeys(fold(cell_of, too_late(fact, state.newest), record.offset, paths)))
                return
            if keys := fold(cell_of, fact, record.offset, paths):  # 3
                changed.update(dict.fromkeys(keys))
                move = fact.kind is FlowKind.MOVE
                how = exit_of(paths.get(fact.journey, {}), fact.origin, fact.target) if move else fact.kind.value
                self._meter.journey(fact, how)

        each_record(records, handle, work, self._dead, now_ms)
        oldest = state.newest - KEEP
        for key in changed:
            if key.window >= oldest:
                self._write(work, partition, key, here.awake[key])  # 4
        if state.newest > before:
            self._forget(work, partition, rows, here, oldest)  # 5
        if new_maps or state.newest > before:
            work.rows[STATE] = _state_to_bytes(state)
        if len(here.awake) > _AWAKE:
            here.awake.clear()
        return work

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        """Nothing here waits for time alone."""
        return ()

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        """A new policy brings its maps; a policy that cannot be used is refused, and the last good one stays."""
        policy = published_policy.take("journey_kpis", self._load_policy, value, self._meter)
        if policy is None:
            return False
        self.use_policy(policy)
        return True

    def _fact(self, record: ConsumerRecord) -> Flow:
        if record.key is None:
            raise Rejected(DeadLetterReason.NULL_KEY)
        if not record.value:
            raise Rejected(DeadLetterReason.EMPTY)
        fact = self._codec.flow(record.value)
        if not 0 <= fact.at <= _LAST:
            raise Rejected(DeadLetterReason.INVALID, "at is no instant between 1970 and 9999")
        return fact

    def _write(self, work: Work, partition: int, key: CellKey, cell: Cell) -> None:
        row, raw = row_key(key), encode(cell)
        work.rows[row] = raw
        message = JourneyKpi(partition, key.window * HOUR, *key[1:], cell.upto, raw)
        work.outputs.append(Output(self._topics.kpis, row, self._codec.encode(message), partition))

    def _forget(self, work: Work, partition: int, rows: Rows, here: _Partition, oldest: int) -> None:
        """Delete the cells of hours before `oldest`: those of the table come in the order of their hours."""
        for row, _ in rows.scan(CELLS):
            if _window(row) >= oldest:
                break
            work.rows[row] = None
            work.outputs.append(Output(self._topics.kpis, row, None, partition))
            here.awake.pop(key_of(row), None)


def _cell(row: bytes | None) -> Cell:
    if row is None:
        return Cell()
    try:
        return decode(row)
    except ValueError as problem:
        raise unreadable("a KPI cell", problem) from None
