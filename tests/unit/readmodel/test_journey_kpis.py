"""The read model of journey KPIs: sums over partitions and hours, whatever the order in which cells arrive."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.journeys.cells import Cell, CellKey, encode, merge
from garbo.core.vocabulary.effects import Flow, FlowKind, JourneyKpi
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.processors.journey_kpis import row_key
from garbo.processors.ports import ConsumerRecord
from garbo.readmodel.journey_figures import as_json, figures, journey_figures
from garbo.readmodel.journey_kpis import SPANS, JourneyKpis, Line, Question, of_records
from tests.unit.core.journeys.facts import AT, fact, facts, folded

CODEC = AvroCodec(PackagedRegistry())
MONDAY = 1_740_960_000_000  # 3 March 2025, 00:00 UTC


def message(partition: int, key: CellKey, cell: Cell | None) -> ConsumerRecord:
    value = None
    if cell is not None:
        value = CODEC.encode(JourneyKpi(partition, key.window * HOUR, *key[1:], cell.upto, encode(cell)))
    return ConsumerRecord("journey-kpis", partition, 0, row_key(key), value, 0)


def messages(log: list[Flow], partitions: int = 2) -> list[ConsumerRecord]:
    """What the topic says in the end: each partition's cells."""
    return [
        message(n, key, cell)
        for n in range(partitions)
        for key, cell in folded([(i, one) for i, one in enumerate(log) if i % partitions == n]).items()
    ]


def said(cell: Cell) -> bytes:
    return encode(replace(cell, upto=0))


def stays(*instants: int, **more: object) -> list[Flow]:
    return [fact(FlowKind.STAY, at=at, **more) for at in instants]


@settings(deadline=None)
@given(st.lists(facts, max_size=60), st.sampled_from(SPANS), st.randoms(use_true_random=False))
def test_every_span_sums_to_the_whole(log: list[Flow], by: str, order: random.Random) -> None:
    found = of_records(order.sample(all_of := messages(log), len(all_of)), CODEC)
    for journey in found.journeys:
        question = Question(journey, by=by, split=("stage", "channel", "segment"))  # type: ignore[arg-type]
        whole = folded([(i, one) for i, one in enumerate(log)])
        lines = found.read(question)
        assert said(merge(line.cell for line in lines)) == said(
            merge(cell for key, cell in whole.items() if key.journey == journey)
        )
        groups = {key[2:] for key, cell in whole.items() if key.journey == journey and not cell.is_empty}
        assert groups >= {(line.stage, line.channel, line.segment) for line in lines}
        assert not any(line.cell.is_empty for line in lines)
        assert found.read(question) == lines


@settings(deadline=None)
@given(st.lists(facts, min_size=1, max_size=60), st.integers(0, 60))
def test_a_message_corrects_a_day_that_was_read_before(log: list[Flow], read: int) -> None:
    """The console reads, then more facts arrive: nothing is read again, and the sum is right."""
    kpis = JourneyKpis()
    for part in (log[:read], log):
        for record in messages(part):
            kpis.apply(record, CODEC)
        for journey in kpis.journeys:
            kpis.read(Question(journey, by="day"))
    afresh = of_records(messages(log), CODEC)
    for journey in afresh.journeys:
        question = Question(journey, by="week")
        assert [(line[:5], said(line.cell)) for line in afresh.read(question)] == [
            (line[:5], said(line.cell)) for line in kpis.read(question)
        ]


def test_a_tombstone_takes_a_cell_back() -> None:
    log = stays(AT)
    kpis = of_records(messages(log), CODEC)
    assert 1 == len(kpis.read(Question("card", by="day")))
    kpis.apply(messages(log)[0]._replace(value=None), CODEC)
    assert [] == kpis.journeys
    assert [] == kpis.read(Question("card", by="day"))


def test_days_are_of_utc_and_weeks_begin_on_monday() -> None:
    kpis = of_records(messages(stays(MONDAY - 1, MONDAY, MONDAY + 7 * DAY - 1, MONDAY + 7 * DAY)), CODEC)
    days = kpis.read(Question("card", by="day"))
    assert [(MONDAY - DAY, 1), (MONDAY, 1), (MONDAY + 6 * DAY, 1), (MONDAY + 7 * DAY, 1)] == [
        (line.start, line.cell.count("stay")) for line in days
    ]
    weeks = kpis.read(Question("card", by="week"))
    assert [1, 2, 1] == [line.cell.count("stay") for line in weeks]
    assert (MONDAY, MONDAY + 7 * DAY) == (weeks[1].start, weeks[1].end)


def test_only_the_hours_asked_for_count_and_a_line_says_its_span() -> None:
    kpis = of_records(messages(stays(*(MONDAY + i * HOUR for i in range(72)))), CODEC)
    since, until = MONDAY + 5 * HOUR, MONDAY + 50 * HOUR + 1
    for by, count in (("hour", 46), ("day", 3), ("week", 1), ("all", 1)):
        lines = kpis.read(Question("card", since, until, by))  # type: ignore[arg-type]
        assert (count, 46) == (len(lines), sum(line.cell.count("stay") for line in lines))
        assert (since, MONDAY + 51 * HOUR) == (lines[0].start, lines[-1].end)


