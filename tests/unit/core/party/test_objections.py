"""Who objects to marketing gets none on that channel, in whatever order the events come, until a later consent."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.party import objections
from garbo.core.party.merge import merge
from garbo.core.party.objections import EVERY, invite, meant, object_to, objected
from garbo.core.party.row_check import fault
from garbo.core.party.state import INVITATIONS, OBJECTIONS, Consent, Party, decode, encode
from garbo.core.policy.actions import FollowUp, Placement, Trigger
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.vocabulary import DEFAULT, Meaning, Purpose
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Blocked, Objection
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, PartyMerged, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import NOON, SMALL, Log, action, consent, known, outcome, small_actions, touch, view

VIEW = (Trigger("touchpoint", "view"),)
KINDS = {
    "view": TouchpointKind("view", behaviour=False),
    "stop": TouchpointKind("stop", objects=True, behaviour=False),
    "slot": TouchpointKind("slot", asks=True, behaviour=False),
}


def policy(*actions: Any, **more: Any) -> CompiledPolicy:
    return compiled(replace(SMALL, actions={a.name: a for a in actions}, touchpoints=KINDS, **more))


OFFERS = policy(
    action("by_email", when=VIEW),
    action("by_sms", channel="sms", when=VIEW, value_company=5.0),
    action("in_app", channel="app", inbound=True, when=(Trigger("inbound"),)),
    action("news", "service", "contract", channel="push", when=(Trigger("touchpoint", "fraud"),)),
)


def stop(channel: Channel = Channel.EMAIL, named: str = "") -> Touchpoint:
    return touch("stop", channel=channel, attributes={"channel": named} if named else {})


def customer(given: CompiledPolicy = OFFERS) -> Log:
    return known(Log(given), "own_promotion", "profiling")


def reasons(log: Log) -> dict[str, Reason]:
    return {b.action: b.reason for b in log.records()[-1].blocked}


# ---- which channels


@pytest.mark.parametrize(
    ("said_on", "named", "channels"),
    [
        ("email", "", ("email",)),
        ("sms", "", ("sms",)),
        ("web", "", (EVERY,)),  # nobody is written to there
        ("app", "", (EVERY,)),  # something is shown there, and nothing is sent
        ("branch", "email", ("email",)),
        ("email", "sms", ("sms",)),  # what the customer names goes first
        ("email", "fax", (EVERY,)),  # not understood: everything
        ("social", "", ("push", "sms")),  # the policy says so
        ("social", "email", ("email",)),
        ("call_centre", "social", ("social",)),  # declared, though nothing is sent there
        ("", "", (EVERY,)),
    ],
)
def test_the_channels_that_an_objection_is_about(said_on: str, named: str, channels: tuple[str, ...]) -> None:
    declared = {"social": ChannelPolicy("social", objects_to=("push", "sms"))}
    given = compiled(replace(OFFERS.policy, channels=declared))
    assert channels == meant(given, said_on, named)


def test_notes_for_staff_are_not_written_to_the_customer() -> None:
    given = policy(action("brief", "service", "service_request", "branch", internal=True))
    assert frozenset() == given.outbound
    assert (EVERY,) == meant(given, "branch")


# ---- what is held back


def test_marketing_on_that_channel_is_held_back_and_goes_elsewhere() -> None:
    log = customer()
    log.happen(stop())
    log.happen(view(), MINUTE)
    assert ["by_sms"] == log.names()
    assert reasons(log) == {"by_email": Reason.OBJECTED}


def test_said_where_nobody_is_written_to_it_is_about_everything_also_what_is_shown() -> None:
    log = customer()
    log.happen(touch("slot", channel=Channel.APP))
    log.happen(stop(Channel.WEB), MINUTE)
    log.happen(view(), MINUTE)
    log.happen(touch("slot", channel=Channel.APP), MINUTE)
    assert ["in_app"] == log.names()
    assert {Reason.OBJECTED} == {b.reason for r in log.records()[-2:] for b in r.blocked}


@pytest.mark.parametrize(
    ("held", "purpose", "sent"),
    [
        ("marketing", "own_promotion", False),
        ("marketing", "satisfaction", False),
        ("service", "own_promotion", False),  # the purpose is direct marketing, whatever the class says
        ("service", "service_request", True),
        ("service", "contract", True),
        ("transactional", "contract", True),
        ("mandatory", "legal_obligation", True),
        ("service", "satisfaction", True),
    ],
)
def test_what_serves_still_goes(held: str, purpose: str, sent: bool) -> None:
    log = known(Log(policy(action("it", held, purpose, when=VIEW))), "own_promotion", "satisfaction")
    log.happen(stop())
    log.happen(view(), MINUTE)
    assert (["it"] if sent else []) == log.names()
    assert sent or reasons(log) == {"it": Reason.OBJECTED}


def test_rider_is_held_back_by_the_channel_of_its_carrier() -> None:
    """The rider's own treatment is by e-mail; it would be heard on the call."""
    call = action("call", "service", "contract", "call_centre", when=VIEW)
    log = customer(policy(call, action("rider", rides_on=("call_centre",))))
    log.happen(stop(Channel.CALL_CENTRE))
    log.happen(view(), MINUTE)
    log.wait(DAY)
    (command,) = log.commands()
    assert ("call", ()) == (command.action, command.riders)
    assert Blocked("rider", Reason.OBJECTED) in [b for r in log.records() for b in r.blocked]


