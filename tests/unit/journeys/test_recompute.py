"""The recomputation equals the stream, to the byte, whatever the facts, the maps, the order and the files."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.journeys.cells import CellKey, encode
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.errors import ConfigError
from garbo.journeys.flow_log import from_files, from_records, readable, to_file
from garbo.journeys.recompute import Place, differences, maps_of, recompute, streamed_cells, whole_from
from garbo.processors import journey_kpis
from garbo.processors.journey_kpis import KEEP, STATE
from garbo.processors.ports import ConsumerRecord
from tests.unit.core.journeys.facts import AT, IDEAL, fact, facts
from tests.unit.core.small import SMALL
from tests.unit.processors.test_journey_kpis import PARTITION, Host, records

CODEC = AvroCodec(PackagedRegistry())
OTHER = {"card": ("proposal", "interest"), "pension": ("advice",)}


def streamed(host: Host) -> dict[Place, bytes]:
    topic = [ConsumerRecord("journey-kpis", PARTITION, i, k, v, 0) for i, (k, v) in enumerate(host.topic.items())]
    return streamed_cells(topic, CODEC.kpi)


def recomputed(log: Sequence[Flow], host: Host) -> dict[Place, bytes]:
    changelog = [ConsumerRecord("changelog", PARTITION, i, k, v, 0) for i, (k, v) in enumerate(host.rows.rows.items())]
    with from_records(records(log), CODEC) as connection:
        return recompute(connection, maps_of(changelog))


@settings(max_examples=10, deadline=None, phases=(Phase.generate,))
@given(st.lists(facts, max_size=250), st.integers(0, 120))
def test_the_log_gives_the_streamed_bytes_also_over_a_change_of_the_map(log: list[Flow], change: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        host = Host(patch)
        host.run(log[:change])
        patch.setattr(journey_kpis, "ideal_of", lambda policy: OTHER)
        host.processor.use_policy(SMALL)
        host.run(log[change:], change)
        assert [] == differences(streamed(host), recomputed(log, host))


def test_what_is_too_late_and_what_has_expired_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch)
    log = [
        fact(FlowKind.STAY),
        fact(origin="interest", target="enquiry", to_channel="web", at=AT + HOUR),
        fact(FlowKind.STAY, at=AT + KEEP * HOUR + HOUR),
        fact(origin="interest", target="enquiry", to_channel="web", sign=-1),
        fact(FlowKind.STAY, at=AT + HOUR),
    ]
    for offset, one in enumerate(log):
        host.run([one], offset)
    assert 3 == len(streamed(host))
    assert [] == differences(streamed(host), recomputed(log, host))


def test_a_difference_names_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch)
    host.run([fact(FlowKind.STAY)])
    (found,) = differences(streamed(host), recomputed([fact(FlowKind.STAY), fact(FlowKind.STAY)], host))
    key = CellKey(AT // HOUR, "card", "interest", "web", "all")
    assert (PARTITION, key) == (found.partition, found.key)
    assert found.streamed != found.recomputed
    (lost,) = differences({}, {(PARTITION, key): b"x"})
    assert (None, b"x") == (lost.streamed, lost.recomputed)
    assert [] == differences({}, {(PARTITION, key): b"x"}, first={PARTITION: key.window + 1})


@pytest.mark.parametrize(("at", "hour"), [(AT - AT % HOUR, AT // HOUR), (AT, AT // HOUR + 1)])
def test_a_cut_log_is_whole_from_the_next_hour_on(at: int, hour: int) -> None:
    assert hour == whole_from(at)


def test_parquet_and_an_older_schema_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector's Parquet with timestamps and without the columns of version 2."""
    host = Host(monkeypatch)
    log = [Flow("p", AT + i * HOUR, "journey", "interest", "enquiry", "visit", 3 * DAY) for i in range(3)]
    host.run(log)
    to_file(tmp_path / "all.jsonl", records(log), CODEC)
    with duckdb.connect() as connection:
        connection.execute(
            f'COPY (SELECT partition, "offset", make_timestamp("at" * 1000) AS "at", axis, origin, target, dwell_ms '
            f"FROM read_json('{tmp_path}/all.jsonl')) TO '{tmp_path}/journey-flows-1.parquet' (FORMAT parquet)"
        )
    with from_files(tmp_path) as connection:
        found = recompute(connection, {PARTITION: [(0, IDEAL)]})
    assert [] == differences(streamed(host), found)
    assert {key[2] for _, key in found} == {"interest", "enquiry"}


def test_messages_that_cannot_be_read_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch)
    good = records([fact(FlowKind.STAY), fact(FlowKind.STAY, at=-5), fact(FlowKind.STAY)])
    log = [good[0], good[1], good[2]._replace(value=b"hello")]
    host.write(host.processor.process(PARTITION, log, host.rows, 0))
    with from_records(log, CODEC) as connection:
        found = recompute(connection, {PARTITION: [(0, IDEAL)]})
    assert [] == differences(streamed(host), found)
    assert 1 == len(found)


def test_what_strangers_write_on_the_topics_stops_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message that was no cell ended `garbo journey report` with a traceback."""
    host = Host(monkeypatch)
    host.run([fact(FlowKind.STAY)])
    ((key, value),) = host.topic.items()
    junk = [(key, b"hello"), (b"no key", value), (None, None), (b"c\0", None)]
    topic = [ConsumerRecord("journey-kpis", PARTITION, i, k, v, 0) for i, (k, v) in enumerate([(key, value), *junk])]
    assert streamed(host) == streamed_cells(topic, CODEC.kpi)
    log = [*records([fact(FlowKind.STAY)]), ConsumerRecord("journey-flows", PARTITION, 9, b"p", b"hello", 0)]
    assert [fact(FlowKind.STAY)] == list(readable(log, CODEC.flow))


def test_without_a_noted_map_every_move_is_aside() -> None:
    assert {} == maps_of([ConsumerRecord("changelog", 0, 0, b"c", b"x", 0)])
    with from_records(records([fact(target="enquiry")]), CODEC) as connection:
        found = recompute(connection, {})
    assert 2 == len(found)
    assert {0} == maps_of([ConsumerRecord("changelog", 0, 0, STATE, None, 0)]).keys()


def test_a_folder_without_the_log_or_with_another_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file journey-flows"), from_files(tmp_path):
        pass
    (tmp_path / "journey-flows.jsonl").write_text('{"at": "x"}\n')
    with pytest.raises(ConfigError, match="cannot read"), from_files(tmp_path):
        pass
    (tmp_path / "journey-flows.jsonl").unlink()
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS \"at\") TO '{tmp_path}/journey-flows.parquet' (FORMAT parquet)")
    with pytest.raises(ConfigError, match="no column partition, offset, axis"), from_files(tmp_path):
        pass


def test_the_same_cells_have_the_same_bytes_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    log = records([fact(FlowKind.STAY), fact(target="enquiry"), fact(FlowKind.DROP)])
    to_file(tmp_path / "journey-flows-b.jsonl", log[:1], CODEC)
    to_file(tmp_path / "journey-flows-a.jsonl", log[1:], CODEC)
    with from_files(tmp_path) as connection, from_records(log, CODEC) as other:
        one, two = recompute(connection, {}), recompute(other, {})
    assert one == two
    assert all(raw == encode(journey_kpis.decode(raw)) for raw in one.values())
