"""The decision's seeded bugs on the traffic of a fault run: the broken invariant reports each bug, without faults."""

from collections.abc import Callable
from itertools import islice

import pytest

from garbo.core import decide
from garbo.core.gates import contact_policy
from garbo.core.party import consent
from garbo.testing.driver import Driver
from tests.chaos import bugs
from tests.chaos.traffic import Traffic
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A bug patches its whole process; here the patches are undone after the test."""
    for place, name in ((decide, "already_applied"), (contact_policy, "check"), (consent, "permits")):
        monkeypatch.setattr(place, name, getattr(place, name))
    return bugs.install


@pytest.mark.parametrize(("bug", "broken"), [("dedupe_off", "I8"), ("caps_off", "I3"), ("consent_off", "I4")])
def test_a_seeded_bug_is_reported(install: Callable[[str], None], bug: str, broken: str) -> None:
    install(bug)
    driver, last = Driver(bank()), 0
    for message in islice(Traffic(3, 200, 60, driver.codec), 6_000):
        driver.send_raw(message.topic, message.key, message.value)
        last = message.at
    driver.tick(last + 7 * DAY)
    report = Recorded(driver).report()
    assert broken in {j.name for j in report.results if j.violations}


def test_an_unknown_bug_is_refused() -> None:
    with pytest.raises(ValueError, match="no bug caps_of;"):
        bugs.install("caps_of")
