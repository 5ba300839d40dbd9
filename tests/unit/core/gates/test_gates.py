"""Gates: in their order, the first that blocks speaks; a reason never betrays what consent forbids us to look at."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from garbo.core.party.state import Contact, Party, Timer, encode
from garbo.core.policy.actions import ActionClass, Trigger
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Exclusion, QuietHours, Sequence, Spacing
from garbo.core.policy.policy import HoldOut
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.events import Identifier, PartyEvent, ProfileUpdate, Value
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import NOON, SMALL, Log, action, consent, contact, known, outcome, touch, view, with_actions


def no(values: Mapping[str, Value]) -> bool:
    return False


def bug(values: Mapping[str, Value]) -> bool:
    return bool(values["no such variable"])


CLOSED = QuietHours(0, 0, tuple(range(7)))
# Every gate, in order, and what makes it block while all later ones block as well.
ORDER = [
    (Reason.CONSENT_DENIED, "own_promotion"),
    (Reason.HELD_OUT, ""),
    (Reason.EXPIRED, "valid_until"),
    (Reason.LATE, "latency_budget"),
    (Reason.NOT_ELIGIBLE, ""),
    (Reason.NOT_SUITABLE, ""),
    (Reason.RULE_ERROR, "value_company: KeyError"),
    (Reason.ALREADY_PLANNED, "deliver"),
    (Reason.OBJECTED, ""),
    (Reason.SUPPRESSED, "refused"),
    (Reason.UNREACHABLE, "email"),
    (Reason.NO_OPENING, "email"),
    (Reason.COOLDOWN, "offer"),
    (Reason.CAP_REACHED, "cap"),
    (Reason.SPACING, "gap"),
    (Reason.SEQUENCE, "sequence"),
    (Reason.EXCLUSION, "exclusion"),
    (Reason.NO_CAPACITY, f"email:{NOON // DAY}"),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_first_gate_that_blocks_gives_the_reason(first: int) -> None:
    """All gates from the n-th on would block: the n-th speaks, and nothing is said of the others."""
    blocks = {reason for reason, _ in ORDER[first:]}

    def if_(reason: Reason, value: object, otherwise: object) -> object:
        return value if reason in blocks else otherwise

    offer = action(
        "offer", when=(Trigger("touchpoint", "view"),), perishable=True,
        eligibility=if_(Reason.NOT_ELIGIBLE, no, None), suitability=if_(Reason.NOT_SUITABLE, no, None),
        latency_budget=if_(Reason.LATE, 0, 1000), cooldown=if_(Reason.COOLDOWN, DAY, 0),
        valid_until=if_(Reason.EXPIRED, NOON, 0), value_company=if_(Reason.RULE_ERROR, bug, 10.0),
    )  # fmt: skip
    policy = ContactPolicy(
        caps=(Cap("cap", DAY, 1),) if Reason.CAP_REACHED in blocks else (),
        spacings=(Spacing("gap", DAY),) if Reason.SPACING in blocks else (),
        sequences=(Sequence("sequence", "other", "offer", DAY),) if Reason.SEQUENCE in blocks else (),
        exclusions=(Exclusion("exclusion", ("offer", "other"), DAY),) if Reason.EXCLUSION in blocks else (),
        suppressions=SMALL.contact.suppressions,
        quiet_hours={"email": CLOSED} if Reason.NO_OPENING in blocks else {},
    )
    made = Contact(NOON - 1, "email", "offer", "marketing", "own_promotion", "card", "")
    row = Party(
        "p",
        identifiers=[] if Reason.UNREACHABLE in blocks else [("email", "a@b.c")],
        objections={"email": NOON} if Reason.OBJECTED in blocks else {},
        suppressions={"refused|topic:card": NOON + DAY} if Reason.SUPPRESSED in blocks else {},
        contacts=[made, replace(made, action="other")],
        timers=[Timer("t", NOON + DAY, "deliver", "offer", "", "a-9")] if Reason.ALREADY_PLANNED in blocks else [],
    )
    log = Log(
        with_actions(
            offer,
            contact=policy,
            hold_out=HoldOut(share=1.0 if Reason.HELD_OUT in blocks else 0.0),
            channels={"email": ChannelPolicy("email", capacity=Capacity(0))} if Reason.NO_CAPACITY in blocks else {},
        )
    )
    if Reason.CONSENT_DENIED not in blocks:
        log.happen(consent("personal_data"))
        log.happen(consent("own_promotion"))
        row.consents = log.party().consents
    log.rows["p"] = encode(row)
    log.happen(view())
    reason, detail = ORDER[first]
    detail = "personal_data" if reason is Reason.CONSENT_DENIED else detail
    assert (Blocked("offer", reason, detail),) == log.records()[-1].blocked


def test_rule_that_fails_holds_the_action_back() -> None:
    """A bug of the analyst's never reaches the customer."""
    log = known(
        Log(with_actions(action("offer", eligibility=bug, when=(Trigger("touchpoint", "view"),)))), "own_promotion"
    )
    log.happen(view())
    assert (Blocked("offer", Reason.RULE_ERROR, "eligibility: KeyError"),) == log.records()[-1].blocked


