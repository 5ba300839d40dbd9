"""Contacts about what a person merely looked at."""

from msgspec.structs import replace

from garbo.core.policy.actions import Trigger
from garbo.core.policy.contact_policy import Remarketing
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from tests.unit.core.small import CONTACT, NOON, Log, action, known, view, with_actions


def test_the_delay_after_a_look_counts_once_and_the_plan_is_then_carried_out() -> None:
    """Counted again at each confirmation, it put the contact off for ever: Antonio was never called."""
    offer = action("offer", when=(Trigger("touchpoint", "view", theme="=", behavioural=True),))
    limits = Remarketing(2, 30 * DAY, 30 * MINUTE, 2, 30 * DAY)
    log = known(Log(with_actions(offer, contact=replace(CONTACT, remarketing=limits))), "own_promotion", "profiling")
    log.happen(view())
    log.wait(5 * HOUR)
    assert [("offer", NOON + 30 * MINUTE)] == [(c.action, c.at) for c in log.commands()]