def test_a_reader_keeps_only_what_it_wants() -> None:
    log = [*stays(MONDAY, MONDAY + DAY, MONDAY + 2 * DAY), *stays(MONDAY + DAY, journey="pension")]
    kpis = of_records(messages(log), CODEC, journeys=["card"], since=MONDAY + DAY, until=MONDAY + 2 * DAY)
    assert ["card"] == kpis.journeys
    assert [1] == [line.cell.count("stay") for line in kpis.read(Question("card"))]
    assert [] == kpis.read(Question("pension"))


def test_lines_are_split_and_filtered() -> None:
    log = [
        *stays(AT, channel="web"),
        *stays(AT, channel="email", segment="young"),
        *stays(AT, origin="enquiry", channel="email"),
    ]
    kpis = of_records(messages(log), CODEC)

    def groups(question: Question) -> list[tuple[str, str, str, int]]:
        return [(x.stage, x.channel, x.segment, x.cell.count("stay")) for x in kpis.read(question)]

    assert [("enquiry", "", "", 1), ("interest", "", "", 2)] == groups(Question("card"))
    assert [("", "email", "", 2), ("", "web", "", 1)] == groups(Question("card", split=("channel",)))
    assert [("", "", "", 3)] == groups(Question("card", split=()))
    assert [("interest", "", "", 1)] == groups(Question("card", segment="young"))
    assert [("enquiry", "", "all", 1)] == groups(Question("card", split=("stage", "segment"), stage="enquiry"))
    assert [("", "", "", 2)] == groups(Question("card", split=(), channel="email"))


def test_messages_that_are_no_cells_are_counted() -> None:
    good = messages(stays(AT))[0]
    bad = [good._replace(key=None), good._replace(partition=7, value=b"x")]
    assert 2 == of_records([*bad, good], CODEC).unreadable


def test_an_hour_is_final_a_day_after_its_end() -> None:
    line = Line(MONDAY, MONDAY + HOUR, "", "", "", Cell())
    assert [False, True] == [line.is_final(MONDAY + HOUR + DAY + late) for late in (-1, 0)]


# ---- figures ---------------------------------------------------------------------------------------------------------

STORY = [
    *[fact(FlowKind.ENTER, "", "interest")] * 4,
    *[fact(origin="interest", target="enquiry", to_channel="web", dwell_ms=HOUR, answered_ms=HOUR // 2)] * 2,
    fact(origin="interest", target="complaint", to_channel="web", dwell_ms=2 * HOUR),
    fact(FlowKind.DROP, "enquiry", dwell_ms=DAY, obstacle="cap"),
    fact(FlowKind.GOAL, "enquiry", "enquiry"),
    *[fact(FlowKind.CONTACT, action="call")] * 2,
    fact(FlowKind.RESPONSE, action="call", quality="positive", value_customer=12_500),
    fact(FlowKind.NEED, obstacle="answered"),
    fact(FlowKind.NEED, obstacle="unanswered"),
]


def test_the_figures_of_a_stage() -> None:
    kpis = of_records(messages(STORY), CODEC)
    found = {line.stage: figures(line.cell) for line in kpis.read(Question("card"))}
    interest = found["interest"]
    assert (3, pytest.approx(2 / 3), 0.0) == (interest.exits, interest.conversion, interest.abandonment)
    assert (pytest.approx(2 / 3), 0.5, 0.5) == (interest.answered, interest.pressure, interest.needs_in_time)
    assert interest.answer == pytest.approx(HOUR // 2, rel=0.016)
    assert interest.dwell[""][1] == pytest.approx(HOUR, rel=0.016)
    assert interest.dwell["aside"][1] == pytest.approx(2 * HOUR, rel=0.016)
    assert {"call": {"contact": 2, "positive": 1, "value_customer": 12.5}} == interest.treated
    assert (12.5, None) == (interest.value_customer, interest.counts.get("value_customer"))
    assert ({"enquiry": 2, "complaint": 1}, {"cap|drop": 1}) == (interest.targets, found["enquiry"].held)
    assert (None, None, None) == found["complaint"].dwell[""]
    assert found["complaint"].conversion is None


def test_the_figures_of_a_journey() -> None:
    kpis = of_records(messages(STORY), CODEC)
    found = journey_figures(line.cell for line in kpis.read(Question("card")))
    assert (4, 1, 0.25, 1, 3, 2, 2.0, 12.5) == tuple(found)


def test_json_has_the_figures_of_a_line() -> None:
    (line,) = of_records(messages(stays(MONDAY)), CODEC).read(Question("card", by="hour"))
    found = as_json(line, MONDAY + 3 * DAY)
    assert (MONDAY, MONDAY + HOUR, True, "interest", {"stay": 1}) == tuple(
        found[name] for name in ("start", "end", "final", "stage", "counts")
    )
    assert ["all", "onward", "back", "aside", "drop"] == list(found["dwell"])
