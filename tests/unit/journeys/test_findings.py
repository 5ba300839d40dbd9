"""What is written on journey-findings: once for each change."""

from msgspec.structs import replace

from garbo.core.vocabulary.effects import JourneyFinding
from garbo.journeys.drift import DWELL, Drift, Period
from garbo.journeys.finding import Finding
from garbo.journeys.findings import changes, key_of, latest, of_drift, of_narrowing
from garbo.journeys.jackknife import Estimate

FOUND = Finding("card", "enquiry", "cap", 0.2, 0.15, 0.25, 0.1, 0.3, 0.99, 0.9, 0.4, 0.1, "email", "", "weekly", 900)
NARROW = of_narrowing(FOUND, 5_000, 1_000, 4_000, "p1")
CHANGED = Drift("card", "proposal", DWELL, 10.0, 20.0, Estimate(1.0, 0.6, 1.5), 0.998, 700, Period(0, 2_000, 4_000))
DRIFTED = of_drift(CHANGED, 5_000, "p1")


def after(before: dict[str, JourneyFinding], *claimed: JourneyFinding, at: int = 9_000) -> list[JourneyFinding]:
    return changes(before, claimed, {"card"}, at)


def test_a_finding_says_what_was_found() -> None:
    assert (NARROW.kind, NARROW.status, NARROW.effect, NARROW.band_high) == ("narrowing", "open", 0.2, 0.3)
    assert (NARROW.detail, NARROW.channel, NARROW.visits, NARROW.association) == ("weekly", "email", 900, False)
    assert key_of(NARROW) == "card|enquiry|cap"
    assert (DRIFTED.kind, DRIFTED.effect, DRIFTED.usual, DRIFTED.share) == ("drift", 1.0, 10.0, 20.0)
    assert (DRIFTED.low, DRIFTED.high, DRIFTED.sure, key_of(DRIFTED)) == (0.6, 1.5, 0.998, "card|proposal|dwell")


def test_the_same_analysis_twice_writes_nothing() -> None:
    first = after({}, NARROW, DRIFTED)
    assert [f.version for f in first] == [1, 1]
    assert after(latest(first), replace(NARROW, at=8_000), replace(DRIFTED, at=8_000)) == []


def test_what_changes_gets_the_next_version() -> None:
    first = latest(after({}, NARROW))
    (second,) = after(first, replace(NARROW, effect=0.21))
    assert (second.version, second.effect) == (2, 0.21)
    assert latest([*first.values(), second]) == {"card|enquiry|cap": second}


def test_what_is_no_longer_claimed_closes_once_and_may_open_again() -> None:
    first = latest(after({}, NARROW))
    (closed,) = after(first)
    assert (closed.status, closed.version, closed.at, closed.effect) == ("closed", 2, 9_000, 0.2)
    assert after(latest([closed])) == []
    (again,) = after(latest([closed]), NARROW)
    assert (again.status, again.version) == ("open", 3)


def test_a_journey_that_was_not_looked_at_keeps_its_findings() -> None:
    before = latest(after({}, replace(NARROW, journey="pension")))
    assert after(before) == []
