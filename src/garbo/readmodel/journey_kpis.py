"""How journeys go, read from the topic `journey-kpis`: KPI cells, merged over partitions and hours.

Rules
 1. A cell of the topic belongs to one partition of journey-flows. A reader never sees a partition: it sees sums.
 2. Each message is added to the sum of its day as it comes, and its predecessor is taken out. So a month is read as 30
    days, the first time as quickly as later, and the hour of now costs as little as an old one.
 3. An hour is final a day after its end. Later facts still correct it; who compares two reads must know it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.journeys.cells import Cell, CellKey, add, decode
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.processors.journey_kpis import key_of
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import Topics

Span: TypeAlias = Literal["hour", "day", "week", "all"]
SPANS: Final[tuple[Span, ...]] = get_args(Span)
Split: TypeAlias = Literal["stage", "channel", "segment"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)

_DAY: Final = DAY // HOUR
_WEEK: Final = 7 * _DAY
_MONDAY: Final = 4 * _DAY  # 5 January 1970, the first Monday, in hours
FINAL_AFTER: Final = DAY

Group: TypeAlias = tuple[str, str, str]  # stage, channel, segment


class Line(NamedTuple):
    """The sum of the cells of a span. start, end: of the span, cut to what was asked (ms). stage, channel, segment: ""
    where the question does not split by it."""

    start: int
    end: int
    stage: str
    channel: str
    segment: str
    cell: Cell

    def is_final(self, now_ms: int) -> bool:
        """Only facts that come more than a day late can change it."""
        return self.end + FINAL_AFTER <= now_ms


class Question(NamedTuple):
    """What to read of one journey.

    since, until: instants (ms), taken to whole hours; None: from the first, to the last cell. by: the length of a line,
    in UTC; weeks begin on Monday. split: what each line is of. stage, channel, segment: only of this one.
    """

    journey: str
    since: int | None = None
    until: int | None = None
    by: Span = "all"
    split: Collection[str] = ("stage",)
    stage: str | None = None
    channel: str | None = None
    segment: str | None = None


class JourneyKpis:
    """Keeps what `apply` is given; `read` answers questions.

    Args:
        journeys: keep only these. since, until: keep only hours from `since` on and before `until` (ms).

    Attributes:
        unreadable: messages that are no cells; they are left out.
    """

    def __init__(
        self, *, journeys: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> None:
        self._journeys = None if journeys is None else frozenset(journeys)
        self._since = -1 if since is None else since // HOUR
        self._until = None if until is None else -(-until // HOUR)
        self._hours: dict[str, dict[int, dict[tuple[int, CellKey], bytes]]] = defaultdict(lambda: defaultdict(dict))
        self._days: dict[str, dict[int, dict[Group, Cell]]] = defaultdict(lambda: defaultdict(dict))
        self.unreadable = 0

    @property
    def journeys(self) -> list[str]:
        """The journeys of which there are cells."""
        return sorted(name for name, days in self._hours.items() if any(days.values()))

    def apply(self, record: ConsumerRecord, codec: AvroCodec) -> None:
        """Take a message of journey-kpis: a cell, its successor, or a tombstone."""
        try:
            key = key_of(record.key or b"")
            if not self._wanted(key):
                return
            raw = None if record.value is None else codec.kpi(record.value).cell
            cell = None if raw is None else decode(raw)
        except (ValueError, Rejected):
            self.unreadable += 1
            return
        self.put(record.partition, key, raw, cell)

    def put(self, partition: int, key: CellKey, raw: bytes | None, cell: Cell | None = None) -> None:
        """Take the cell of one partition; None: it is gone. cell: `raw`, decoded."""
        day = key.window // _DAY
        hours = self._hours[key.journey][day]
        place = partition, key
        before = hours.get(place)
        if raw is None:
            hours.pop(place, None)
        else:
            hours[place] = raw
        sums = self._days[key.journey][day]
        total = sums.get(key[2:])
        if total is None:
            total = sums[key[2:]] = Cell()
        if before is not None:
            add(total, decode(before), -1)
        if raw is not None:
            add(total, decode(raw) if cell is None else cell)

    def read(self, question: Question) -> list[Line]:
        """A line for each span and group of which a cell says something, in order of time, stage, channel, segment."""
        first, last = self._range(question)
        lines: dict[tuple[int, Group], Cell] = {}
        split = tuple(name in question.split for name in SPLITS)
        only = (question.stage, question.channel, question.segment)
        for window, group, cell in self._cells(question, first, last):
            if any(want is not None and want != has for want, has in zip(only, group, strict=True)):
                continue
            shown = tuple(name if kept else "" for name, kept in zip(group, split, strict=True))
            place = _start(window, question.by), (shown[0], shown[1], shown[2])
            total = lines.get(place)
            if total is None:
                total = lines[place] = Cell()
            add(total, cell)
        return [
            Line(
                max(start, first) * HOUR, min(_end(start, question.by, last), last) * HOUR, *group, lines[start, group]
            )
            for start, group in sorted(lines)
            if not lines[start, group].is_empty
        ]

    def _wanted(self, key: CellKey) -> bool:
        if self._journeys is not None and key.journey not in self._journeys:
            return False
        return key.window >= self._since and (self._until is None or key.window < self._until)

    def _range(self, question: Question) -> tuple[int, int]:
        """The first hour, and the one after the last, of which the question is and cells are."""
        days = [day for day, hours in self._hours.get(question.journey, {}).items() if hours]
        first, last = min(days, default=0) * _DAY, (max(days, default=-1) + 1) * _DAY
        if question.since is not None:
            first = max(first, question.since // HOUR)
        if question.until is not None:
            last = min(last, -(-question.until // HOUR))
        return first, last

    def _cells(self, question: Question, first: int, last: int) -> Iterator[tuple[int, Group, Cell]]:
        """Cells of whole days where a line is of a day or more, else of hours; each with its first hour."""
        days = self._hours.get(question.journey, {})
        for day in [day for day in days if (day + 1) * _DAY > first and day * _DAY < last]:
            start, end = day * _DAY, (day + 1) * _DAY
            if question.by != "hour" and first <= start and end <= last:
                for group, cell in self._days[question.journey][day].items():
                    yield start, group, cell
                continue
            for (_, key), raw in days[day].items():
                if first <= key.window < last:
                    yield key.window, key[2:], decode(raw)


def from_kafka(
    kafka: KafkaSettings,
    topics: Topics,
    codec: AvroCodec,
    *,
    journeys: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
) -> JourneyKpis:
    """Every cell on the topic now, as far as it is wanted.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: the broker does not answer.
    """
    return of_records(read_all(kafka, [topics.kpis]), codec, journeys=journeys, since=since, until=until)


def of_records(
    records: Iterable[ConsumerRecord],
    codec: AvroCodec,
    *,
    journeys: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
) -> JourneyKpis:
    """The cells of these messages of journey-kpis."""
    latest = {(record.partition, record.key): record for record in records}  # the topic may not be compacted yet
    found = JourneyKpis(journeys=journeys, since=since, until=until)
    for record in latest.values():
        found.apply(record, codec)
    return found


def _start(window: int, by: Span) -> int:
    match by:
        case "hour":
            return window
        case "day":
            return window - window % _DAY
        case "week":
            return window - (window - _MONDAY) % _WEEK
        case _:
            return 0


def _end(start: int, by: Span, last: int) -> int:
    return last if by == "all" else start + {"hour": 1, "day": _DAY, "week": _WEEK}[by]
