"""The row stays small whatever a producer sends: every list and every text has a bound."""

from itertools import count

import pytest

from garbo.core.party import limits
from garbo.core.party.state import (
    COUNTED,
    COUNTERS,
    INTERESTS,
    LEDGER,
    MARKERS,
    MEMBERS,
    NEEDS,
    PLANS,
    RECENT_TOUCHES,
    TEXT,
    TIMERS,
    Contact,
    Party,
    Timer,
    encode,
)
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Direction,
    HouseholdJoined,
    Identifier,
    PartyEvent,
    ProfileUpdate,
    Source,
    Touchpoint,
)
from garbo.core.vocabulary.instants import MINUTE
from garbo.core.vocabulary.reasons import NeedEnd, Reason
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from tests.unit.core.small import SMALL, Log, contact, known, touch, view

LONG = "x" * 100_000


def test_ledger_gives_up_the_oldest_and_holds_marketing_back() -> None:
    """A system that reports a thousand contacts: the youngest are kept, and no offer is made."""
    log = known(Log(), "own_promotion")
    for minute in range(1000):
        log.happen(contact(Channel.EMAIL, held="service"), late=minute)
    kept = log.party().contacts
    assert LEDGER == len(kept)
    assert log.at - (LEDGER - 1) * 1 <= max(c.at for c in kept)
    log.happen(view("card"))
    assert Reason.LEDGER_FULL in {b.reason for b in log.records()[-1].blocked}


def test_text_is_cut_by_bytes_at_a_character() -> None:
    assert ["x" * 200, "è" * 100, "\U0001f9e8" * 50, "é" * 10] == [
        limits.text(given) for given in ("x" * 300, "è" * 300, "\U0001f9e8" * 300, "é" * 10)
    ]
    assert "a" + "\U0001f9e8" * 49 == limits.text("a" + "\U0001f9e8" * 300)


def test_fullest_row_fits_a_message_and_so_can_move() -> None:
    """Contacts of another system in four-byte characters made rows of 300 KB: as `RowMoved` they were put aside."""
    log, wide = known(Log(), "own_promotion"), "\U0001f9e8" * 300
    for n in range(LEDGER + 10):
        name = f"{n:03}{wide}"
        given = {"action": name, "action_class": name, "purpose": name}
        log.happen(Touchpoint(Channel.WEB, name, Direction.OUTBOUND, (), given, name))
        log.happen(ActionOutcome(list(OutcomeStatus)[n % 9], "", name, Channel.WEB))
        log.happen(HouseholdJoined("h", name, name, name))
        log.happen(Touchpoint(Channel.SOCIAL, "post", theme=name))
        log.happen(Touchpoint(Channel.SOCIAL, "view", theme=name))
    log.happen(ProfileUpdate(name=wide, language=wide, zone=wide, household=wide))
    fullest = log.party()
    fullest.counters = {f"{n:02}{'k' * 127}": [log.at] * COUNTED for n in range(COUNTERS)}
    row = encode(fullest)
    assert 60_000 < len(row) < MAX_MESSAGE_BYTES - 2_000  # the envelope around it


def test_ledger_never_gives_up_what_is_planned() -> None:
    row = Party("p", contacts=[Contact(1, "sms", "a", "marketing", "p", "t", "a-1", planned=True)])
    for at in range(2, 2 * LEDGER):
        row.contacts.append(Contact(at, "sms", "a", "service", "p", "t", ""))
        limits.contacts(row)
    assert LEDGER == len(row.contacts)
    assert [1] == [c.at for c in row.contacts if c.planned]


def test_farthest_plan_gives_way_with_its_reservation() -> None:
    row = Party("p")
    for n in range(PLANS + 3):
        row.timers.append(Timer(f"t{n}", 100 + n, "deliver", "a", action_id=f"a-{n}"))
        row.contacts.append(Contact(100 + n, "sms", "a", "service", "p", "t", f"a-{n}", planned=True))
    row.timers.append(Timer("n.o", 10_000, "overdue", need="n"))
    limits.plans(row)
    assert [f"t{n}" for n in range(PLANS)] == [t.id for t in row.timers if t.action]
    assert {t.action_id for t in row.timers if t.action} == {c.action_id for c in row.contacts}
    assert ["n.o"] == [t.id for t in row.timers if t.need]  # a need's timers are never given up