def test_unsubscribing_is_an_objection_to_the_channel_of_the_contact() -> None:
    log = customer()
    log.happen(view())
    (command,) = log.commands()
    log.happen(outcome("unsubscribed", command.action_id), HOUR)
    assert {"email": log.at} == log.party().objections
    log.happen(view(), 9 * DAY)
    assert ["by_email", "by_sms"] == log.names()


def test_unsubscribing_from_a_contact_that_nobody_knows_is_about_everything() -> None:
    log = customer()
    log.happen(outcome("unsubscribed", "a-unknown"))
    assert {EVERY} == log.party().objections.keys()


@pytest.mark.parametrize(("promotes", "sent"), [(True, False), (False, True)])
def test_purpose_of_the_policys_own_promotes_or_does_not(promotes: bool, sent: bool) -> None:
    words = replace(DEFAULT, purposes={"points": Purpose("points", ("personal_data", "own_promotion"), promotes)})
    log = known(Log(policy(action("it", "service", "points", when=VIEW), vocabulary=words)), "own_promotion")
    log.happen(stop())
    log.happen(view(), MINUTE)
    assert (["it"] if sent else []) == log.names()
    log.happen(consent("own_promotion"), MINUTE)
    log.happen(view(), MINUTE)
    assert "it" == log.names()[-1]


def test_status_of_the_policys_own_may_mean_an_objection() -> None:
    words = replace(DEFAULT, statuses={**DEFAULT.statuses, "said_stop": Meaning.OBJECTING})
    log = customer(policy(*OFFERS.policy.actions.values(), vocabulary=words))
    log.happen(ActionOutcome("said_stop", channel="sms"))
    assert {"sms"} == log.party().objections.keys()
    assert ["said_stop"] == [r.evidence for r in records(log)]


# ---- plans


def planned() -> Log:
    later = action("later", when=VIEW, placement=Placement(delay=2 * HOUR))
    log = customer(policy(later, *OFFERS.policy.actions.values()))
    log.policy = policy(later)
    log.happen(view())
    assert [True] == [c.planned for c in log.party().contacts]
    return log


def test_plan_is_cancelled_at_once_and_leaves_the_ledger() -> None:
    log = planned()
    log.happen(stop(), HOUR)
    assert (Blocked("later", Reason.CANCELLED, "objected", "email"),) == log.records()[-1].blocked
    assert [] == log.party().contacts
    log.wait(DAY)
    assert [] == log.names()


