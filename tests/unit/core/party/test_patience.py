"""Patience: how long a party may have no contact in a stage."""

from msgspec.structs import replace

from garbo.core.party import clock
from garbo.core.policy.actions import Trigger
from garbo.core.policy.compiled import compiled
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.policy import Arbitration
from garbo.core.vocabulary.instants import DAY
from tests.unit.core.small import SMALL, Log, action, known, one_journey, touch, view

GREETING = action("greeting", "service", "contract", when=(Trigger("touchpoint", "branch_visit"),))
POLICY = compiled(
    replace(
        SMALL,
        actions={"greeting": GREETING},
        contact=ContactPolicy(),
        arbitration=Arbitration(),
        journeys=one_journey({"looking": 14 * DAY, "asking": 0}),
    )
)


def asked(log: Log) -> list[int]:
    """Days after the first view at which patience was exhausted."""
    records = [r for r in log.records() if r.event_kind == "patience"]
    return [(r.at - log.clock[0]) // DAY for r in records]


def test_the_ledger_remembers_a_contact_for_as_long_as_patience_looks_back() -> None:
    """No cap looks back for 14 days here: the contact of day 10 left the ledger with the next event, and patience
    counted from the entry into the stage."""
    log = known(Log(POLICY))
    log.happen(view("card"))
    log.happen(touch("branch_visit"), 10 * DAY)
    assert log.names() == ["greeting"]
    log.happen(view("card"), 2 * DAY)
    log.wait(20 * DAY)
    assert asked(log) == [24]


def test_beyond_patience_lasts_until_a_contact_or_another_stage() -> None:
    log = known(Log(POLICY))
    log.happen(view("card"))
    log.wait(14 * DAY - 1)
    assert clock.beyond_patience(log.party()) == ""
    log.wait(1)
    assert clock.beyond_patience(log.party()) == "looking"
    log.happen(touch("branch_visit"), DAY)
    assert clock.beyond_patience(log.party()) == ""
    log.happen(touch("post", "card"), 20 * DAY)
    assert (log.party().stage, clock.beyond_patience(log.party())) == ("asking", "")
