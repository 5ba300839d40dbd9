"""Consent and tact: behaviour needs profiling, nobody is stalked, complaints and silence weigh, households are asked.

Findings, each with its test: page views led to "the card you were looking at" without profiling consent; a complaint
made on a channel stopped nothing; a silence of eight months was no sign of anything; members were named unasked.
"""

import pytest
from msgspec.structs import replace

from garbo.core.party.state import LEDGER, Contact, Party, encode
from garbo.core.policy.actions import Trigger
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Remarketing, Spacing, Suppression
from garbo.core.policy.journey import TouchpointKind
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Notify
from garbo.core.vocabulary.events import HouseholdJoined, MemberUpdate, ProfileUpdate, RowMoved, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR
from tests.unit.core.small import NOON, SMALL, Log, action, consent, known, outcome, touch, view, with_actions

LOOKED = (Trigger("touchpoint", "view", theme="=", behavioural=True),)
GREEDY = replace(SMALL.arbitration, exploration=0.0)


def bank(*actions: object, **changed: object) -> Log:
    given = {"arbitration": GREEDY, "contact": ContactPolicy(), **changed}
    return Log(with_actions(*actions, **given))  # type: ignore[arg-type]


def why(log: Log) -> list[tuple[str, str]]:
    return [(b.reason.value, b.detail) for b in log.records()[-1].blocked]


# ---- behaviour -----------------------------------------------------------------------------------------------------


def test_an_offer_about_what_was_looked_at_needs_profiling() -> None:
    log = known(bank(action("offer", when=LOOKED)), "own_promotion")
    log.happen(view())
    assert ([], [("consent_denied", "profiling")]) == (log.names(), why(log))
    log.happen(consent("profiling"))
    log.happen(view())
    assert ["offer"] == log.names()


@pytest.mark.parametrize("more", [{"behavioural": True}, {"behavioural": True, "purpose": "third_party_promotion"}])
def test_an_action_whose_rules_read_behaviour_needs_profiling(more: dict[str, object]) -> None:
    log = known(bank(action("offer", when=(Trigger("touchpoint", "request"),), **more)), "own_promotion",
                "third_party_promotion")  # fmt: skip
    log.happen(touch("request", "card"))
    assert [("consent_denied", "profiling")] == why(log)


def test_the_weight_of_a_stage_is_not_looked_at_without_profiling() -> None:
    offer = action("offer", when=(Trigger("touchpoint", "post"),), context={"asking": 5.0, "lead": 2.0})
    log = known(bank(offer), "own_promotion")
    log.happen(touch("post", "card"))
    assert ("asking", 2.0) == (log.party().stage, log.records()[-1].scored[0].context)
    log.happen(consent("profiling"))
    log.happen(touch("post", "card"), HOUR)
    assert 10.0 == log.records()[-1].scored[0].context


def test_interests_and_touches_are_not_kept_without_profiling() -> None:
    log = known(bank())
    log.happen(view())
    assert ([], {}) == (log.party().touches, log.party().interests)
    log.happen(consent("profiling"))
    log.happen(view())
    assert (1, ["card"]) == (len(log.party().touches), list(log.party().interests))
    log.happen(consent("profiling", False))
    assert ([], {}) == (log.party().touches, log.party().interests)


def test_an_open_need_keeps_what_is_about_it_until_it_ends() -> None:
    """A question is no behaviour: what it is about is kept while it is open, and no longer."""
    log = known(Log())
    log.happen(touch("post", "card"))
    log.happen(view("card"))
    log.happen(view("loan"))
    assert {"card"} == {t.theme for t in log.party().touches} == set(log.party().interests)
    log.happen(touch("branch_visit", "card"))
    assert ([], {}) == (log.party().touches, log.party().interests)


def test_without_personal_data_nothing_is_learnt_and_no_interest_kept() -> None:
    log = known(Log(), "own_promotion", "profiling")
    log.happen(view())
    log.happen(consent("personal_data", False))
    log.happen(outcome("accepted", action="offer_email"))
    assert ([], {}) == (log.party().touches, log.party().interests)
    assert all(type(e).__name__ != "Learn" for e in log.effects())


# ---- remarketing ---------------------------------------------------------------------------------------------------

LIMITS = Remarketing(limit=2, window=30 * DAY, delay=HOUR, ignored=2, pause=60 * DAY)
PATIENT = ContactPolicy(remarketing=LIMITS, ignored_after=3 * DAY)


def looked(times: int, every: int, contact: ContactPolicy = PATIENT) -> Log:
    log = known(bank(action("offer", when=LOOKED), contact=contact), "own_promotion", "profiling")
    for _ in range(times):
        log.happen(view())
        log.wait(every)
    return log


