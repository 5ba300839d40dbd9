"""One thing is done once: late reports, what was only shown, answers under way, a model's answer in one decision."""

from collections.abc import Mapping

from msgspec.structs import replace

from garbo.core.policy.actions import Treatment, Trigger
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.journey import TouchpointKind
from garbo.core.scoring.scorer import LATE, Estimate
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Notify
from garbo.core.vocabulary.events import HouseholdJoined, MemberUpdate
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import NeedEnd
from tests.unit.core.party.test_floor import asked, ends, report, sent
from tests.unit.core.small import SMALL, Log, action, known, outcome, touch, with_actions

ASKS = {"ask": TouchpointKind("ask", asks=True, behaviour=False)}
SHOWN = (Treatment("app", inbound=True), Treatment("email"))
VIEW, INBOUND = (Trigger("touchpoint", "view"),), (Trigger("inbound"),)
GREEDY = replace(SMALL.arbitration, exploration=0.0)
FREE = ContactPolicy(caps=(Cap("many", DAY, 9),))  # the ledger remembers a day


def test_a_failure_reported_after_the_next_try_is_not_tried_once_more() -> None:
    """The SMS is under way when the e-mail's failure is reported: no second SMS goes out."""
    log = asked()
    first = log.commands()[-1].action_id
    log.wait(4 * HOUR)
    log.happen(outcome("failed", first), MINUTE)
    assert [("answer", "email"), ("answer", "sms")] == sent(log)
    report(log, "delivered")
    assert [NeedEnd.ANSWERED] == [c.end for c in ends(log)]


def test_what_was_shown_and_failed_does_not_become_a_contact() -> None:
    offer = replace(action("offer", when=INBOUND), treatments=SHOWN)
    policy = with_actions(offer, contact=FREE, arbitration=GREEDY, touchpoints=ASKS)
    log = known(Log(policy), "own_promotion")
    log.happen(touch("ask", channel=Channel.APP))
    report(log, "failed")
    assert [("offer", "app")] == sent(log)


def test_a_rider_that_failed_does_not_become_a_contact() -> None:
    call = action("call", "service", "contract", "call_centre", when=VIEW)
    ways = (Treatment("call_centre"), Treatment("email"))
    rider = replace(action("rider", rides_on=("call_centre",), when=()), treatments=ways)
    log = known(Log(with_actions(call, rider, contact=FREE, arbitration=GREEDY)), "own_promotion")
    log.happen(touch("view", "card"))
    (command,) = log.commands()
    assert ["rider"] == [r.action for r in command.riders]
    log.happen(outcome("failed", command.action_id, "rider"), MINUTE)
    assert [("call", "call_centre")] == sent(log)


def test_what_was_not_shown_does_not_become_a_contact() -> None:
    """Two services compete for one place on a page: the other one is no e-mail a minute later."""
    two = [replace(action(name, "service", "contract", when=INBOUND), treatments=SHOWN) for name in ("a", "b")]
    log = known(Log(with_actions(*two, contact=FREE, touchpoints=ASKS)))
    log.happen(touch("ask", channel=Channel.APP))
    log.wait(HOUR)
    assert [("a", "app")] == sent(log)


def test_the_next_answer_is_about_its_own_question() -> None:
    """The first question's answer is under way: it does not lend its theme to the second one's."""
    log = asked()
    log.happen(touch("post", "loan"), MINUTE)
    log.wait(5 * MINUTE)
    assert ["card", "loan"] == [c.theme for c in log.commands()]


def test_a_brief_for_a_clerk_is_no_contact_with_the_household() -> None:
    brief = action("brief", "service", "contract", "branch", internal=True, when=VIEW)
    log = known(Log(with_actions(brief, contact=ContactPolicy(caps=(Cap("one", DAY, 1, household=True),)))))
    log.happen(HouseholdJoined("rossi", "q", "Ugo", "spouse"))
    log.happen(touch("view", "card"))
    told = [e.event.body for e in log.effects() if isinstance(e, Notify)]
    assert (["brief"], []) == (log.names(), [b for b in told if isinstance(b, MemberUpdate) and b.contact_at])


class LateAfterOne:
    """A model that answers once in time."""

    def __init__(self) -> None:
        self.asked = 0

    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        self.asked += 1
        return Estimate(0.5, 10.0, "f-1") if self.asked == 1 else LATE

    def update(self, snapshot: bytes) -> bool:
        return True

    def forget(self, family: str) -> None:
        """It has nothing to forget."""


def test_a_model_is_asked_once_a_decision_with_its_riders() -> None:
    """A replay knows who was late by the model: it cannot be in time for an offer and late for a rider."""
    call = action("call", "service", "contract", "call_centre", when=VIEW)
    rider = action("rider", channel="call_centre", rides_on=("call_centre",), when=())
    model = LateAfterOne()
    policy = with_actions(call, action("offer", when=VIEW), rider, contact=FREE, arbitration=GREEDY)
    log = known(Log(policy, model), "own_promotion", "profiling")
    log.happen(touch("view", "card"))
    assert (1, ["rider"]) == (model.asked, [r.action for r in log.commands()[-1].riders])
