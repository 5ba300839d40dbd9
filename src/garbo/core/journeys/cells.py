"""KPI cells: what happened at one stage within one hour, as signed integers. READ FIRST for journey KPIs.

Rules
 1. A cell belongs to one partition of journey-flows. One number, `upto`, makes it idempotent: a fact at that offset or
    below is in already.
 2. A cell holds integers only. Cells add, subtract and merge in any order to the same bytes.
 3. A fact counts in the hour of event time in which it happened, at the stage that it is about. A `move` is an exit
    from one stage and an entry into another, so it touches two cells.
 4. A fact with sign -1 takes back what its equal with sign 1 has added. Zeros are dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import DecodeError, Struct, ValidationError, field, msgpack
from msgspec.structs import replace

from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import HOUR

# The journey of moves along the life cycle. No journey of a map can have this name.
LIFE_CYCLE: Final = "(lifecycle)"
# The axes of a fact.
JOURNEY, LIFECYCLE = "journey", "lifecycle"

# Append only: a stored cell names a count by its index.
COUNTS: Final = (
    "enter", "onward", "back", "aside", "drop", "end", "goal", "stay", "off_map", "skip", "return", "too_late",
    "merged", "contact", "positive", "neutral", "negative", "implicit", "need_in_time", "need_late", "need_unanswered",
    "lifecycle", "value_customer",
)  # fmt: skip
INDEX: Final[Mapping[str, int]] = {name: i for i, name in enumerate(COUNTS)}

VALUE: Final = "value_customer"
"""The one of `COUNTS` that is an amount: the value to the customer delivered (thousandths of a euro)."""

# The exits whose dwell is kept, by their code in `Cell.dwell`.
DWELL_EXITS: Final = ("onward", "back", "aside", "drop")
EXIT_CODE: Final[Mapping[str, int]] = {name: i for i, name in enumerate(DWELL_EXITS)}
EXITS: Final = (*DWELL_EXITS, "end", "merged")

# `Cell.answer`: bucket * 64 + the exit's place in EXITS, + UNANSWERED, + HELD or REFUSED. Who was merged into another
# waits on there, and is not in it.
UNANSWERED: Final = 8
HELD, REFUSED = 16, 32
ANSWER_BITS: Final = 6

_EXIT: Final[Mapping[str, int]] = {name: i for i, name in enumerate(EXITS)}

ENTER: Final = INDEX["enter"]

# How a need ended (`reasons.NeedEnd`, and "answered_late") -> the count; a promise alone is no end.
NEED_COUNT: Final[Mapping[str, str]] = {
    "answered": "need_in_time",
    "resolved": "need_in_time",
    "answered_late": "need_late",
    "unanswered": "need_unanswered",
}

Paths: TypeAlias = Mapping[str, Mapping[str, int]]
"""Journey -> stage of its ideal path -> place on it."""


class CellKey(NamedTuple):
    """window: hours since 1970 (UTC). segment: of the party, frozen when its journey began."""

    window: int
    journey: str
    stage: str
    channel: str
    segment: str


class Cell(Struct, array_like=True, gc=False):
    """What happened at one key.

    upto: the last offset of its partition that is in. counts: index in `COUNTS` -> count. dwell: bucket of the dwell
    (ms) * 4 + code of the exit -> visits. answer: see `Waited`: visits by their time to the first answer (ms), and
    those that left unanswered by their dwell. targets: stage entered next -> visits. held: "obstacle|exit"
    -> visits that the obstacle held back first; "obstacle|enter" and "obstacle|skip" -> visits that it had held back at
    the stage they came from before they entered this one, or passed over it. treated: "action|what" -> contacts and
    responses, what is `contact`, `positive`, `neutral`, `negative` or `implicit`; `VALUE` -> value delivered.
    """

    upto: int = -1
    counts: dict[int, int] = field(default_factory=dict)
    dwell: dict[int, int] = field(default_factory=dict)
    answer: dict[int, int] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    treated: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> int:
        """The count of this name, one of `COUNTS`."""
        return self.counts.get(INDEX[name], 0)

    @property
    def is_empty(self) -> bool:
        """Everything in it has been taken back."""
        return not (self.counts or self.dwell or self.answer or self.targets or self.held or self.treated)


class Waited(NamedTuple):
    """A key of `Cell.answer`, read. bucket: of the time to the answer, or of the dwell of a visit without one. exit:
    one of `EXITS`. held: an obstacle held the visit back. refused: what it met was a negative response."""

    bucket: int
    exit: str
    answered: bool
    held: bool
    refused: bool


def waited(coded: int) -> Waited:
    """What a key of `Cell.answer` says."""
    how = EXITS[coded & 7]
    return Waited(coded >> ANSWER_BITS, how, not coded & UNANSWERED, bool(coded & HELD), bool(coded & REFUSED))


CellOf: TypeAlias = Callable[[CellKey], Cell]

_encode: Final = msgpack.Encoder().encode
_decode: Final = msgpack.Decoder(Cell).decode


def positions(ideal: Mapping[str, Iterable[str]]) -> Paths:
    """The paths of journeys by their ideal stages, in order."""
    return {journey: {stage: place for place, stage in enumerate(stages)} for journey, stages in ideal.items()}


def exit_of(path: Mapping[str, int], origin: str, target: str) -> str:
    """How a move leaves `origin`: onward to a later stage of the ideal path, back to an earlier one, else aside.

    A move from a stage beside the path back onto it is onward.
    """
    place = path.get(target)
    if place is None:
        return "aside"
    return "onward" if place > path.get(origin, -1) else "back"


def fold(cell_of: CellOf, fact: Flow, offset: int, paths: Paths) -> tuple[CellKey, ...]:
    """Add one fact, and return the keys of the cells that have changed. A fact that is in already changes none.

    cell_of: gives the cell of a key, a new one if there is none. It is asked once a key and fact.
    """
    window, kind, sign, journey = fact.at // HOUR, fact.kind, fact.sign, fact.journey
    if fact.axis == LIFECYCLE:
        key = CellKey(window, LIFE_CYCLE, fact.origin, "", fact.segment)
        cell = cell_of(key)
        if offset <= cell.upto:
            return ()
        cell.upto = offset
        _add(cell.counts, INDEX["lifecycle"], sign)
        _add(cell.targets, fact.target, sign)
        return (key,)
    if kind is FlowKind.MOVE:
        return _move(cell_of, fact, offset, paths, window)
    enters = kind in _AT_TARGET
    stage = (fact.target or fact.origin) if enters else fact.origin
    channel = (fact.to_channel or fact.channel) if enters else fact.channel
    key = CellKey(window, journey, stage, channel, fact.segment)
    cell = cell_of(key)
    if offset <= cell.upto:
        return ()
    cell.upto = offset
    if kind in _LEAVES:
        _leave(cell, fact, kind.value)
    elif kind is FlowKind.RESPONSE:
        _response(cell, fact)
    elif kind is FlowKind.NEED:
        if (ended := NEED_COUNT.get(fact.obstacle)) is not None:
            _add(cell.counts, INDEX[ended], sign)
    else:
        _add(cell.counts, INDEX[kind.value], sign)
        if kind is FlowKind.SKIP and fact.obstacle:
            _add(cell.held, f"{fact.obstacle}|skip", sign)
        if kind is FlowKind.CONTACT:
            if fact.action:
                _add(cell.treated, f"{fact.action}|contact", sign)
            _deliver(cell, fact)
    return (key,)


_AT_TARGET: Final = frozenset((FlowKind.ENTER, FlowKind.RETURN, FlowKind.GOAL, FlowKind.SKIP))
_LEAVES: Final = frozenset((FlowKind.DROP, FlowKind.END, FlowKind.MERGED))


def too_late(fact: Flow, newest: int) -> Flow:
    """What counts instead of a fact that is older than cells are kept. newest: the hour in which it is noticed."""
    return replace(fact, axis=JOURNEY, kind=FlowKind.TOO_LATE, at=newest * HOUR, sign=1)


def _move(cell_of: CellOf, fact: Flow, offset: int, paths: Paths, window: int) -> tuple[CellKey, ...]:
    journey, origin, target = fact.journey, fact.origin, fact.target
    changed: tuple[CellKey, ...] = ()
    source = CellKey(window, journey, origin, fact.channel, fact.segment)
    entered = CellKey(window, journey, target, fact.to_channel, fact.segment)
    left = cell_of(source)
    cell = left if entered == source else cell_of(entered)
    # Both are asked before either is changed: one cell may have the fact, the other not (rows are half written).
    leaves, enters = origin != "" and offset > left.upto, target != "" and offset > cell.upto
    if leaves:
        left.upto = offset
        _leave(left, fact, exit_of(paths.get(journey, {}), origin, target))
        if target:
            _add(left.targets, target, fact.sign)
        changed = (source,)
    if enters:
        cell.upto = offset
        _add(cell.counts, ENTER, fact.sign)
        if fact.obstacle:
            _add(cell.held, f"{fact.obstacle}|enter", fact.sign)
        changed = (*changed, entered) if entered != source else (entered,)
    return changed


def _leave(cell: Cell, fact: Flow, how: str) -> None:
    """A visit of `fact.origin` ended; how: one of `EXITS`."""
    sign = fact.sign
    _add(cell.counts, INDEX[how], sign)
    length = bucket(fact.dwell_ms)
    if (code := EXIT_CODE.get(how)) is not None:
        _add(cell.dwell, length * 4 + code, sign)
    answered = fact.answered_ms
    if fact.kind is not FlowKind.MERGED:
        time = bucket(answered) << ANSWER_BITS if answered >= 0 else length << ANSWER_BITS | UNANSWERED
        _add(cell.answer, time | _EXIT[how] | _met(fact.obstacle), sign)
    if fact.obstacle:
        _add(cell.held, f"{fact.obstacle}|{how}", sign)


def _met(obstacle: str) -> int:
    if not obstacle:
        return 0
    return REFUSED if obstacle.partition(":")[0] == "negative" else HELD


def _response(cell: Cell, fact: Flow) -> None:
    for what in (fact.quality, "implicit" if fact.implicit else ""):
        if what in RESPONSES:
            _add(cell.counts, INDEX[what], fact.sign)
            if fact.action:
                _add(cell.treated, f"{fact.action}|{what}", fact.sign)
    _deliver(cell, fact)


def _deliver(cell: Cell, fact: Flow) -> None:
    if amount := fact.sign * fact.value_customer:
        _add(cell.counts, INDEX[VALUE], amount)
        if fact.action:
            _add(cell.treated, f"{fact.action}|{VALUE}", amount)


RESPONSES: Final = ("positive", "neutral", "negative", "implicit")


def _add(counts: dict[Any, int], key: int | str, amount: int) -> None:
    count = counts.get(key, 0) + amount
    if count:
        counts[key] = count
    else:
        del counts[key]


def merge(cells: Iterable[Cell]) -> Cell:
    """The sum of cells, whatever their keys; `upto` is the highest, and means something within one partition only."""
    total = Cell()
    for cell in cells:
        add(total, cell)
    return total


def add(total: Cell, cell: Cell, sign: int = 1) -> None:
    """Add `cell` to `total` in place, or subtract it with sign -1."""
    total.upto = max(total.upto, cell.upto)
    for into, of in (
        (total.counts, cell.counts), (total.dwell, cell.dwell), (total.answer, cell.answer),
        (total.targets, cell.targets), (total.held, cell.held), (total.treated, cell.treated),
    ):  # fmt: skip
        _sum(into, of, sign)


def _sum(into: dict[Any, int], of: Mapping[Any, int], sign: int) -> None:
    known = into.get
    for key, count in of.items() if sign == 1 else ((key, -count) for key, count in of.items()):
        if found := known(key, 0) + count:
            into[key] = found
        else:
            into.pop(key, None)


def encode(cell: Cell) -> bytes:
    """The bytes of a cell: keys sorted, so equal cells have equal bytes."""
    return _encode(
        (
            cell.upto, _sorted(cell.counts), _sorted(cell.dwell), _sorted(cell.answer), _sorted(cell.targets),
            _sorted(cell.held), _sorted(cell.treated),
        )
    )  # fmt: skip


def decode(raw: bytes) -> Cell:
    """The cell of its bytes.

    Raises:
        ValueError: they are no cell.
    """
    try:
        return _decode(raw)
    except (DecodeError, ValidationError) as problem:
        raise ValueError(f"no cell: {problem}") from None


def _sorted(counts: dict[Any, int]) -> dict[Any, int]:
    return {key: counts[key] for key in sorted(counts)} if len(counts) > 1 else counts
