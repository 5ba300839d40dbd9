"""Contacts about what a person merely looked at."""

from msgspec.structs import replace

from garbo.core.policy.actions import Placement, Treatment, Trigger
from garbo.core.policy.contact_policy import Remarketing
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import CONTACT, NOON, Log, action, consent, known, outcome, view, with_actions

LOOK = Trigger("touchpoint", "view", theme="=", behavioural=True)


def test_the_delay_after_a_look_counts_once_and_the_plan_is_then_carried_out() -> None:
    """Counted again at each confirmation, it put the contact off for ever: Antonio was never called."""
    offer = action("offer", when=(LOOK,))
    limits = Remarketing(2, 30 * DAY, 30 * MINUTE, 2, 30 * DAY)
    log = known(Log(with_actions(offer, contact=replace(CONTACT, remarketing=limits))), "own_promotion", "profiling")
    log.happen(view())
    log.wait(5 * HOUR)
    assert [("offer", NOON + 30 * MINUTE)] == [(c.action, c.at) for c in log.commands()]


def test_offer_about_a_look_that_failed_stays_one_on_its_next_channel() -> None:
    """The e-mail bounced, the SMS arrived: that is the one offer about a look in the window."""
    offer = action("offer", when=(LOOK,), treatments=(Treatment("email"), Treatment("sms")))
    limits = Remarketing(1, 30 * DAY, 30 * MINUTE)
    log = known(Log(with_actions(offer, contact=replace(CONTACT, remarketing=limits))), "own_promotion", "profiling")
    log.happen(view())
    log.wait(HOUR)
    log.happen(outcome("failed", log.commands()[0].action_id, "offer"))
    assert [("email", 30 * MINUTE), ("sms", HOUR)] == [(c.channel, c.at - NOON) for c in log.commands()]
    log.happen(view(), 2 * DAY)
    assert (Blocked("offer", Reason.CAP_REACHED, "remarketing"),) == log.records()[-1].blocked


def test_plan_that_behaviour_made_needs_profiling_when_it_is_made_too() -> None:
    """Not a look: the second acceptance in a month. Profiling was withdrawn before the plan was due."""
    again = Trigger("outcome", "accepted", behavioural=True)
    offer = action("offer", when=(again,), placement=Placement(delay=HOUR))
    log = known(Log(with_actions(offer)), "own_promotion", "profiling")
    log.happen(outcome("accepted", action="another"))
    log.happen(consent("profiling", granted=False), MINUTE)
    log.wait(2 * HOUR)
    assert [] == log.names()
    (record,) = [r for r in log.records() if r.confirmation]
    assert (Blocked("offer", Reason.CONSENT_DENIED, "profiling"),) == record.blocked
