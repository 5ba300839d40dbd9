"""The checker finds a bug of the engine in the engine's output alone."""

import pytest

from garbo.core import decide
from garbo.core.gates import gates
from garbo.core.vocabulary.reasons import ALLOWED
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded


def violated(*, twice: bool = False) -> set[str]:
    """The violated invariants after a month; twice: resolve forwards every fourth event again, as after a crash."""
    driver = Driver(bank())
    facts = list(world(7, 150, 30))
    for fact in facts:
        driver.send(fact)
    driver.tick(facts[-1].at + 7 * DAY)
    if twice:
        for record in driver.log["party-events"][::4]:
            if driver.codec.party_event(record).source is not None:
                driver.send_raw("party-events", record.key, record.value)
    return {j.name for j in Recorded(driver).report().results if j.violations}


def test_engine_without_a_bug_survives_a_second_forwarding() -> None:
    assert set() == violated(twice=True)


def test_caps_switched_off_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.contact_policy, "check", lambda *_, **__: ALLOWED)
    assert {"I3"} == violated()


def test_consent_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates.consent, "permits", lambda *_, **__: ALLOWED)
    assert {"I4"} == violated()


def test_dedupe_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "already_applied", lambda *_: False)
    assert "I8" in violated(twice=True)