def test_needs_timers_always_fit() -> None:
    """Two for each need, the plans beside them, and one each for the clock, the labels and the journeys."""
    assert TIMERS == 2 * NEEDS + PLANS + 3


def test_flood_of_questions_ends_the_oldest_needs_and_says_so() -> None:
    """More questions than a row holds: each one given up is in a record, and none stays without its timers."""
    log = known(Log(), identifiers=())
    for n in range(NEEDS + 5):
        log.happen(touch("post", f"theme{n}"), MINUTE // 10)
    closed = [(c.theme, c.end, c.detail) for r in log.records() for c in r.needs_closed]
    assert [(f"theme{n}", NeedEnd.UNANSWERED, "too_many_needs") for n in range(5)] == closed
    row = log.party()
    assert sorted(n.id for n in row.needs for _ in range(2)) == sorted(t.need for t in row.timers)


def test_household_of_thousands_is_no_household() -> None:
    log = Log()
    for n in range(500):
        log.happen(HouseholdJoined("h", f"m{n:03}", LONG, LONG))
    assert [f"m{n:03}" for n in range(MEMBERS)] == [m.party for m in log.party().members]
    assert len(log.rows["p"]) < 20_000


def test_texts_are_cut() -> None:
    """A name, a theme, a kind, an attribute of 100,000 characters: the row keeps the beginning."""
    log = Log()
    log.happen(ProfileUpdate((), {"branch": LONG}, LONG, LONG, LONG, LONG))
    log.happen(Touchpoint(Channel.WEB, LONG, theme=LONG, attributes={"branch": LONG}))
    log.happen(touch("post", LONG))
    log.happen(touch("view", LONG))
    log.happen(Touchpoint(Channel.SMS, "view", Direction.OUTBOUND, (), {"action": LONG, "purpose": LONG}, LONG))
    log.happen(ActionOutcome(OutcomeStatus.REFUSED, action=LONG, attributes={"branch": LONG}))
    row = log.party()
    assert (TEXT, TEXT, TEXT, TEXT) == (
        len(row.name), len(row.touches[0].theme), len(str(row.attributes["branch"])), len(row.contacts[0].action),
    )  # fmt: skip
    assert len(log.rows["p"]) < 10_000


def test_lists_of_a_very_busy_party_keep_their_bounds() -> None:
    """A thousand events of every theme, source partition and identifier: under 12 kB."""
    log = known(Log(), "own_promotion", "profiling")
    for n in range(1000):
        body = Touchpoint(Channel.WEB, "view", identifiers=(Identifier("cookie", f"c{n}"),), theme=f"theme{n}")
        log.at += MINUTE
        log.take(PartyEvent(f"b{n}", "p", log.at, body, n, 0, Source("touchpoints", n, n)))
    row = log.party()
    assert (RECENT_TOUCHES, INTERESTS, MARKERS) == (len(row.touches), len(row.interests), len(row.applied))
    assert ["c998", "c999"] == [value for kind, value in row.identifiers if kind == "cookie"]
    assert len(log.rows["p"]) < 12_000


@pytest.mark.parametrize("kind", ["fraud", "post", "view"])
def test_many_at_one_instant(kind: str) -> None:
    """A hundred copies with ids of their own at the same millisecond: bounded, and every event has its record."""
    log = known(Log(), "own_promotion")
    for theme, _ in zip(("card", "loan") * 50, count(), strict=False):
        log.happen(touch(kind, theme))
    assert len(log.party().timers) <= TIMERS
    log.wait(30 * MINUTE)
    for event, effects in log.history:
        assert 1 == sum(isinstance(e, DecisionRecord) for e in effects), event
    assert set(log.names()) <= set(SMALL.actions)