def test_plan_of_a_row_that_another_objection_meets_is_cancelled_at_the_merge() -> None:
    log = planned()
    log.happen(stop(), HOUR, party="q")
    log.happen(PartyMerged("p"), MINUTE, party="q")
    log.wait(DAY)
    assert [] == log.names()
    cancelled = [b for r in log.records() for b in r.blocked]
    assert [Blocked("later", Reason.CANCELLED, "objected", "email")] == cancelled


def test_plan_is_judged_again_when_it_is_due() -> None:
    """As a row of before may have it: the objection came, and the plan is still there."""
    log = planned()
    row = log.party()
    row.objections["email"] = log.at
    log.rows["p"] = encode(row)
    log.wait(DAY)
    assert [] == log.names()
    assert ("cancelled", {"later": Reason.OBJECTED}) == (log.records()[-1].confirmation, reasons(log))


def test_promised_service_is_kept_and_a_marketing_follow_up_is_not_planned() -> None:
    first = action(
        "first", "service", "contract", "sms", when=VIEW,
        follow_ups=(FollowUp("sold", Placement(delay=HOUR)), FollowUp("served", Placement(delay=HOUR))),
    )  # fmt: skip
    sold = action("sold", when=(Trigger("follow_up", "sold"),))
    served = action("served", "service", "contract", when=(Trigger("follow_up", "served"),))
    log = customer(policy(first, sold, served))
    log.happen(stop())
    log.happen(view(), MINUTE)
    log.wait(DAY)
    assert ["first", "served"] == log.names()


# ---- what lifts it


@pytest.mark.parametrize(
    ("change", "after", "sent"),
    [
        (ConsentChange("own_promotion", True), MINUTE, True),
        (ConsentChange("own_promotion", True, channel=Channel.EMAIL), MINUTE, True),
        (ConsentChange("own_promotion", True, channel=Channel.SMS), MINUTE, False),  # said about another channel
        (ConsentChange("own_promotion", True, channel=Channel.WEB), MINUTE, True),  # a form on a page: all channels
        (ConsentChange("third_party_promotion", True), MINUTE, False),
        (ConsentChange("profiling", True), MINUTE, False),
        (ConsentChange("personal_data", True), MINUTE, False),
        (ConsentChange("own_promotion", True), 0, False),  # at the same instant the objection holds
        (ConsentChange("own_promotion", True), -MINUTE, False),  # older, though it arrives later
    ],
)
def test_a_later_consent_for_the_purpose_and_the_channel_lifts_it(
    change: ConsentChange, after: int, sent: bool
) -> None:  # fmt: skip
    other = action("other", channel="sms", when=(Trigger("touchpoint", "never"),))
    log = known(Log(policy(action("it", when=VIEW), other)), "own_promotion", "profiling")
    log.happen(stop(), HOUR)
    log.happen(change, max(after, 0), late=max(-after, 0))
    log.happen(view(), HOUR)
    assert (["it"] if sent else []) == log.names()


def test_each_purpose_is_lifted_by_its_own_consent() -> None:
    log = known(
        Log(policy(action("ours", when=VIEW), action("theirs", purpose="third_party_promotion", when=VIEW))),
        "own_promotion", "third_party_promotion",
    )  # fmt: skip
    log.happen(stop(), HOUR)
    log.happen(consent("third_party_promotion"), HOUR)
    log.happen(view(), HOUR)
    assert ["theirs"] == log.names()
    assert reasons(log) == {"ours": Reason.OBJECTED}


def test_who_objects_again_is_heard_again() -> None:
    log = known(Log(policy(action("it", when=VIEW))), "own_promotion")
    for _ in range(2):
        log.happen(stop(), HOUR)
        log.happen(consent("own_promotion"), HOUR)
    log.happen(stop(), HOUR)
    log.happen(view(), HOUR)
    assert [] == log.names()


def test_it_is_kept_when_what_is_known_of_the_person_is_forgotten() -> None:
    log = customer()
    log.happen(stop())
    held = log.party().objections
    for name in ("profiling", "personal_data", "own_promotion"):
        log.happen(consent(name, False), MINUTE)
    log.wait(9 * DAY)
    assert held == log.party().objections != {}


