"""Processor journey_kpis on one partition: its cells, its messages, its time, its crashes."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.journeys.cells import Cell, CellKey, decode, encode
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.errors import PolicyError, StoreError
from garbo.processors import journey_kpis
from garbo.processors.journey_kpis import KEEP, STATE, key_of, row_key, state_of
from garbo.processors.ports import ConsumerRecord, Work
from garbo.processors.topics import Topics
from garbo.testing.driver import DictRows
from tests.unit.core.journeys.facts import AT, IDEAL, fact, facts, folded
from tests.unit.core.small import SMALL

CODEC = AvroCodec(PackagedRegistry())
PARTITION = 3


class Host:
    """Commits each piece of work, unless told otherwise; keeps journey-kpis as compaction does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch | None = None, ideal: object = IDEAL) -> None:
        if monkeypatch is not None:
            monkeypatch.setattr(journey_kpis, "ideal_of", lambda policy: ideal)
        self.metrics = Metrics()
        self.rows = DictRows()
        self.topic: dict[bytes, bytes] = {}
        self.policies: dict[bytes, Policy] = {}
        self.processor = ProcessorFactory(
            codec=CODEC, topics=Topics("t."), policy=compiled(SMALL), meter=self.metrics, clock="wall",
            load_policy=self._load,
        ).journey_kpis()  # fmt: skip
        self.processor.open(PARTITION, self.rows)

    def _load(self, raw: bytes) -> Policy:
        if raw not in self.policies:
            raise PolicyError("no policy")
        return self.policies[raw]

    def run(self, log: Sequence[Flow], first: int = 0, *, commit: bool = True) -> Work:
        work = self.processor.process(PARTITION, records(log, first), self.rows, 0)
        if commit:
            self.write(work)
        else:
            self.processor.open(PARTITION, self.rows)
        return work

    def write(self, work: Work) -> None:
        for key, row in work.rows.items():
            self.rows.put(key, row)
        for output in work.outputs:
            if output.topic != "t.journey-kpis":
                continue
            assert (PARTITION, True) == (output.partition, output.key is not None)
            if output.value is None:
                self.topic.pop(output.key or b"", None)
            else:
                self.topic[output.key or b""] = output.value

    def cells(self) -> dict[CellKey, Cell]:
        return {key_of(row): decode(raw) for row, raw in self.rows.scan(b"c")}

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"garbo_journey_{name}", labels)


def records(log: Sequence[Flow], first: int = 0) -> list[ConsumerRecord]:
    return [
        ConsumerRecord("t.journey-flows", PARTITION, first + i, b"p", CODEC.encode(one), 0) for i, one in enumerate(log)
    ]


def bytes_of(cells: dict[CellKey, Cell]) -> dict[CellKey, bytes]:
    return {key: encode(cell) for key, cell in cells.items()}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


LOG = [
    fact(FlowKind.ENTER, "", "interest"),
    fact(origin="interest", target="enquiry", to_channel="email", at=AT + HOUR),
    fact(FlowKind.CONTACT, "enquiry", channel="email", action="call", at=AT + HOUR),
    fact(FlowKind.DROP, "enquiry", channel="email", at=AT + 2 * DAY),
]


def test_rows_and_messages_say_the_same(host: Host) -> None:
    host.run(LOG)
    assert bytes_of(folded(list(enumerate(LOG)))) == bytes_of(host.cells())
    messages = {key_of(key): CODEC.kpi(value) for key, value in host.topic.items()}
    assert {
        key: (m.window, m.journey, m.stage, m.channel, m.segment, m.upto, m.cell) for key, m in messages.items()
    } == {key: (key.window * HOUR, *key[1:], cell.upto, encode(cell)) for key, cell in host.cells().items()}
    assert {PARTITION} == {m.partition for m in messages.values()}
    assert (1.0, 1.0) == (
        host.value("contacts_total", journey="other", channel="email"),
        host.value("exits_total", journey="other", stage="other", exit="drop"),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(facts, max_size=30), st.lists(st.integers(1, 6), min_size=30, max_size=30), st.data())
