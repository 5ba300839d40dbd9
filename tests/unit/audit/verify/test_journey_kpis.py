"""I25: what the checker says about KPI cells that are not the sum of their facts."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.adapters.kafka.topics import JOURNEY_KPIS_CHANGELOG
from garbo.audit.verify import journey_kpis as checker
from garbo.audit.verify.journey_kpis import Fact, Kpis, check
from garbo.audit.verify.report import InvariantResult
from garbo.core.journeys.cells import decode, encode
from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import HOUR
from garbo.processors.journey_kpis import KEEP, STATE
from garbo.processors.topics import JOURNEY_FLOWS, JOURNEY_KPIS
from tests.chaos import bugs
from tests.unit.audit.verify.recorded import Recorded, stories
from tests.unit.core.journeys.facts import AT, fact, facts
from tests.unit.processors.test_journey_kpis import CODEC, PARTITION, Host, records


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A bug patches its whole process; here the patches are undone after the test."""
    for place, name in bugs.REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    return bugs.install


def kpis(host: Host, log: Sequence[Flow], appended_at: int = 0) -> Kpis:
    found = [Fact(PARTITION, offset, appended_at, one) for offset, one in enumerate(log)]
    cells = {(PARTITION, key): CODEC.kpi(value).cell for key, value in host.topic.items()}
    state = host.rows.get(STATE)
    return Kpis(found, cells, {} if state is None else {PARTITION: state})


def judged(host: Host, log: Sequence[Flow]) -> InvariantResult:
    return check(kpis(host, log), truncated=False)


def roll_back(host: Host, log: Sequence[Flow], first: int = 0) -> None:
    """The runtime's way: the partition is closed, and opened on the rows of the last commit."""
    host.processor.process(PARTITION, records(log, first), host.rows, 0)
    host.processor.close(PARTITION)
    host.processor.open(PARTITION, host.rows)


LOG = [
    fact(FlowKind.ENTER, "", "interest"),
    fact(origin="interest", target="enquiry", to_channel="email"),
    fact(origin="interest", target="enquiry", to_channel="email", sign=-1),
    fact(FlowKind.DROP, "interest", obstacle="cap"),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(facts, max_size=60))
def test_the_checker_adds_up_as_the_engine_does(log: list[Flow]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        host = Host(patch)
        host.run(log)
        assert [] == judged(host, log).violations


def test_what_is_too_late_or_expired_is_no_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch)
    log = [fact(FlowKind.STAY), fact(FlowKind.STAY, at=AT + (KEEP + 3) * HOUR), fact(FlowKind.STAY)]
    host.run(log)
    assert [] == judged(host, log).violations


def test_the_golden_journeys_have_cells_and_no_violation() -> None:
    result = stories().report().of("I25")
    assert [] == result.violations
    assert result.checked > 40


@pytest.mark.parametrize(
    ("bug", "broken"),
    [("", False), ("cells_kept_over_rollback", True), ("corrections_added", True)],
)
def test_a_seeded_bug_is_reported(
    install: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, bug: str, broken: bool
) -> None:
    if bug:
        install(bug)
    host = Host(monkeypatch)
    host.run(LOG[:1])
    roll_back(host, LOG[1:], 1)
    host.run(LOG[1:], 1)
    assert broken == bool(judged(host, LOG).violations)


# ---- forgeries -------------------------------------------------------------------------------------------------------


def forged(change: Callable[[Recorded], object]) -> list[str]:
    recorded = stories()
    change(recorded)
    return recorded.report().of("I25").violations


def other_cell(recorded: Recorded, raw: Callable[[bytes], bytes]) -> None:
    latest = {(r.partition, r.key): r for r in recorded.log[JOURNEY_KPIS]}
    record = next(iter(latest.values()))
    message = recorded.codec.kpi(record.value or b"")
    recorded.swap(JOURNEY_KPIS, lambda r: r == record, recorded.codec.encode(replace(message, cell=raw(message.cell))))


def one_more(raw: bytes) -> bytes:
    cell = decode(raw)
    cell.counts[7] = cell.counts.get(7, 0) + 1
    return encode(cell)


def test_a_count_too_many_is_seen() -> None:
    (violation,) = forged(lambda r: other_cell(r, one_more))
    assert "counts of stay" in violation


def test_a_cell_that_lags_behind_is_seen() -> None:
    def earlier(raw: bytes) -> bytes:
        cell = decode(raw)
        cell.upto -= 1
        return encode(cell)

    (violation,) = forged(lambda r: other_cell(r, earlier))
    assert "the cell counts up to" in violation


def test_a_lost_fact_a_lost_cell_and_an_invented_one_are_seen() -> None:
    assert forged(lambda r: r.remove(JOURNEY_FLOWS, lambda _: True))
    assert forged(lambda r: r.log.update({JOURNEY_KPIS: r.log[JOURNEY_KPIS][:-1]}))

    def invented(r: Recorded) -> None:
        one = r.log[JOURNEY_KPIS][0]
        key = (one.key or b"")[:5] + b"\x94\xa1x\xa1y\xa0\xa0"
        r.append(JOURNEY_KPIS, key, one.value)

    assert forged(invented)


def test_bytes_that_are_no_cell_are_seen() -> None:
    found = forged(lambda r: other_cell(r, lambda raw: b"\xc1"))
    assert any("is no cell" in violation for violation in found)


def test_another_map_than_that_of_the_fold_is_seen() -> None:
    """The processor's row says which ideal path counts; without it every move is aside."""

    def without(r: Recorded) -> None:
        r.log[JOURNEY_KPIS_CHANGELOG] = [
            record._replace(value=b"\x92\x00\x90") for record in r.log[JOURNEY_KPIS_CHANGELOG] if record.key == STATE
        ]

    assert any("counts of" in violation for violation in forged(without))


def test_where_journey_kpis_does_not_run_nothing_is_checked() -> None:
    assert (0, []) == (
        (found := check(Kpis([Fact(0, 0, 0, LOG[0])], {}, {}), truncated=False)).checked,
        found.violations,
    )


def test_what_retention_has_deleted_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(monkeypatch)
    log = [*LOG, fact(FlowKind.STAY, at=AT + 3 * HOUR)]
    host.run(log)
    cut = kpis(host, log, AT + HOUR)
    cut.facts[:] = cut.facts[2:]
    assert check(cut, truncated=False).violations
    assert [] == check(cut, truncated=True).violations


@given(st.integers(-5, 2**50))
def test_the_checkers_buckets_are_the_histograms(value: int) -> None:
    assert bucket(value) == checker._bucket(value)
