"""BPI 2012 on its map, by the engine and by a script without Garbo: equal counts.

The real log is not in the repository. GARBO_BPI2012=LOG.xes.gz compares them on it, too.
"""

import ast
import gzip
import os
import random
from pathlib import Path

import pytest

from benchmarks import bpi2012_independent
from benchmarks.bpi2012 import TITLE, counts, place
from benchmarks.bpi2012_independent import DAY, Case, Map, apart, count, read
from garbo.journeys.narrowing import Bar
from garbo.journeys.report.build import build
from garbo.journeys.report.page import page

CASES = {
    "1": [
        ("A_SUBMITTED", "2011-10-01T08:00:00+02:00"), ("A_PREACCEPTED", "2011-10-01T08:01:00+02:00"),
        ("W_Completeren aanvraag", "2011-10-01T09:00:00+02:00"), ("A_ACCEPTED", "2011-10-01T10:00:00+02:00"),
        ("O_SENT", "2011-10-01T10:05:00+02:00"), ("O_SENT_BACK", "2011-10-10T10:05:00+02:00"),
        ("W_Nabellen incomplete dossiers", "2011-10-11T10:05:00+02:00"),
        ("W_Valideren aanvraag", "2011-10-12T10:05:00+02:00"), ("A_APPROVED", "2011-10-13T10:05:00+02:00"),
    ],
    "2": [
        ("A_SUBMITTED", "2011-10-01T08:00:00+02:00"), ("A_PREACCEPTED", "2011-10-01T08:00:00+02:00"),
        ("A_ACCEPTED", "2011-10-02T08:00:00+02:00"), ("O_SENT", "2011-10-02T09:00:00+02:00"),
        ("A_CANCELLED", "2012-01-20T09:00:00+02:00"),
    ],
}  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Path:
    def event(name: str, at: str) -> str:
        said = (("string", "concept:name", name), ("date", "time:timestamp", at))
        state = ("string", "lifecycle:transition", "START" if name.startswith("W_") else "COMPLETE")
        return (
            "<event>"
            + "".join(f'<{tag} key="{key}" value="{value}"/>' for tag, key, value in (*said, state))
            + "</event>"
        )

    traces = "".join(
        f'<trace><string key="concept:name" value="{case}"/>{"".join(event(*e) for e in events)}</trace>'
        for case, events in CASES.items()
    )
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress(f'<log xmlns="http://www.xes-standard.org/">{traces}</log>'.encode()))
    return path


EXPECTED = {
    "submitted enter": 2, "preaccepted enter": 2, "accepted enter": 2, "offered enter": 2, "returned enter": 2,
    "returned return": 1, "incomplete enter": 1, "returned > incomplete": 1, "incomplete > returned": 1,
    "preaccepted stay": 1, "offered > returned": 1, "offered drop": 1, "approved enter": 1, "approved goal": 1,
    "approved end": 1,
}  # fmt: skip


def test_two_cases_are_counted_as_one_counts_them_by_hand(log: Path) -> None:
    found = count(Map(), read(log))
    assert EXPECTED.items() <= found.items()
    assert found["cancelled enter"] == 0, "patience of 45 days was over before"


def test_the_engine_counts_the_same(log: Path) -> None:
    assert +count(Map(), read(log)) == +counts(place(read(log)).cells)


USUAL = (
    "a_submitted", "a_preaccepted", "w_completeren_aanvraag", "a_accepted", "o_sent", "o_sent_back",
    "w_nabellen_incomplete_dossiers", "w_valideren_aanvraag", "a_approved",
)  # fmt: skip


def invented(seed: int, cases: int) -> list[Case]:
    """Cases in which anything may follow: unknown orders, equal instants, long silences, second beginnings."""
    rng, map_ = random.Random(seed), Map()
    kinds = sorted({kind for _, kind in map_.moves} | {"o_created", "w_valideren_aanvraag", "w_nabellen_offertes"})
    found = []
    for number in range(cases):
        at, events = 1_317_450_000_000 + rng.randrange(60) * DAY, list[tuple[int, str]]()
        for _ in range(rng.randrange(1, 14)):
            kind = USUAL[len(events) % len(USUAL)] if rng.random() < 0.7 else rng.choice(kinds)
            events.append((at, kind))
            at += rng.choice((0, 1, 60_000, 3_600_000, DAY, DAY, DAY, 10 * DAY, 44 * DAY, 45 * DAY, 46 * DAY))
        found.append((f"case-{seed}-{number}", apart(events)))
    return found


def test_the_engine_counts_the_same_whatever_happens() -> None:
    seen: set[str] = set()
    for seed in (1, 2, 3):
        cases = invented(seed, 150)
        ours = +count(Map(), cases)
        assert ours == +counts(place(cases).cells)
        seen |= ours.keys()
    assert {"returned return", "offered drop", "offered off_map", "accepted skip", "approved end"} <= seen


@pytest.mark.skipif(not os.environ.get("GARBO_BPI2012"), reason="GARBO_BPI2012 names no log; it may not be passed on")
def test_the_engine_counts_the_same_on_the_real_log() -> None:
    cases = list(read(Path(os.environ["GARBO_BPI2012"])))
    assert len(cases) > 4_000
    assert +count(Map(), cases) == +counts(place(cases).cells)


def test_the_independent_count_imports_nothing_of_garbo() -> None:
    imported = set[str]()
    for node in ast.walk(ast.parse(Path(bpi2012_independent.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert imported
    assert not [name for name in imported if name.partition(".")[0] in ("garbo", "benchmarks", "tests")]


def test_the_page_of_it(log: Path) -> None:
    placed = place(read(log))
    html = page(build(TITLE, [placed.plan], placed.cells, placed.until, Bar(draws=20)), "it", Bar())
    assert "Domande di prestito" in html
    assert "Nessuna causa si può nominare" in html
