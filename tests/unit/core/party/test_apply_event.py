"""Applying events: what each event leaves on the row, at its own time, and what it does not."""

from garbo.core.gates.reach import address
from garbo.core.party.state import Touch
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Flow
from garbo.core.vocabulary.events import ClockTick, HouseholdJoined, Identifier, ProfileUpdate, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from tests.unit.core.small import NOON, SMALL, Log, contact, known, outcome, touch, view


def test_undeclared_attributes_and_free_text_are_not_kept() -> None:
    log = Log()
    log.happen(Touchpoint(Channel.SOCIAL, "view", text="my secret carta", attributes={"age": 30, "health": "bad"}))
    assert {"age": 30} == log.party().attributes
    assert b"secret" not in log.rows["p"]
    assert b"bad" not in log.rows["p"]


def test_attribute_of_the_event_is_not_kept_on_the_row() -> None:
    log = Log()
    log.happen(view(operator="Verdi", branch="Roma"))
    assert {"branch": "Roma"} == log.party().attributes


def test_touches_stay_in_order_of_time_whatever_their_arrival() -> None:
    log = known(Log(), "profiling")
    for late in (0, 2 * HOUR, HOUR):
        log.happen(view(), late=late)
    assert [Touch(NOON - late, "web", "view", "card") for late in (2 * HOUR, HOUR, 0)] == log.party().touches


def test_late_event_never_moves_time_back() -> None:
    log = Log()
    log.happen(view())
    log.happen(view(), late=DAY)
    assert (NOON, NOON) == (log.party().at, log.records()[-1].at)


def test_interest_does_not_depend_on_the_order_of_arrival() -> None:
    early, late = Log(), Log()
    early.happen(view(), late=5 * DAY)
    early.happen(view())
    late.happen(view())
    late.happen(view(), late=5 * DAY)
    assert early.party().interests == late.party().interests


def test_interest_halves_every_half_life() -> None:
    log = known(Log(), "profiling")
    log.happen(view())
    log.happen(view(), SMALL.interest_half_life)
    assert 1.5 == log.party().interests["card"].weight


def test_address_is_the_one_used_last() -> None:
    """Two handles in turn: the reply goes to the one that asked."""
    one, other = Identifier("social", "one"), Identifier("social", "other")
    log = Log()
    for who in (one, other, one):
        log.happen(Touchpoint(Channel.SOCIAL, "view", identifiers=(who,)))
    assert "one" == address(log.party(), DEFAULT.channels["social"])


def test_third_address_of_a_kind_drives_out_the_longest_unused() -> None:
    log = Log()
    for name in "abac":
        log.happen(Touchpoint(Channel.WEB, "view", identifiers=(Identifier("email", name),)))
    assert [("email", "a"), ("email", "c")] == log.party().identifiers


def test_verified_address_is_better_than_a_later_unverified_one() -> None:
    log = Log()
    for kind in ("verified_email", "email"):
        log.happen(Touchpoint(Channel.WEB, "view", identifiers=(Identifier(kind, kind),)))
    assert "verified_email" == address(log.party(), DEFAULT.channels["email"])


def test_profile_keeps_what_it_does_not_mention() -> None:
    log = Log()
    log.happen(ProfileUpdate((), {}, "Ada", "en", "Europe/Paris", "h"))
    log.happen(ProfileUpdate((), {}, "", "it"))
    row = log.party()
    assert ("Ada", "it", "Europe/Paris", "h") == (row.name, row.language, row.zone, row.household)


def test_household_members_are_known_once_and_by_their_latest_name() -> None:
    log = Log()
    for name in ("Gaia", "Gaia R."):
        log.happen(HouseholdJoined("h", "m1", name, "spouse"))
    log.happen(HouseholdJoined("h", "p", "myself", "spouse"))
    assert [("m1", "Gaia R.")] == [(m.party, m.name) for m in log.party().members]


def test_contact_of_another_system_is_in_the_ledger_and_weighs() -> None:
    log = Log()
    log.happen(contact(Channel.CALL_CENTRE, "card"))
    row = log.party()
    assert [("call_centre", "outside", "marketing", "own_promotion", "card")] == [
        (c.channel, c.action, c.action_class, c.purpose, c.theme) for c in row.contacts
    ]
    assert 3.0 == row.pressure


def test_contact_that_failed_was_none() -> None:
    """Undelivered: it leaves the ledger, waits for no answer, and the offer may be made again."""
    log = known(Log(), "own_promotion")
    log.happen(view("card"))
    (command,) = log.commands()
    log.happen(outcome("failed", command.action_id), MINUTE)
    assert ([], []) == (log.party().contacts, log.party().pending)
    log.happen(view("card"), MINUTE)
    assert ["offer_email", "offer_email"] == log.names()


def test_clock_tick_changes_nothing_but_time() -> None:
    log = Log()
    log.happen(view())
    before = log.party()
    log.happen(ClockTick(), HOUR)
    after = log.party()
    assert (before.touches, before.contacts, before.interests) == (after.touches, after.contacts, after.interests)
    assert NOON + HOUR == after.at


def test_event_moves_the_party_through_stage_and_life_cycle() -> None:
    """The first rule that fits moves the stage; a leap of the life cycle passes through every state between."""
    log = Log()
    log.happen(view())
    log.happen(touch("post", "card"), HOUR)
    log.happen(touch("account_opened"), HOUR)
    flows = [e for e in log.effects() if isinstance(e, Flow) and e.kind in ("enter", "move")]
    assert [
        ("journey", "enter", "", "looking", 0),
        ("journey", "move", "looking", "asking", HOUR),
        ("lifecycle", "move", "lead", "prospect", 2 * HOUR),
        ("lifecycle", "move", "prospect", "customer", 0),
    ] == [(f.axis, f.kind, f.origin, f.target, f.dwell_ms) for f in flows]