@pytest.mark.parametrize("held", list(ActionClass))
def test_no_class_bypasses_consent(held: ActionClass) -> None:
    """Mandatory and service bypass arbitration, never consent."""
    log = known(Log(with_actions(action("a", held.value, when=(Trigger("touchpoint", "view"),)))))
    log.happen(view())
    assert (Blocked("a", Reason.CONSENT_DENIED, "own_promotion"),) == log.records()[-1].blocked


def reached_on(channel: str, *addresses: Identifier) -> Log:
    """Somebody with these addresses gives occasion for a service message on `channel`."""
    message = action("a", "service", "contract", channel, when=(Trigger("touchpoint", "view"),))
    log = Log(with_actions(message))
    if addresses:
        known(log, identifiers=addresses)
    log.happen(view())
    return log


ADDRESS = {name: word.addresses for name, word in DEFAULT.channels.items() if word.addresses}


@pytest.mark.parametrize("channel", ADDRESS)
def test_channel_that_needs_an_address_is_unreachable_without(channel: str) -> None:
    log = reached_on(channel)
    assert (Blocked("a", Reason.UNREACHABLE, channel),) == log.records()[-1].blocked


@pytest.mark.parametrize(("channel", "kind"), [(channel, kind) for channel, kinds in ADDRESS.items() for kind in kinds])
def test_every_kind_of_address_reaches_its_channel(channel: str, kind: str) -> None:
    log = reached_on(channel, Identifier(kind, "here"))
    assert ["here"] == [command.address for command in log.commands()]


@pytest.mark.parametrize("channel", [channel for channel, kinds in ADDRESS.items() if len(kinds) > 1])
def test_the_better_kind_of_address_is_used_and_of_one_kind_the_latest(channel: str) -> None:
    better, worse = ADDRESS[channel]
    held = (Identifier(better, "old"), Identifier(better, "new"), Identifier(worse, "worse"))
    assert ["new"] == [command.address for command in reached_on(channel, *held).commands()]


@pytest.mark.parametrize("channel", [channel.value for channel in Channel if channel.value not in ADDRESS])
def test_channel_that_needs_no_address_reaches_everybody(channel: str) -> None:
    assert [("a", "")] == [(command.action, command.address) for command in reached_on(channel).commands()]


def test_internal_action_needs_no_address_and_no_room() -> None:
    """A brief for the branch goes out at night, unreachable, under any cap: it is no contact."""
    brief = action("brief", "service", "contract", "call_centre", internal=True, when=(Trigger("touchpoint", "view"),))
    log = Log(with_actions(brief), at=NOON + 12 * HOUR)
    log.happen(view())
    assert (["brief"], [], "") == (log.names(), log.party().contacts, log.commands()[0].address)


# ---- candidates ----------------------------------------------------------------------------------------------------


def sent(log: Log) -> Log:
    """An SMS offer about a loan went out at noon."""
    known(log, "own_promotion", "profiling")
    log.happen(view("loan"))
    if log.names() != ["offer_sms"]:  # exploration chose otherwise: another event, another seed
        raise AssertionError(log.names())
    return log


NOT_SILENT = Blocked("offer_call", Reason.CONDITION, "after_action offer_sms")


def competed(log: Log) -> set[str]:
    """Who reached the gates of the last decision."""
    record = log.records()[-1]
    return {s.action for s in record.scored} | {b.action for b in record.blocked if b.reason is not Reason.CONDITION}


NO_CHANCE = with_actions(*SMALL.actions.values(), arbitration=replace(SMALL.arbitration, exploration=0.0))


@pytest.mark.parametrize(
    ("after", "calls"),
    [(30 * MINUTE, False), (HOUR - 1, False), (HOUR, True), (3 * DAY, True), (9 * DAY, True), (9 * DAY + 1, False)],
)
def test_silence_plus_a_visit_escalates_within_its_span(after: int, calls: bool) -> None:
    """`after_min` and `after_max` inclusive, from the moment the contact was made."""
    log = sent(Log(NO_CHANCE))
    log.happen(view("loan"), after)
    assert calls != (NOT_SILENT in log.records()[-1].blocked)
    assert calls == ("offer_call" in competed(log))


@pytest.mark.parametrize("status", ["accepted", "refused", "no_answer", "complaint", "unsubscribed", "failed"])
def test_answered_contact_is_no_silence(status: str) -> None:
    log = sent(Log(NO_CHANCE))
    log.happen(outcome(status, action="offer_sms"), MINUTE)
    log.happen(view("loan"), 2 * DAY)
    assert NOT_SILENT in log.records()[-1].blocked
    assert "offer_call" not in competed(log)


@pytest.mark.parametrize("status", ["delivered", "opened", "clicked"])
def test_delivery_is_no_answer(status: str) -> None:
    log = sent(Log(NO_CHANCE))
    log.happen(outcome(status, action="offer_sms"), MINUTE)
    log.happen(view("loan"), 2 * DAY)
    assert "offer_call" == log.records()[-1].chosen