# ---- its record


def records(log: Log) -> list[Objection]:
    return [e for e in log.effects() if isinstance(e, Objection)]


def test_record_says_who_what_when_and_how_and_never_the_text() -> None:
    log = customer()
    log.happen(replace(stop(Channel.WEB), text="my name is Ada, stop it"), event_id="e-stop")
    (record,) = records(log)
    assert (record.party, record.at, record.event_id, record.evidence, record.said_on, record.policy_version) == (
        "p", NOON, "e-stop", "stop", "web", "small",
    )  # fmt: skip
    assert (True, ("email", "push", "sms")) == (record.every, record.channels)
    assert "Ada" not in str(record)


def test_event_that_comes_twice_has_one_record() -> None:
    log = customer()
    for _ in range(3):
        log.happen(stop(Channel.SMS), event_id="e-stop")
    assert [(("sms",), False)] == [(r.channels, r.every) for r in records(log)]


def test_objection_of_an_alias_is_recorded_where_it_is_applied() -> None:
    log = customer()
    log.happen(PartyMerged("p"), party="q")
    log.happen(stop(), party="q")
    assert ["p"] == [r.party for r in records(log)]
    assert {"email"} == log.party().objections.keys()


# ---- orders and merges

CHANNELS = ("email", "sms", EVERY)
PURPOSES = {
    "own_promotion": "own_promotion",
    "personalised_promotion": "own_promotion",
    "third_party_promotion": "third_party_promotion",
}
said = st.lists(
    st.tuples(
        st.sampled_from(["", "own_promotion", "third_party_promotion"]),  # "": an objection
        st.sampled_from(CHANNELS),
        st.integers(1, 6),
        st.integers(0, 2),  # which of three rows hears it
    ),
    max_size=12,
)


def heard(words: list[tuple[str, str, int, int]], row: int) -> Party:
    party = Party(f"p{row}")
    for name, channel, at, where in words:
        if where == row and name:
            invite(party, name, channel, at)
        elif where == row:
            object_to(party, channel, at)
    return party


def holds(words: list[tuple[str, str, int, int]], purpose: str, channel: str) -> bool:
    """By the definition: some objection has no later consent."""
    about = [(name, at) for name, on, at, _ in words if on in (channel, EVERY)]
    lifts = [at for name, at in about if name == PURPOSES[purpose]]
    return any(not name and not any(lift > at for lift in lifts) for name, at in about)


@settings(derandomize=True, deadline=None)
@given(said, st.randoms(use_true_random=False), st.permutations([0, 1, 2]))
def test_objections_are_what_was_said_in_any_order_in_any_row(words: Any, random: Any, order: list[int]) -> None:
    shuffled = words.copy()
    random.shuffle(shuffled)
    whole = heard([(*word[:3], 0) for word in shuffled], 0)
    rows = [heard(shuffled, row) for row in order]
    for other in rows[1:]:
        merge(rows[0], other, SMALL)
    for purpose in PURPOSES:
        for channel in ("email", "sms", "push"):
            expected = holds(words, purpose, channel)
            assert expected == objected(whole, purpose, channel, SMALL) == objected(rows[0], purpose, channel, SMALL)


@settings(derandomize=True, deadline=None)
@given(said, said)
def test_merge_never_loses_an_objection(ours: Any, theirs: Any) -> None:
    one, other = heard([(*w[:3], 0) for w in ours], 0), heard([(*w[:3], 1) for w in theirs], 1)
    held = {c: max(latest(one, c), latest(other, c)) for c in ("email", "sms", "push")}
    merge(one, other, SMALL)
    assert held == {c: latest(one, c) for c in held}


def latest(party: Party, channel: str) -> int:
    return max(party.objections.get(channel, -1), party.objections.get(EVERY, -1))


def test_purpose_that_asks_for_no_consent_of_its_own_is_never_lifted() -> None:
    party = Party("p")
    object_to(party, "email", 1)
    invite(party, "own_promotion", EVERY, 9)
    assert objected(party, "contract", "email", SMALL)
    assert objected(party, "unknown", "email", SMALL)
    assert not objected(party, "own_promotion", "email", SMALL)