def test_contacts_about_mere_looks_have_a_cap_of_their_own() -> None:
    log = looked(4, 2 * HOUR)
    assert (["offer"] * 2, [("cap_reached", "remarketing")]) == (log.names(), why(log))


def test_a_first_contact_after_a_look_waits() -> None:
    log = looked(1, HOUR)
    assert [NOON + HOUR] == [c.at for c in log.commands()]


def test_two_ignored_looks_pause_the_next() -> None:
    """Nobody answered twice: nothing about looks for sixty days."""
    log = looked(2, 4 * DAY)
    log.wait(30 * DAY)
    log.happen(view())
    assert [("suppressed", "remarketing")] == why(log)
    log.wait(31 * DAY)
    log.happen(view())
    assert [] == why(log)


def test_an_answer_between_two_ignored_looks_makes_up_for_them() -> None:
    log = looked(1, 4 * DAY)
    log.happen(view())
    log.wait(HOUR)
    log.happen(outcome("clicked", log.commands()[-1].action_id), HOUR)
    log.wait(30 * DAY)
    log.happen(view())
    assert [] == why(log)


# ---- ignored offers, complaints, praise ----------------------------------------------------------------------------


def test_an_ignored_offer_weighs_mildly_and_once() -> None:
    mild = ContactPolicy(ignored_after=7 * DAY, ignored_weight=0.5, pressure_half_life=10_000 * DAY)
    log = known(bank(action("offer", when=(Trigger("touchpoint", "other"),)), contact=mild), "own_promotion")
    log.happen(touch("other", "card"))
    before = log.party().pressure
    for _ in range(3):
        log.happen(touch("nothing"), 7 * DAY)
    assert before + 0.5 == pytest.approx(log.party().pressure, abs=0.01)
    assert [True] == [p.ignored for p in log.party().pending]


@pytest.mark.parametrize("status", ["opened", "clicked", "accepted", "refused"])
def test_an_answered_offer_was_not_ignored(status: str) -> None:
    mild = ContactPolicy(ignored_after=7 * DAY, ignored_weight=0.5, refusal_weight=0.0)
    log = known(bank(action("offer", when=(Trigger("touchpoint", "other"),)), contact=mild), "own_promotion")
    log.happen(touch("other", "card"))
    log.happen(outcome(status, log.commands()[-1].action_id), HOUR)
    before = log.party().pressure
    log.happen(touch("nothing"), 30 * DAY)
    assert before == log.party().pressure
    assert not any(p.ignored for p in log.party().pending)


def test_three_ignored_offers_may_pause_all() -> None:
    tired = ContactPolicy(
        ignored_after=DAY, suppressions=(Suppression("tired", ("ignored",), 3, 90 * DAY, 30 * DAY, "all"),)
    )
    log = known(bank(action("offer", when=(Trigger("touchpoint", "other"),)), contact=tired), "own_promotion")
    for _ in range(4):
        log.happen(touch("other", "card"), 2 * DAY)
    assert (3, [("suppressed", "tired")]) == (len(log.names()), why(log))


COMPLAINED = Suppression("complained", ("complaint",), 1, 90 * DAY, 90 * DAY, "all")


def test_a_complaint_made_on_a_channel_suppresses_and_weighs_like_an_outcome() -> None:
    kinds = {
        "complains": TouchpointKind("complains", tone="complaint"),
        "moans": TouchpointKind("moans", tone="negative"),
    }
    rules = ContactPolicy(suppressions=(COMPLAINED,), negative_weight=1.5, complaint_weight=4.0)
    log = known(bank(action("offer", when=(Trigger("touchpoint", "view"),)), contact=rules, touchpoints=kinds),
                "own_promotion")  # fmt: skip
    log.happen(touch("moans", "card", Channel.BRANCH))
    assert 1.5 == log.party().pressure
    log.happen(touch("complains", "card", Channel.BRANCH))
    assert 5.5 == log.party().pressure
    log.happen(view(), DAY)
    assert ([], [("suppressed", "complained")]) == (log.names(), why(log))


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Grazie, gentilissimi in filiale oggi.", False),
        ("Thank you, your branch was very kind today.", False),
        ("Grazie, ma quanto costa?", True),
        ("Grazie, e la carta?", True),
        ("A che ora aprite", True),
    ],
)
def test_praise_opens_no_need_and_gets_no_apology(text: str, opens: bool) -> None:
    log = known(Log(with_actions(*SMALL.actions.values())))
    log.happen(Touchpoint(Channel.SOCIAL, "post", text=text))
    assert opens == bool(log.party().needs)
    log.wait(DAY)
    assert opens == ("call_back" in log.names() or bool(log.names()))


# ---- the household -------------------------------------------------------------------------------------------------


def told(log: Log) -> list[tuple[str, MemberUpdate]]:
    return [(e.event.party, e.event.body) for e in log.effects() if isinstance(e, Notify)]  # type: ignore[misc]


