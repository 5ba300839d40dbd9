"""Two rows become one: nothing that protects the person is lost, nothing grows beyond its bound."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.party import labels
from garbo.core.party.merge import merge
from garbo.core.party.state import (
    INTERESTS,
    LEDGER,
    MEMBERS,
    NEEDS,
    PLANS,
    RECENT_EVENTS,
    RECENT_TOUCHES,
    Consent,
    Contact,
    Interest,
    Member,
    Need,
    Party,
    Pending,
    Timer,
    Touch,
    decode,
    encode,
)
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.events import Identifier, PartyMerged
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import NeedEnd
from tests.unit.core.small import CONTACT, NOON, SMALL, Log, consent, known, touch, view

WEEK = 7 * DAY


def merged(winner: Party, loser: Party) -> Party:
    """Both untouched; the merge of copies."""
    copy = decode(encode(winner))
    merge(copy, decode(encode(loser)), SMALL)
    return copy


def swapped(one: Party, other: Party) -> tuple[Party, Party]:
    """The same two rows, merged the other way round: ids change places, nothing else."""
    a, b = decode(encode(one)), decode(encode(other))
    a.id, b.id = other.id, one.id
    return b, a


contacts = st.builds(
    Contact, st.integers(0, 50), st.just("sms"), st.sampled_from("ab"), st.just("marketing"), st.just("p"),
    st.sampled_from(["card", "loan"]), st.sampled_from(["", "a-1", "a-2", "a-3"]), st.booleans(), st.booleans(),
)  # fmt: skip
consents = st.dictionaries(
    st.sampled_from(["own_promotion", "profiling"]), st.builds(Consent, st.booleans(), st.integers(0, 5), st.just(0))
)
rows = st.builds(
    Party,
    id=st.just("1-x"),
    at=st.integers(0, 50),
    lifecycle=st.sampled_from(["lead", "prospect", "customer", "former"]),
    consents=consents,
    contacts=st.lists(contacts, max_size=6),
    interests=st.dictionaries(
        st.sampled_from(["card", "loan"]), st.builds(Interest, st.floats(0, 5), st.integers(0, WEEK))
    ),
    suppressions=st.dictionaries(st.sampled_from(["r|all", "r|topic:card"]), st.integers(0, 50)),
    pressure=st.floats(0, 9),
    pressure_at=st.integers(0, WEEK),
)


@settings(max_examples=200, derandomize=True)
@given(rows, rows)
def test_what_protects_the_person_does_not_depend_on_who_wins(one: Party, other: Party) -> None:
    """Consents, caps, pauses, pressure, interests, life cycle and time: the same whichever row moves."""
    other.id = "2-y"
    facts: list[Callable[[Party], object]] = [
        lambda p: p.at,
        lambda p: p.lifecycle,
        lambda p: {name: (c.granted, c.at) for name, c in p.consents.items()},
        lambda p: p.suppressions,
        lambda p: pytest.approx(p.pressure),
        lambda p: {t: (pytest.approx(i.weight), i.at) for t, i in p.interests.items()},
        lambda p: sorted((c.at, c.action, c.theme) for c in p.contacts if not c.action_id),
        lambda p: {(c.action_id, c.rider) for c in p.contacts},
    ]
    one_way, other_way = merged(one, other), merged(*swapped(one, other))
    for fact in facts:
        assert fact(one_way) == fact(other_way)


@settings(max_examples=200, derandomize=True)
@given(rows, rows)
def test_merge_never_makes_room_under_a_cap(one: Party, other: Party) -> None:
    """Every contact of either row is in the merged ledger; one both rows know is there once."""
    ledger = merged(one, other).contacts
    for side in (one, other):
        for contact in side.contacts:
            if contact.action_id:
                assert (contact.action_id, contact.rider) in {(c.action_id, c.rider) for c in ledger}
            else:
                assert contact in ledger
    assert len([c for c in ledger if not c.action_id]) == len(
        [c for side in (one, other) for c in side.contacts if not c.action_id]
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (None, (True, 1), True),
        ((True, 1), None, True),
        ((True, 5), (False, 9), False),
        ((False, 9), (True, 5), False),
        ((False, 5), (True, 9), True),
        ((True, 9), (False, 5), True),
        ((True, 7), (False, 7), False),
        ((False, 7), (True, 7), False),
    ],
)
def test_later_consent_wins_and_the_withdrawal_among_equals(
    ours: tuple[bool, int] | None, theirs: tuple[bool, int] | None, expected: bool
) -> None:
    winner, loser = (
        Party(name, consents={"profiling": Consent(*given, 0)} if given else {})
        for name, given in (("1-a", ours), ("2-b", theirs))
    )
    assert expected == merged(winner, loser).consents["profiling"].granted


def test_interests_fade_by_their_own_half_life() -> None:
    """Two weeks for interests in this policy, one for pressure: each by its own."""
    at = SMALL.interest_half_life
    winner = Party("1-a", interests={"card": Interest(8.0, 0)}, pressure=8.0, pressure_at=0)
    loser = Party("2-b", interests={"card": Interest(1.0, at)}, pressure=1.0, pressure_at=CONTACT.pressure_half_life)
    row = merged(winner, loser)
    assert (5.0, at) == (row.interests["card"].weight, row.interests["card"].at)
    assert (5.0, CONTACT.pressure_half_life) == (row.pressure, row.pressure_at)


def need(name: str, theme: str, due: int, deadline: int, promised: bool = False) -> Need:
    return Need(name, "question", theme, "web", 0, due, deadline, 1, promised)


def test_open_needs_on_one_theme_become_one_due_at_the_earlier_of_both() -> None:
    winner = Party("1-a", needs=[need("n1", "card", 50, 90)], timers=[Timer("n1.a", 50, "answer", need="n1")])
    loser = Party("2-b", needs=[need("n2", "card", 40, 99)], timers=[Timer("n2.a", 40, "answer", need="n2")])
    row = merged(winner, loser)
    assert [("n1", 2, 40, 90)] == [(n.id, n.signals, n.answer_due, n.deadline) for n in row.needs]
    assert [("answer", 40, "n1"), ("overdue", 90, "n1")] == [(t.intent, t.due, t.need) for t in row.timers]


def test_promises_of_both_rows_are_kept() -> None:
    """Two promises on one theme: neither plan is lost, and neither need is overdue before its promise."""
    winner, loser = (
        Party(
            party,
            needs=[need(name, "card", 0, due + HOUR, promised=True)],
            timers=[
                Timer(f"{name}.d", due, "promise", "call", name, f"a-{name}"),
                Timer(f"{name}.o", due + HOUR, "overdue", need=name),
            ],
            contacts=[Contact(due, "call_centre", "call", "service", "p", "card", f"a-{name}", planned=True)],
        )
        for party, name, due in (("1-a", "n1", 2 * HOUR), ("2-b", "n2", 5 * HOUR))
    )
    row = merged(winner, loser)
    assert {"n1.d", "n2.d", "n1.o", "n2.o"} == {t.id for t in row.timers}
    assert {"n1", "n2"} == {n.id for n in row.needs}
    assert {"a-n1", "a-n2"} == {c.action_id for c in row.contacts}


def test_row_that_knew_the_other_as_a_relative_forgets_it() -> None:
    """Before the merge one person looked like two members of a household: an offer must not name him twice."""
    winner = Party("1-a", name="Giorgio", members=[Member("2-b", "Giorgio", "spouse"), Member("3-c", "Gaia", "spouse")])
    loser = Party("2-b", members=[Member("1-a", "Giorgio", "spouse"), Member("4-d", "Gabriele", "child")])
    assert ["3-c", "4-d"] == [m.party for m in merged(winner, loser).members]


def test_merge_of_hundreds_keeps_every_bound() -> None:
    """A tablet in a shop window: three hundred cookies that turn out to be one person."""
    row, closed = Party("0-w"), []
    for n in range(300):
        loser = Party(
            f"5-{n}",
            identifiers=[("cookie", f"c{n}")],
            interests={f"t{n}": Interest(1.0, n)},
            touches=[Touch(n, "web", "view", "")],
            contacts=[Contact(n, "sms", "a", "service", "p", "t", f"a-{n}", planned=n % 2 == 0)],
            pending=[Pending(f"a-{n}", "a", "f", "sms", "t", n, 1.0, 1.0, "")],
            timers=[Timer(f"x{n}.d", n, "deliver", "a", action_id=f"a-{n}")] if n % 2 == 0 else [],
            negatives=[(n, "refused", "sms", "|")],
            needs=[need(f"n{n}", f"t{n}", n, n)],
            members=[Member(f"m{n}", "", "")],
            recent=[n],
        )
        closed += merge(row, loser, SMALL)
        labels.bound(row, SMALL)
    assert (INTERESTS, RECENT_TOUCHES, SMALL.learning.pending_at_most, NEEDS, RECENT_EVENTS, MEMBERS) == (
        len(row.interests), len(row.touches), len(row.pending), len(row.needs), len(row.recent), len(row.members),
    )  # fmt: skip
    assert len(row.contacts) <= LEDGER
    assert PLANS == len([t for t in row.timers if t.action])
    assert len(row.negatives) <= 32
    assert [("cookie", "c298"), ("cookie", "c299")] == row.identifiers
    assert {t.action_id for t in row.timers if t.action} == {c.action_id for c in row.contacts if c.planned}
    assert [NeedClosed("question", f"t{n}", NeedEnd.UNANSWERED, "too_many_needs") for n in range(300 - NEEDS)] == closed


# ---- through the decision ------------------------------------------------------------------------------------------


def two() -> Log:
    """Two rows, "1-w" and "2-l", of one person."""
    log = known(Log(), "own_promotion", party="1-w")
    return known(log, "own_promotion", identifiers=(Identifier("phone", "+392"),), party="2-l")


def test_row_moves_and_leaves_an_alias_that_forwards() -> None:
    log = two()
    log.happen(touch("post", "loan"), party="2-l")
    log.happen(PartyMerged("1-w"), party="2-l")
    assert ("1-w", [], []) == (log.party("2-l").alias_of, log.party("2-l").timers, log.party("2-l").contacts)
    log.happen(view("card"), party="2-l")
    assert [("1-w", "offer_email")] == [(c.party, c.action) for c in log.commands()]
    assert ["moved", "decided", "forwarded", "decided"] == [r.disposition.value for r in log.records()][-4:]


def test_need_of_the_loser_is_answered_by_the_winner() -> None:
    log = two()
    log.happen(touch("post", "card", Channel.WEB), party="2-l")
    log.happen(PartyMerged("1-w"), MINUTE, party="2-l")
    log.wait(HOUR)
    assert [("1-w", "reply_promise", NOON + 5 * MINUTE)] == [(c.party, c.action, c.at) for c in log.commands()]


def test_one_answer_for_signals_of_both_rows() -> None:
    log = two()
    log.happen(touch("post", "card"), party="1-w")
    log.happen(touch("form", "card"), party="2-l")
    log.happen(PartyMerged("1-w"), MINUTE, party="2-l")
    log.wait(HOUR)
    assert ["reply_promise"] == log.names()


def test_contact_of_the_loser_counts_for_the_winner() -> None:
    """An e-mail to each row: the third one, of the merged party, is over the cap."""
    log = two()
    log.happen(view("card"), party="1-w")
    log.happen(touch("account_opened"), party="2-l")
    log.happen(PartyMerged("1-w"), party="2-l")
    assert {"offer_email"} == {c.action for c in log.party("1-w").contacts if c.action_class == "marketing"}
    assert 1 == len([c for c in log.party("1-w").contacts if c.action == "offer_email"])


def test_merge_told_twice_moves_once() -> None:
    log = two()
    log.happen(PartyMerged("1-w"), party="2-l", event_id="m")
    row = log.rows["1-w"]
    log.happen(PartyMerged("1-w"), party="2-l", event_id="m")
    log.happen(PartyMerged("1-w"), party="2-l", event_id="m2")
    assert row == log.rows["1-w"]
    assert ["moved", "decided", "duplicate", "forwarded"] == [r.disposition.value for r in log.records()][-4:]


def test_claim_that_names_the_worse_party_is_turned_round() -> None:
    """That two parties are one person is said of both: the worse one moves, whoever was told."""
    log = two()
    log.happen(PartyMerged("2-l"), party="1-w")
    assert ("", "1-w") == (log.party("1-w").alias_of, log.party("2-l").alias_of)


def test_alias_told_of_a_worse_winner_brings_it_to_the_better_one() -> None:
    """ "3-x" is "1-w" already, and turns out to be "2-l" as well: so "2-l" is "1-w"."""
    log = known(two(), party="3-x")
    log.happen(PartyMerged("1-w"), party="3-x")
    log.happen(PartyMerged("2-l"), party="3-x")
    assert ("1-w", "1-w") == (log.party("3-x").alias_of, log.party("2-l").alias_of)


def test_two_customers_are_never_one() -> None:
    """Whatever the links say: a customer id is a person, and its row, consents and promises stay its own."""
    log = known(Log(), "own_promotion", party="0-a")
    known(log, party="0-b")
    log.happen(PartyMerged("0-a"), party="0-b")
    log.happen(PartyMerged("0-b"), party="0-a")
    assert ("", "") == (log.party("0-a").alias_of, log.party("0-b").alias_of)


def test_party_told_that_it_is_itself_stays() -> None:
    log = two()
    log.happen(PartyMerged("1-w"), party="1-w")
    assert "" == log.party("1-w").alias_of


def test_chain_of_merges_ends_at_the_best() -> None:
    log = known(Log(), party="0-a")
    known(log, party="1-w")
    known(log, "own_promotion", party="2-l")
    log.happen(PartyMerged("1-w"), party="2-l")
    log.happen(PartyMerged("0-a"), party="1-w")
    log.happen(view("card"), party="2-l")
    assert ["0-a"] == [c.party for c in log.commands()]


def test_loser_that_learns_of_a_better_winner_passes_it_on() -> None:
    """The alias tells the party it became: that one moves too."""
    log = known(Log(), party="1-w")
    known(log, party="2-l")
    log.happen(PartyMerged("1-w"), party="2-l")
    log.happen(PartyMerged("0-a"), party="2-l")
    assert ("1-w", "0-a", "") == tuple(log.party(p).alias_of for p in ("2-l", "1-w", "0-a"))


def test_consent_withdrawn_at_the_loser_holds_at_the_winner() -> None:
    log = two()
    log.happen(consent("own_promotion", False), MINUTE, party="2-l")
    log.happen(PartyMerged("1-w"), MINUTE, party="2-l")
    log.happen(view("card"), MINUTE, party="1-w")
    assert [] == log.names()
