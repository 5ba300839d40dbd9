"""The timer index: what the rows say, in order of time, each once; rebuilt from the rows it is the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.party.state import Party, Timer
from garbo.processors.timers import TimerIndex


def row(party: str, *timers: tuple[str, int]) -> Party:
    return Party(party, timers=[Timer(name, due, "deliver") for name, due in timers])


def drained(index: TimerIndex, *rows: Party, until: int = 10**9) -> list[tuple[int, str, str]]:
    """All that fires up to `until`, each timer taken off its row as decide does."""
    held = {r.id: r for r in rows}
    fired = []
    while found := list(index.due(until)):
        for due, party, timer in found:
            fired.append((due, party, timer))
            held[party].timers = [t for t in held[party].timers if t.id != timer]
            index.note(held[party])
    return fired


def test_timers_fire_in_order_of_time_across_parties() -> None:
    index, a, b = TimerIndex(), row("a", ("x", 30), ("y", 10)), row("b", ("z", 20))
    index.note(a)
    index.note(b)
    assert 10 == index.next_due
    assert [(10, "a", "y"), (20, "b", "z"), (30, "a", "x")] == drained(index, a, b)
    assert [] == list(index.due(10**9))


def test_nothing_fires_before_its_time() -> None:
    index = TimerIndex()
    index.note(row("a", ("x", 30)))
    assert [] == list(index.due(29))
    assert [(30, "a", "x")] == list(index.due(30))


def test_timer_fires_once_until_its_row_is_seen_again() -> None:
    """Produced, not yet decided: polled again it stays quiet."""
    index = TimerIndex()
    index.note(row("a", ("x", 30)))
    assert [(30, "a", "x")] == list(index.due(50))
    assert [] == list(index.due(50))
    index.note(row("a", ("x", 30), ("y", 40)))  # another event of the party came first
    assert [] == list(index.due(50))


def test_timer_taken_off_the_row_does_not_fire() -> None:
    index = TimerIndex()
    index.note(row("a", ("x", 30), ("y", 40)))
    index.note(row("a", ("y", 40)))
    assert [(40, "a", "y")] == list(index.due(100))


def test_timer_moved_fires_at_its_new_time_only() -> None:
    index = TimerIndex()
    index.note(row("a", ("x", 30)))
    index.note(row("a", ("x", 80)))
    assert [] == list(index.due(79))
    assert [(80, "a", "x")] == list(index.due(80))


def test_timer_moved_away_and_back_fires_once() -> None:
    index = TimerIndex()
    for due in (30, 80, 30):
        index.note(row("a", ("x", due)))
    assert [(30, "a", "x")] == list(index.due(100))


def test_one_party_has_one_timer_in_flight() -> None:
    """What the first sets anew may come before the second: the second waits until the first is decided."""
    index, party = TimerIndex(), row("a", ("first", 10), ("second", 50))
    index.note(party)
    assert [(10, "a", "first")] == list(index.due(100))
    party.timers = [Timer("second", 50, "deliver"), Timer("promise", 20, "promise")]  # what deciding `first` made of it
    index.note(party)
    assert [(20, "a", "promise")] == list(index.due(100))


def test_timer_that_could_not_be_decided_does_not_block_the_next() -> None:
    """A bug put it aside: the party's later timers still fire."""
    index = TimerIndex()
    index.note(row("a", ("broken", 10), ("promise", 50)))
    assert [(10, "a", "broken")] == list(index.due(20))
    index.skip("a")
    assert [(50, "a", "promise")] == list(index.due(100))


def test_party_without_timers_leaves_the_index() -> None:
    index = TimerIndex()
    index.note(row("a", ("x", 30)))
    index.note(row("a"))
    assert 0 == len(index)


timers = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 9)))


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abc"), timers), max_size=12))
def test_index_built_on_the_way_fires_what_one_built_from_the_rows_does(
    notes: list[tuple[str, list[tuple[str, int]]]],
) -> None:
    index, last = TimerIndex(), {}
    for party, timers in notes:
        last[party] = row(party, *dict(timers).items())
        index.note(last[party])
    rebuilt = TimerIndex()
    for held in last.values():
        rebuilt.note(held)
    copies = [row(r.id, *((t.id, t.due) for t in r.timers)) for r in last.values()]
    assert drained(rebuilt, *copies) == drained(index, *last.values())