def test_bounds_are_kept_and_too_many_objections_become_one_to_everything() -> None:
    party = Party("p")
    for n in range(OBJECTIONS + 1):
        assert object_to(party, f"channel-{n}", n + 1)
        assert not object_to(party, f"channel-{n}", n + 1)
    assert {EVERY: OBJECTIONS + 1} == party.objections
    for n in range(INVITATIONS + 5):
        invite(party, "own_promotion", f"channel-{n}", n)
    assert (INVITATIONS, 5) == (len(party.invitations), min(party.invitations.values()))


def test_row_with_an_objection_that_cannot_be_is_no_row() -> None:
    party = Party("p", objections={"email": 5}, consents={"own_promotion": Consent(True, 1, 1)})
    assert "" == fault(encode(party), "p", NOON, {"lead"})
    for field in ("objections", "invitations"):
        assert "an instant that cannot be" in fault(
            encode(replace(party, **{field: {"email": 2**62}})), "p", NOON, {"lead"}
        )


def test_objections_of_a_row_come_back_from_its_bytes() -> None:
    party = Party("p", objections={EVERY: 3}, invitations={"own_promotion|email": 4})
    assert party == decode(encode(party))


def test_every_action_of_the_small_policy_is_marketing_or_is_not() -> None:
    marketing = {a.name for a in small_actions() if objections.is_marketing(a, SMALL)}
    assert marketing == {
        "offer_email", "offer_push", "offer_sms", "offer_call", "partner_email", "rider_card", "rider_loan",
    }  # fmt: skip


# ---- whole decisions

steps = st.lists(
    st.tuples(
        st.sampled_from(["view", "view", "slot", "stop", "consent", "merge", "wait"]),
        st.sampled_from([Channel.EMAIL, Channel.SMS, Channel.WEB]),
        st.sampled_from([0, MINUTE, 3 * HOUR, 2 * DAY]),  # reported so late
        st.sampled_from(["p", "q"]),
    ),
    min_size=6,
    max_size=24,
)
LATER = policy(
    action("by_email", when=VIEW, placement=Placement(delay=2 * HOUR)),
    action("by_sms", channel="sms", when=VIEW, value_company=5.0),
    action("in_app", channel="app", inbound=True, when=(Trigger("inbound"),)),
    contact=ContactPolicy(),
)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(steps)
def test_no_marketing_is_made_where_an_objection_holds_whatever_happens(story: Any) -> None:
    """Which objections hold is computed from the events that the person's log knew by then."""
    log = known(known(Log(LATER), "own_promotion"), "own_promotion", party="q")
    # of whom, a consent or "", channel, said at, commands before it
    words = [("p", "own_promotion", EVERY, NOON, 0), ("q", "own_promotion", EVERY, NOON, 0)]
    merged: int | None = None  # commands before it
    for what, channel, late, who in story:
        log.wait(HOUR)
        before, on = len(log.commands()), EVERY if channel is Channel.WEB else channel.value
        if what == "merge" and merged is None:
            merged = before
            log.happen(PartyMerged("p"), party="q")
        elif what == "wait":
            log.wait(DAY)
        elif what in ("stop", "consent"):
            body = stop(channel) if what == "stop" else ConsentChange("own_promotion", True, channel=channel)
            log.happen(body, party=who, late=late)
            words.append((who, "" if what == "stop" else "own_promotion", on, log.at - late, before))
        elif what in ("view", "slot"):
            log.happen(view() if what == "view" else touch("slot", channel=Channel.APP), party=who)
    log.wait(DAY)
    for number, made in enumerate(log.commands()):
        one_person = merged is not None and merged <= number
        heard_then = [w for w in words if w[4] <= number and (one_person or w[0] == made.party)]
        known_then = [(name, on, at, 0) for _, name, on, at, _ in heard_then]
        assert not holds(known_then, "own_promotion", made.channel), made
