"""The decision's seeded bugs on the traffic of a fault run: the broken invariant reports each bug, without faults."""

from collections.abc import Callable
from itertools import islice

import pytest

from garbo.testing.driver import Driver
from tests.chaos import bugs
from tests.chaos.traffic import Traffic
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A bug patches its whole process; here the patches are undone after the test."""
    for place, name in bugs.REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    return bugs.install


@pytest.mark.parametrize(
    ("bug", "broken"),
    [
        ("dedupe_off", "I8"),
        ("caps_off", "I3"),
        ("consent_off", "I4"),
        ("personal_data_ignored", "I4"),
        ("answered_at_emission", "I16"),
        ("hold_out_ignored", "I17"),
        ("objection_ignored", "I19"),
    ],
)
def test_a_seeded_bug_is_reported(install: Callable[[str], None], bug: str, broken: str) -> None:
    install(bug)
    driver, last = Driver(bank()), 0
    for message in islice(Traffic(3, 200, 60, driver.codec), 6_000):
        driver.wall_ms = last = message.at  # so that a hostile message from the future is refused, as in a live run
        driver.send_raw(message.topic, message.key, message.value)
    driver.wall_ms = last + 7 * DAY
    driver.tick(driver.wall_ms)
    report = Recorded(driver).report()
    assert broken in {j.name for j in report.results if j.violations}


def test_an_unknown_bug_is_refused() -> None:
    with pytest.raises(ValueError, match="no bug caps_of;"):
        bugs.install("caps_of")