def test_theme_of_another_kind_is_no_candidate() -> None:
    log = known(Log(), "own_promotion")
    log.happen(view("somewhere else"))
    assert ((), ()) == (log.records()[-1].scored, log.records()[-1].blocked)


def test_outcome_triggers_what_names_its_action_only() -> None:
    log = known(Log(), "own_promotion")
    log.happen(outcome("accepted", action="offer_email"))
    log.happen(outcome("accepted", action="offer_call"))
    assert ["brief"] == log.names()


def test_action_asked_for_twice_is_one_candidate() -> None:
    twice = action("twice", when=(Trigger("touchpoint", "view"), Trigger("touchpoint", "view", theme="card")))
    log = known(Log(with_actions(twice)), "own_promotion")
    log.happen(view("card"))
    assert 1 == len(log.records()[-1].scored)


# ---- riders --------------------------------------------------------------------------------------------------------


def test_rider_goes_with_a_service_call_and_is_no_contact_more() -> None:
    """Same id, same call: in the ledger as a rider, and no pressure added."""
    log = known(Log(NO_CHANCE), "own_promotion", "profiling")
    log.happen(touch("complaint", "card"))
    (call,) = log.commands()
    assert ("apology", ["rider_card"]) == (call.action, [r.action for r in call.riders])
    assert [("apology", False, call.action_id), ("rider_card", True, call.action_id)] == [
        (c.action, c.rider, c.action_id) for c in log.party().contacts
    ]
    assert 3.0 == log.party().pressure


def test_rider_never_goes_alone() -> None:
    log = known(
        Log(with_actions(action("r", rides_on=("email",), when=(Trigger("touchpoint", "view"),)))), "own_promotion"
    )
    log.happen(view())
    assert ([], ()) == (log.names(), log.records()[-1].scored)


def test_rider_without_consent_leaves_the_call_service_only() -> None:
    log = known(Log())
    log.happen(touch("complaint", "card"))
    assert [("apology", ())] == [(c.action, c.riders) for c in log.commands()]
    assert {"rider_card", "rider_loan"} == {b.action for b in log.records()[-1].blocked}


def test_rider_over_its_themes_cap_stays_at_home() -> None:
    """Two loan contacts within a day: a third, riding, is one too many; the other rider may go."""
    log = known(Log(NO_CHANCE), "own_promotion", "profiling")
    for _ in range(2):
        log.happen(contact(Channel.EMAIL, "loan"))
    log.happen(touch("complaint", "card"))
    assert Blocked("rider_loan", Reason.CAP_REACHED, "loans") in log.records()[-1].blocked
    assert ["rider_card"] == [r.action for r in log.commands()[0].riders]


def test_rider_does_not_ride_on_a_call_planned_for_later() -> None:
    """At night the apology waits for nine o'clock: what rides on it is decided then."""
    log = Log(NO_CHANCE, at=NOON + 9 * HOUR)
    known(log, "own_promotion", "profiling")
    log.happen(touch("complaint", "card"))
    assert () == log.records()[-1].riders
    log.wait(DAY)
    assert 1 == len(log.commands()[0].riders)


def test_event_without_any_candidate_is_recorded_as_silence() -> None:
    log = Log()
    effects = log.take(PartyEvent("e", "p", NOON, touch("nothing special")))
    (record,) = effects
    assert ("", 1.0, ()) == (record.chosen, record.silence_probability, record.scored)  # type: ignore[union-attr]


def night(values: Mapping[str, Value]) -> bool:
    return int(values["hour"]) >= 22


def test_rule_on_the_hour_holds_back_where_the_zone_is_unknown() -> None:
    """What cannot be known is held back; the event itself is decided."""
    offer = action("offer", eligibility=night, when=(Trigger("touchpoint", "view"),))
    log = known(Log(with_actions(offer, variables=frozenset({"hour"}))), "own_promotion")
    log.happen(ProfileUpdate(zone="Mars/Olympus"))
    log.happen(view())
    assert (Blocked("offer", Reason.RULE_ERROR, "eligibility: KeyError"),) == log.records()[-1].blocked


class Clauses:
    """A rule that names its false clause, as the policy's compiled rules do."""

    def __init__(self, *false: str) -> None:
        self.false = false

    def __call__(self, values: Mapping[str, Value]) -> bool:
        return not self.false

    def failing(self, values: Mapping[str, Value]) -> str:
        return self.false[0]


def test_a_rule_that_can_names_the_clause_that_was_false() -> None:
    offer = action("offer", when=(Trigger("touchpoint", "view"),), eligibility=Clauses("age > 18", "campaign <= 6"))
    log = known(Log(with_actions(offer)), "own_promotion")
    log.happen(view())
    assert log.records()[-1].blocked == (Blocked("offer", Reason.NOT_ELIGIBLE, "age > 18"),)