def test_a_new_member_is_told_what_the_party_permits_and_every_change_of_it() -> None:
    log = known(bank(), "own_promotion")
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia", "spouse"))
    log.happen(consent("own_promotion", False))
    assert [
        ("gaia", MemberUpdate("p", ("own_promotion", "personal_data"))),
        ("gaia", MemberUpdate("p", ("personal_data",))),
    ] == told(log)


def test_what_a_member_permits_is_kept_and_strangers_are_not() -> None:
    log = known(bank())
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia", "spouse"))
    log.happen(MemberUpdate("gaia", ("personal_data",)))
    log.happen(MemberUpdate("stranger", ("personal_data",)))
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia Rossi", "spouse"))
    assert [("gaia", "Gaia Rossi", ["personal_data"])] == [(m.party, m.name, m.consents) for m in log.party().members]


def test_caps_may_be_the_households() -> None:
    """The spouse was called this week: that counts here for the household's cap, and for no other."""
    rules = ContactPolicy(
        caps=(Cap("one_of_us", 7 * DAY, 1, household=True), Cap("me", 7 * DAY, 1)),
    )
    log = known(bank(action("offer", when=(Trigger("touchpoint", "view"),)), contact=rules), "own_promotion")
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia", "spouse"))
    log.happen(MemberUpdate("gaia", (), NOON - DAY, "email", "marketing", "own_promotion", "card"))
    log.happen(view())
    assert ([], [("cap_reached", "one_of_us")]) == (log.names(), why(log))
    log.happen(view(), 7 * DAY)
    assert ["offer"] == log.names()
    assert [("gaia", "email", "marketing")] == [(to, b.channel, b.action_class) for to, b in told(log) if b.contact_at]


def test_contacts_with_a_member_are_not_the_partys_own() -> None:
    """No rule, no spacing and no patience takes them for contacts with this person, and the ledger stays bounded."""
    seen: list[dict[str, object]] = []
    spaced = ContactPolicy(spacings=(Spacing("gap", DAY, counts=("marketing",)),))
    rule = action("offer", when=(Trigger("touchpoint", "view"),), eligibility=lambda v: not seen.append(dict(v)))
    log = known(bank(rule, contact=spaced, variables=frozenset({"contacts_30d", "days_since_contact"})),
                "own_promotion")  # fmt: skip
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia", "spouse"))
    for n in range(LEDGER + 4):
        log.happen(MemberUpdate("gaia", (), NOON - n, "email", "marketing", "own_promotion", "card"))
    assert LEDGER == len(log.party().contacts)
    log.happen(view(), 31 * DAY)
    assert ([{"contacts_30d": 0, "days_since_contact": 9999.0}], ["offer"]) == (seen, log.names())


def test_a_member_who_turns_out_to_be_the_party_leaves_no_second_line() -> None:
    log = known(bank())
    log.happen(HouseholdJoined("rossi", "q", "Ada", "spouse"))
    log.happen(MemberUpdate("q", (), NOON, "email", "marketing", "own_promotion", "card"))
    other = Party("q", contacts=[Contact(NOON, "email", "offer", "marketing", "own_promotion", "card", "a-1")])
    log.happen(RowMoved("q", encode(other)))
    assert ["a-1"] == [c.action_id for c in log.party().contacts]


def test_nothing_is_said_of_contacts_where_no_cap_is_the_households() -> None:
    log = known(bank(action("offer", when=(Trigger("touchpoint", "view"),))), "own_promotion")
    log.happen(HouseholdJoined("rossi", "gaia", "Gaia", "spouse"))
    log.happen(view())
    assert (["offer"], []) == (log.names(), [b for _, b in told(log) if b.contact_at])


# ---- attributes ----------------------------------------------------------------------------------------------------


def test_the_last_statement_by_the_time_of_its_event_holds_attribute_by_attribute() -> None:
    log = Log()
    log.happen(ProfileUpdate(attributes={"age": 40, "branch": "Roma"}), DAY)
    log.happen(ProfileUpdate(attributes={"age": 39}), late=2 * DAY)
    log.happen(ProfileUpdate(attributes={"branch": "Bari"}), HOUR)
    assert {"age": 40, "branch": "Bari"} == log.party().attributes


def test_of_two_entries_the_one_that_reads_no_behaviour_stands_for_the_action() -> None:
    """A person without profiling who asks for it gets what an entry on mere looks would deny, whatever the order."""
    both = (Trigger("touchpoint", "view", behavioural=True), Trigger("touchpoint", "view"))
    for entries in (both, both[::-1]):
        log = known(bank(action("offer", when=entries)), "own_promotion")
        log.happen(view())
        assert ["offer"] == log.names()
