"""On which channel an action is made: where the customer is, last answered, declared; then the policy's order."""

import pytest
from msgspec.structs import replace

from garbo.core.policy.actions import Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.journey import TouchpointKind
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.events import ProfileUpdate
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import SMALL, Log, action, known, outcome, touch, with_actions

WAYS = (Treatment("sms"), Treatment("email"), Treatment("app"))
DECLARED = {**SMALL.attributes, "preferred_channel": Attribute("preferred_channel", "string", "")}


def bank(**changed: object) -> Log:
    offer = replace(action("offer", when=(Trigger("touchpoint", "look"),)), treatments=WAYS)
    given = {"contact": ContactPolicy(), "attributes": DECLARED, **changed}
    policy = with_actions(offer, arbitration=replace(SMALL.arbitration, exploration=0.0), **given)
    return known(Log(policy), "own_promotion")


def test_the_policys_order_comes_last() -> None:
    log = bank()
    log.happen(touch("look", "card", Channel.WEB))
    assert ["sms"] == [c.channel for c in log.commands()]


def test_declared_then_answered_then_here() -> None:
    log = bank()
    log.happen(ProfileUpdate(attributes={"preferred_channel": "app"}))
    log.happen(touch("look", "card", Channel.WEB))
    log.happen(outcome("clicked", action="newsletter", channel=Channel.EMAIL))  # of another system's e-mail
    log.happen(touch("look", "card", Channel.WEB))
    log.happen(touch("look", "card", Channel.SMS))
    assert ["app", "email", "sms"] == [c.channel for c in log.commands()]


def test_a_treatment_held_back_leaves_the_next_one_and_says_why() -> None:
    log = bank(contact=ContactPolicy(caps=(Cap("no_sms", 1000, 0, channels=("sms",)),)))
    log.happen(touch("look", "card", Channel.WEB))
    assert ["email"] == [c.channel for c in log.commands()]
    assert (Blocked("offer", Reason.CAP_REACHED, "no_sms", "sms"),) == log.records()[-1].blocked


def test_one_line_when_all_treatments_share_the_reason_one_each_when_not() -> None:
    log = bank(contact=ContactPolicy(caps=(Cap("none", 1000, 0),)))
    log.happen(touch("look", "card", Channel.WEB))
    assert (Blocked("offer", Reason.CAP_REACHED, "none"),) == log.records()[-1].blocked
    log = bank(channels={w.channel: ChannelPolicy(w.channel, capacity=Capacity(0)) for w in WAYS})
    log.happen(touch("look", "card", Channel.WEB))
    assert ["sms", "email", "app"] == [b.channel for b in log.records()[-1].blocked]


@pytest.mark.parametrize(("public", "channel"), [(True, "social"), (False, "email")])
def test_what_was_said_in_private_gets_a_private_answer(public: bool, channel: str) -> None:
    """A public reply names what was asked: it is for what was asked in public."""
    reply = action(
        "reply", "service", "service_request", theme="", answers=("request",), when=(Trigger("need", "request"),)
    )
    reply = replace(reply, treatments=(Treatment("social", public=True), Treatment("email")))
    policy = with_actions(
        reply, contact=ContactPolicy(), touchpoints={"form": TouchpointKind("form", public=public)},
        needs={"request": replace(SMALL.needs["request"], gather=0)},
    )  # fmt: skip
    log = known(Log(policy))
    log.happen(touch("form", "card", Channel.SOCIAL))
    assert [channel] == [c.channel for c in log.commands()]
    if not public:
        assert (Blocked("reply", Reason.PUBLIC, "social", "social"),) == log.records()[-1].blocked


def test_one_private_signal_makes_a_need_private() -> None:
    reply = action("reply", "service", "service_request", theme="", answers=("question", "request"),
                   when=(Trigger("need", "question"), Trigger("need", "request")))  # fmt: skip
    reply = replace(reply, treatments=(Treatment("social", public=True), Treatment("email")))
    policy = with_actions(reply, contact=ContactPolicy(), touchpoints={"post": TouchpointKind("post", public=True)})
    log = known(Log(policy))
    log.happen(touch("post", "card", Channel.SOCIAL))
    log.happen(touch("form", "card"))
    log.wait(3_600_000)
    assert ["email"] == [c.channel for c in log.commands()]
