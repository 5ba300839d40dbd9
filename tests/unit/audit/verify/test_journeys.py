"""I24: what the checker says about a map that does not add up."""

from collections.abc import Callable

import pytest

from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.chaos import bugs
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded, populated

AT = 5_000_000


def violations(run: Recorded) -> list[str]:
    (result,) = (j for j in run.report().results if j.name == "I24")
    assert result.checked
    return result.violations


def told(run: Recorded, *facts: Flow) -> list[str]:
    for fact in facts:
        run.append("journey-flows", fact.party.encode(), run.codec.encode(fact))
    return violations(run)


def fact(kind: FlowKind, origin: str = "", target: str = "", sign: int = 1) -> Flow:
    return Flow("p", AT, "journey", origin, target, "visit", 0, kind, "card", sign)


def test_a_town_adds_up() -> None:
    assert violations(populated()) == []


def test_a_drop_out_that_is_not_told_is_seen() -> None:
    run = populated()
    run.remove("journey-flows", lambda r: run.codec.flow(r.value or b"").kind is FlowKind.DROP)
    (violation,) = violations(run)
    assert "1 by entries less exits" in violation or "persons stand there" in violation


def test_an_entry_that_nobody_made_is_seen() -> None:
    (violation,) = told(populated(), fact(FlowKind.ENTER, target="enquiry"))
    assert violation.startswith("card/enquiry: ")


def test_what_was_never_told_cannot_be_taken_back() -> None:
    found = told(populated(), fact(FlowKind.ENTER, target="limbo", sign=-1))
    assert len(found) == 2
    assert "was taken back that was never said" in found[1]


def test_value_that_no_contact_delivered_is_seen() -> None:
    def delivered(kind: FlowKind, value: int, quality: str, trigger: str = "accepted") -> Flow:
        return Flow(
            "p", AT, "journey", "enquiry", "", trigger, 0, kind, "card", quality=quality, action="gift",
            value_customer=value,
        )  # fmt: skip

    yes, failed = (delivered(FlowKind.RESPONSE, v, q) for v, q in ((500, "positive"), (-500, "")))
    assert told(populated(), yes, failed) == []
    assert told(populated(), yes) == ["gift delivered its value 1 times in 0 contacts"]
    assert "were taken back that were never delivered" in told(populated(), failed)[0]
    (early, _) = told(populated(), delivered(FlowKind.CONTACT, 500, "", "marketing"))
    assert early == "gift is an offer, and delivered its value 1 times before anybody said yes"


def test_other_facts_move_nobody() -> None:
    others = (FlowKind.STAY, FlowKind.SKIP, FlowKind.GOAL, FlowKind.RETURN, FlowKind.CONTACT, FlowKind.TOO_LATE)
    assert told(populated(), *(fact(kind, "enquiry", "proposal") for kind in others)) == []


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    for place, name in bugs.REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    return bugs.install


@pytest.mark.parametrize(
    ("bug", "says"),
    [("corrections_untold", "entries less exits"), ("offers_deliver_at_once", "before anybody said yes")],
)
def test_a_seeded_bug_is_found(install: Callable[[str], None], bug: str, says: str) -> None:
    install(bug)
    facts = list(world(7, 60, 20, late=0.2))
    driver = Driver(bank())
    for message in facts:
        driver.send(message)
    driver.tick(facts[-1].at + 7 * DAY)
    assert any(says in violation for violation in violations(Recorded(driver)))