def test_chunks_restarts_and_rollbacks_change_nothing(log: list[Flow], sizes: list[int], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        host = Host(patch)
        at = 0
        for size in sizes:
            chunk = log[at : at + size]
            if not chunk:
                break
            for _ in range(data.draw(st.integers(0, 2))):
                host.run(chunk, at, commit=False)
            host.run(chunk, at)
            at += len(chunk)
        assert bytes_of(folded(list(enumerate(log)))) == bytes_of(host.cells())


@settings(max_examples=40, deadline=None)
@given(st.lists(facts, max_size=30), st.integers(0, 30), st.randoms(use_true_random=False))
def test_at_least_once_half_written_rows_count_once(log: list[Flow], kept: int, dice: random.Random) -> None:
    """A worker died between the rows and the offsets: some rows are written, and the records come again."""
    with pytest.MonkeyPatch.context() as patch:
        host = Host(patch)
        host.run(log[: kept // 2])
        work = host.run(log[kept // 2 : kept], kept // 2, commit=False)
        host.write(Work({key: row for key, row in work.rows.items() if dice.random() < 0.5 or key == STATE}))
        host.processor.open(PARTITION, host.rows)
        host.run(log[kept // 2 :], kept // 2)
        assert bytes_of(folded(list(enumerate(log)))) == bytes_of(host.cells())


def test_only_what_changed_is_written(host: Host) -> None:
    host.run(LOG)
    work = host.run([fact(FlowKind.STAY)], len(LOG))
    assert [row_key(CellKey(AT // HOUR, "card", "interest", "web", "all"))] == list(work.rows)
    assert 1 == len(work.outputs)


def test_an_hour_too_old_leaves_and_a_fact_of_it_is_counted_as_too_late(host: Host) -> None:
    host.run(LOG)
    late = AT + KEEP * HOUR
    work = host.run([fact(FlowKind.STAY, at=late + HOUR)], 10)
    old = row_key(CellKey(AT // HOUR, "card", "interest", "web", "all"))
    assert work.rows[old] is None
    assert [old] == [o.key for o in work.outputs if o.value is None]
    assert old not in host.topic
    host.run([fact(FlowKind.STAY, at=AT), fact(FlowKind.STAY, at=AT + HOUR)], 11)
    newest = host.cells()[late // HOUR + 1, "card", "interest", "web", "all"]
    assert (1, 1, 11) == (newest.count("stay"), newest.count("too_late"), newest.upto)
    assert 1 == host.cells()[AT // HOUR + 1, "card", "interest", "web", "all"].count("stay")
    assert 1.0 == host.value("expired_facts_total")


def test_an_hour_that_comes_and_goes_within_one_chunk_is_not_written(host: Host) -> None:
    work = host.run([fact(FlowKind.STAY), fact(FlowKind.STAY, at=AT + (KEEP + 5) * HOUR)])
    assert 2 == len(work.rows) == len(host.cells()) + 1
    assert 1 == len(host.topic)


def test_the_newest_hour_is_known_after_a_restart(host: Host) -> None:
    host.run([fact(FlowKind.STAY, at=AT + (KEEP + 5) * HOUR)])
    host.processor.close(PARTITION)
    host.processor.open(PARTITION, host.rows)
    host.run([fact(FlowKind.STAY)], 1)
    (cell,) = host.cells().values()
    assert (1, 1) == (cell.count("stay"), cell.count("too_late"))


def test_a_new_map_counts_from_its_offset_on(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    move = fact(origin="interest", target="enquiry", to_channel="web")
    host.run([move, move])
    assert [(0, IDEAL)] == state_of(host.rows.get(STATE)).maps
    other = {"card": ("enquiry", "interest")}
    monkeypatch.setattr(journey_kpis, "ideal_of", lambda policy: other)
    host.policies[b"new"] = SMALL
    assert host.processor.broadcast("t.policy-versions", b"k", b"new")
    assert not host.processor.broadcast("t.policy-versions", b"k", None)  # the host offers the one before it
    assert STATE in host.run([move], 2).rows
    assert STATE not in host.run([move], 3).rows
    assert [(0, IDEAL), (2, other)] == state_of(host.rows.get(STATE)).maps
    left = host.cells()[AT // HOUR, "card", "interest", "web", "all"]
    assert (2, 2) == (left.count("onward"), left.count("back"))
    host.processor.open(PARTITION, host.rows)
    assert STATE not in host.run([move], 4).rows


def test_a_policy_that_cannot_be_used_is_refused_and_the_last_map_stays(host: Host) -> None:
    host.metrics.processor("journey_kpis")
    host.processor.broadcast("t.policy-versions", b"k", b"bad")
    labels = {"processor": "journey_kpis", "what": "policy"}
    assert 1.0 == host.metrics.registry.get_sample_value("garbo_refused_total", labels)
    host.run(LOG)
    assert bytes_of(folded(list(enumerate(LOG)))) == bytes_of(host.cells())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": None}, "null_key"),
        ({"value": None}, "empty"),
        ({"value": b""}, "empty"),
        ({"value": b"hello"}, "not_avro"),
        ({"value": CODEC.encode(fact(at=-1))}, "invalid"),
        ({"value": CODEC.encode(fact(at=2**60))}, "invalid"),
        ({"value": CODEC.encode(replace(fact(), sign=7))}, "invalid"),
    ],
)
def test_a_bad_message_is_a_dead_letter_and_the_next_is_counted(
    host: Host, changes: dict[str, bytes | None], reason: str
) -> None:
    bad, good = records([fact(FlowKind.STAY), fact(FlowKind.STAY)])
    work = host.processor.process(PARTITION, [bad._replace(**changes), good], host.rows, 77)
    host.write(work)
    (letter,) = [CODEC.dead_letter(o.value or b"") for o in work.outputs if o.topic == "t.dead-letters"]
    assert (reason, "journey_kpis", 0, 77) == (letter.reason, letter.processor, letter.offset, letter.at)
    (cell,) = host.cells().values()
    assert (1, 1) == (cell.count("stay"), cell.upto)


def test_memory_is_bounded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey_kpis, "_AWAKE", 3)
    log = [fact(FlowKind.STAY, stage, at=AT + hour * HOUR) for hour in range(5) for stage in IDEAL["card"]] * 2
    for offset, one in enumerate(log):
        host.run([one], offset)
    assert bytes_of(folded(list(enumerate(log)))) == bytes_of(host.cells())


@pytest.mark.parametrize("key", [STATE, row_key(CellKey(AT // HOUR, "card", "interest", "web", "all"))])
def test_a_row_that_cannot_be_read_stops_the_worker(host: Host, key: bytes) -> None:
    host.rows.rows[key] = b"\xc1"

    def use() -> None:
        host.processor.open(PARTITION, host.rows)
        host.run(LOG)

    with pytest.raises(StoreError, match="rebuilt"):
        use()


@given(st.builds(CellKey, st.integers(0, 2**32 - 1), st.text(), st.text(), st.text(), st.text()))
def test_a_key_and_back_in_the_order_of_hours(key: CellKey) -> None:
    assert key == key_of(row_key(key))
    if key.window:
        assert row_key(CellKey(key.window - 1, "\x7f", "", "", "")) < row_key(key)


@pytest.mark.parametrize("row", [b"", b"!", b"c", b"c\0\0\0\0", b"c\0\0\0\0\x91\xa1x", b"x\0\0\0\0\x94"])
def test_what_is_no_key_of_a_cell_says_so(row: bytes) -> None:
    with pytest.raises(ValueError, match="no key"):
        key_of(row)


def test_nothing_waits_for_time(host: Host) -> None:
    host.run(LOG)
    assert () == host.processor.due(PARTITION, 10**15)
