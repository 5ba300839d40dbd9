"""An engine with a bug in it is found out by what it writes: the checker knows by itself, not by asking the engine."""

import pytest

from garbo.core import decide
from garbo.core.gates import gates
from garbo.core.vocabulary.reasons import ALLOWED
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded


def lived(*, twice: bool = False) -> set[str]:
    """What is violated after a month; twice: resolve forwards every fourth event once more, as after a crash."""
    driver = Driver(bank())
    facts = list(world(7, 150, 30))
    for fact in facts:
        driver.send(fact)
    driver.tick(facts[-1].at + 7 * DAY)
    if twice:
        for record in driver.log["party-events"][::4]:
            if driver.codec.party_event(record).source is not None:
                driver.send_raw("party-events", record.key, record.value)
    return {j.name for j in Recorded(driver).judged().judged if j.violations}


def test_engine_without_a_bug_bears_a_second_forwarding() -> None:
    assert set() == lived(twice=True)


def test_caps_switched_off_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.contact_policy, "check", lambda *_, **__: ALLOWED)
    assert {"I3"} == lived()


def test_consent_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.consent, "permits", lambda *_, **__: ALLOWED)
    assert {"I4"} == lived()


def test_dedupe_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "already_applied", lambda *_: False)
    assert "I8" in lived(twice=True)
