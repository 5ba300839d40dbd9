"""The script that lays BPI 2012 on its map, with a log of two cases; the real log is not in the repository."""

import gzip
from pathlib import Path

import pytest

from benchmarks.bpi2012 import MAP, TITLE, Map, cells, counts
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


def test_two_cases(log: Path) -> None:
    found = counts(cells(Map(MAP), log)[0])
    expected = {
        "submitted enter": 2, "preaccepted enter": 2, "accepted enter": 2, "offered enter": 2, "returned enter": 2,
        "returned return": 1, "incomplete enter": 1, "returned > incomplete": 1, "incomplete > returned": 1,
        "preaccepted stay": 1, "offered > returned": 1, "offered drop": 1, "approved enter": 1, "approved goal": 1,
        "approved end": 1,
    }  # fmt: skip
    assert expected.items() <= found.items()
    assert found["cancelled enter"] == 0, "patience of 45 days was over before"


def test_the_page_of_it(log: Path) -> None:
    map_ = Map(MAP)
    found, until = cells(map_, log)
    html = page(build(TITLE, [map_.plan], found, until, Bar(draws=20)), "it", Bar())
    assert "Domande di prestito" in html
    assert "Nessuna causa si può nominare" in html
