"""What rules count: bounded, forgotten in time, never without `profiling`, the same after a merge."""

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.party import counters
from garbo.core.party.merge import merge
from garbo.core.party.state import COUNTED, COUNTERS, Party, encode
from garbo.core.policy.actions import Trigger
from garbo.core.policy.compiled import compiled
from garbo.core.policy.lookups import LONGEST_WINDOW, Lookup
from garbo.core.vocabulary.events import ProfileUpdate
from garbo.core.vocabulary.instants import DAY, HOUR
from tests.unit.core.small import NOON, SMALL, Log, action, consent, known, outcome, touch, view, with_actions

LOOKUPS = {
    "A": Lookup("count", "view", 2 * DAY),
    "B": Lookup("count", "view", 7 * DAY),
    "C": Lookup("responses", "email", 30 * DAY),
    "D": Lookup("interest_in", "card"),
    "E": Lookup("contacts", "email", 90 * DAY),
}


def counting(**changed: object) -> Log:
    """Somebody with `profiling`, and a policy whose rules ask for `LOOKUPS`."""
    policy = with_actions(action("offer", when=(Trigger("touchpoint", "view"),)), **{"lookups": LOOKUPS, **changed})
    return known(Log(policy), "own_promotion", "profiling")


def test_only_what_some_rule_asks_for_is_counted() -> None:
    log = counting()
    log.happen(view())
    log.happen(touch("post", "card"))
    log.happen(touch("branch_visit"))
    assert {"view": [NOON]} == log.party().counters
    log = known(Log(), "profiling")
    log.happen(view())
    assert {} == log.party().counters


def test_each_counter_is_kept_for_the_longest_window_that_asks_for_it() -> None:
    policy = replace(SMALL, lookups=LOOKUPS, actions={
        "offer": action("offer", when=(Trigger("touchpoint", "view", theme="=", times=3, within=DAY),)),
    })  # fmt: skip
    assert {"view": 7 * DAY, "view/card": DAY, "response:email": 30 * DAY} == compiled(policy).counters
    silent = replace(policy, lookups={"F": Lookup("days_since", "view")})
    assert LONGEST_WINDOW == compiled(silent).counters["view"]


def test_the_ledger_remembers_as_long_as_a_rule_looks_at_contacts() -> None:
    assert 90 * DAY <= compiled(replace(SMALL, lookups=LOOKUPS)).memory


def test_what_is_older_than_its_window_is_forgotten_at_the_next_event() -> None:
    log = counting()
    log.happen(view())
    log.happen(view(), DAY)
    assert 2 == len(log.party().counters["view"])
    log.wait(6 * DAY + HOUR)
    log.happen(ProfileUpdate())
    assert 1 == len(log.party().counters["view"])
    log.wait(DAY)
    log.happen(ProfileUpdate())
    assert {} == log.party().counters


def test_a_policy_that_asks_no_more_makes_the_row_forget() -> None:
    log = counting()
    log.happen(view())
    log.policy = compiled(replace(log.policy.policy, lookups={}))
    log.happen(ProfileUpdate())
    assert {} == log.party().counters


def test_nothing_is_counted_without_profiling_and_all_is_forgotten_at_its_withdrawal() -> None:
    log = counting()
    log.happen(view())
    log.happen(consent("profiling", False))
    assert {} == log.party().counters
    log.happen(view())
    assert {} == log.party().counters
    log.happen(consent("profiling"))
    log.happen(view())
    log.happen(consent("personal_data", False))
    assert {} == log.party().counters


def test_an_open_need_keeps_no_counter() -> None:
    """Touches about an open question are kept while it is open; a count over weeks answers no question."""
    log = counting()
    log.happen(consent("profiling", False))
    log.happen(touch("post", "card"))
    log.happen(view("card"))
    assert (2, {}) == (len(log.party().touches), log.party().counters)


def test_an_answer_to_a_contact_is_counted_on_its_channel() -> None:
    log = counting()
    log.happen(view())
    log.happen(outcome("opened", action="offer"), HOUR)
    log.happen(outcome("delivered", action="offer"), HOUR)  # its dispatcher's word, not the person's
    assert 1 == len(log.party().counters["response:email"])


def test_the_row_keeps_the_last_instants() -> None:
    log = counting()
    for _ in range(COUNTED + 9):
        log.happen(view(), HOUR)
    assert [log.at - n * HOUR for n in reversed(range(COUNTED))] == log.party().counters["view"]


def test_the_fullest_counters_take_little_room() -> None:
    row = Party("p", counters={f"{n:02}{'k' * 60}": [NOON + m for m in range(COUNTED)] for n in range(COUNTERS)})
    assert len(encode(row)) < 20_000


instants = st.lists(st.integers(0, 1000), max_size=2 * COUNTED)


@given(instants, st.integers(-1, 1001))
def test_counts_are_exact_up_to_the_bound(happened: list[int], since: int) -> None:
    """In any order of arrival: as many as there were, or at least `COUNTED`."""
    row = Party("p")
    for at in happened:
        counters.note(row, "k", at)
    assert min(COUNTED, len(happened) - bisect_right(sorted(happened), since)) == counters.count(row, "k", since)
    assert (max(happened) if happened else None) == counters.last(row, "k")


@given(instants, instants)
def test_a_merge_counts_both_and_does_not_depend_on_the_direction(ours: list[int], theirs: list[int]) -> None:
    def row(name: str, happened: list[int]) -> Party:
        found = Party(name)
        for at in happened:
            counters.note(found, "k", at)
        return found

    one, other = row("a", ours), row("b", theirs)
    merge(one, row("b", theirs), SMALL)
    merge(other, row("a", ours), SMALL)
    assert one.counters == other.counters
    assert sorted([*ours, *theirs])[-COUNTED:] == one.counters.get("k", [])


@given(instants.filter(bool), st.integers(1, 500), st.integers(0, 2000))
def test_pruning_drops_what_is_out_of_the_window_and_no_more(happened: list[int], window: int, at: int) -> None:
    row = Party("p")
    for instant in happened:
        counters.note(row, "k", instant)
    before = list(row.counters["k"])
    counters.prune(row, {"k": window}, at)
    assert [x for x in before if x > at - window] == row.counters.get("k", [])
