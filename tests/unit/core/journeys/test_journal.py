"""The journal: a late happening is put in its place, and what was said becomes what would have been said in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.journeys.instance import OPEN, Happening
from garbo.core.journeys.journal import DETAIL, JOURNAL, happenings_of, merge, place, sound
from garbo.core.journeys.placement import due
from garbo.core.policy.journey_map import ANSWERED, HELD, PATIENCE, journey_map
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.instants import HOUR, MINUTE
from tests.unit.core.journeys.maps import CARD, KINDS, MAP, balance, happened, net, played, present

BEGIN = 1_000 * HOUR


def _happening(at: int, tie: int, what: tuple[str, str, str], channel: str, exits: int, enters: bool) -> Happening:
    kind, theme, detail = what
    return Happening(BEGIN + at * MINUTE, tie, kind, theme, channel, "all", enters, exits, detail)


TOUCHES = st.tuples(
    st.sampled_from([*KINDS, "delivered", "accepted", "refused", "failed", "opened"]),
    st.sampled_from(["card", "pension", "token", ""]),
    st.just(""),
)
OWN = st.one_of(
    st.tuples(st.just(HELD), st.sampled_from(["card", "service"]), st.sampled_from(["cap:weekly", "rule", "è" * 60])),
    st.tuples(st.just(ANSWERED), st.sampled_from(["card", "service"]), st.sampled_from(["reply", "offer", "fix"])),
    st.tuples(st.just(PATIENCE), st.just(""), st.just("")),
)


def happenings(hours: int, most: int) -> st.SearchStrategy[list[Happening]]:
    one = st.builds(
        _happening, st.integers(0, hours * 60), st.integers(0, 3), st.one_of(TOUCHES, OWN),
        st.sampled_from(["web", "call_centre"]), st.sampled_from([0, 0, 0, 1, 4]), st.sampled_from([True, True, False]),
    )  # fmt: skip
    return st.lists(one, max_size=most, unique_by=lambda h: (h.at, h.tie))


@given(happenings(24, JOURNAL), st.randoms(use_true_random=False))
def test_any_order_of_arrival_says_the_same_within_the_journal(given_: list[Happening], random: object) -> None:
    shuffled = list(given_)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    in_order, said = played(sorted(given_))
    late, corrected = played(shuffled)
    assert net(corrected) == net(said)
    assert sorted(late.now, key=lambda i: i.journey) == sorted(in_order.now, key=lambda i: i.journey)
    assert all(count > 0 for count in net(corrected).values())


@settings(max_examples=60)
@given(happenings(24 * 20, 60), st.lists(st.integers(0, 4), min_size=60, max_size=60))
def test_who_is_late_by_a_few_places_says_the_same_on_a_long_journey(given_: list[Happening], by: list[int]) -> None:
    ordered = sorted(given_)
    moved = [one for _, one in sorted((index + by[index], one) for index, one in enumerate(ordered))]
    kept_out = _gaps(moved)
    if kept_out:
        return
    assert net(played(moved)[1]) == net(played(ordered)[1])


def _gaps(arrived: list[Happening]) -> bool:
    """Does something come that is older than what had happened a day before the newest?"""
    newest = 0
    for one in arrived:
        if one.at < newest - 24 * HOUR:
            return True
        newest = max(newest, one.at)
    return False


@given(happenings(24 * 10, 60))
def test_nothing_crashes_and_a_row_stays_small(given_: list[Happening]) -> None:
    placed, said = played(given_)
    assert balance(said) == present(placed.now)
    assert sum(bool(i.stage) for i in placed.now) <= OPEN
    assert len(placed.now) <= len(MAP.courses)
    kept = happenings_of(MAP, placed)
    assert len(kept) <= JOURNAL
    assert kept == sorted(kept)
    assert len(placed.journal) <= 5 + JOURNAL * (21 + DETAIL)
    assert due(MAP, placed.now) >= 0


@given(happenings(24, 8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_two_rows_of_one_person_become_what_one_would_have_been(given_: list[Happening], first: list[bool]) -> None:
    mine = sorted(h for h, ours in zip(given_, first, strict=False) if ours)
    theirs = sorted(h for h, ours in zip(given_, first, strict=False) if not ours)
    (winner, said), (loser, more) = played(mine), played(theirs)
    said += more + merge(MAP, winner, loser, BEGIN + 25 * HOUR)
    alone, expected = played(sorted(given_))
    assert net(said) == net(expected)
    assert balance(said) == present(winner.now)
    assert present(winner.now) == present(alone.now)


@given(happenings(24 * 10, 40), happenings(24 * 10, 40))
def test_a_merge_beyond_the_journals_keeps_the_balance(mine: list[Happening], theirs: list[Happening]) -> None:
    (winner, said), (loser, more) = played(sorted(mine)), played(sorted(theirs))
    said += more + merge(MAP, winner, loser, BEGIN + 250 * HOUR)
    assert balance(said) == present(winner.now)
    assert len(happenings_of(MAP, winner)) <= JOURNAL
    later, after = played([happened(BEGIN + 300 * HOUR, "visit")], winner)
    assert balance(said + after) == present(later.now)


def test_what_is_older_than_the_journal_is_counted_and_changes_nothing() -> None:
    placed, _ = played([happened(BEGIN + HOUR * n, "visit") for n in range(JOURNAL + 1)])
    before = list(placed.now)
    (only,) = place(MAP, placed, happened(BEGIN + 1, "ask"))
    assert (only.sign, only.fact.kind, only.fact.journey) == (1, "too_late", "card")
    assert placed.now == before


def test_a_journey_open_in_both_rows_before_their_journals_goes_on_once() -> None:
    days = 24 * HOUR
    winner, said = played([happened(BEGIN, "visit", "pension"), happened(BEGIN + 2 * days, "complain", "token")])
    loser, more = played([happened(BEGIN + HOUR, "visit", "pension"), happened(BEGIN + 2 * days, "complain", "token")])
    for one in (winner, loser):
        assert one.settled
    corrected = merge(MAP, winner, loser, BEGIN + 3 * days)
    assert balance(said + more + corrected) == present(winner.now)


def test_a_row_with_the_journal_of_another_map_is_settled_and_its_unknown_stages_end() -> None:
    placed, said = played([happened(BEGIN, "visit"), happened(BEGIN + 1, "complain", "token")])
    other = journey_map({"card": CARD}, (), {}, ("card",), DEFAULT)
    out = place(other, placed, Happening(BEGIN + 2, 1, "delivered", "card"))
    ended = [s.fact for s in out if s.fact.kind == "end"]
    assert [(f.journey, f.origin, f.trigger) for f in ended] == [("service", "trouble", "policy")]
    assert balance(said + out) == present(placed.now) == {("card", "look"): 1}
    assert placed.settled == BEGIN + 1


def test_what_is_no_journal_is_not_sound() -> None:
    placed, _ = played([happened(BEGIN + n, "visit") for n in range(3)])
    assert sound(placed.base, placed.journal)
    assert sound(b"", b"")
    for broken in (placed.journal[:-1], placed.journal + b"\0", placed.journal[:3], b"\0" * 30):
        assert not sound(b"", broken)
    assert not sound(b"\x91", placed.journal)


def test_the_bytes_of_a_journal_stay_as_they_are() -> None:
    placed, _ = played(
        [
            _happening(0, 3, ("visit", "card", ""), "web", 0, True),
            _happening(1, 4, (HELD, "card", "cap:weekly"), "web", 1, False),
        ]
    )
    assert placed.journal.hex() == GOLDEN
    assert [h.kind for h in happenings_of(MAP, placed)] == ["visit", HELD]


GOLDEN = (
    "f07c261a0200a493d60000000003000000130002000b030000006361703a7765656b6c79608e94d60000000004000000030002000b0201000a"
)
