"""Applied markers: exact for what resolve sends, a ring for producers' own copies, and the two ways of an alias."""

import pytest

from garbo.core.party.dedup import already_applied, mark
from garbo.core.party.state import MARKERS, RECENT_EVENTS, Party
from garbo.core.vocabulary.events import PartyEvent, Source, TimerFired
from garbo.core.vocabulary.ids import fingerprint
from tests.unit.core.small import view


def event(
    name: str, offset: int = -1, partition: int = 0, forwarded_from: str = "", topic: str = "touchpoints"
) -> PartyEvent:
    source = Source(topic, partition, offset) if offset >= 0 else None
    return PartyEvent(name, "p", 1, view(), source=source, forwarded_from=forwarded_from)


def seen(party: Party, one: PartyEvent) -> bool:
    return already_applied(party, one, fingerprint(one.event_id))


def after(*events: PartyEvent) -> Party:
    party = Party("p")
    for one in events:
        mark(party, one, fingerprint(one.event_id))
    return party


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (event("new", 7), True),  # the very offset
        (event("new", 6), True),  # below it: had it been ours, it would have come before
        (event("new", 8), False),
        (event("new", 7, partition=1), False),
        (event("new", 7, topic="consents"), False),
        (event("old", 99), True),  # a producer's copy: another offset, the same id
        (event("old"), True),
        (event("new"), False),
        (event("new", 3, forwarded_from="5-alias"), False),  # the alias's log is another order
        (event("old", 3, forwarded_from="5-alias"), True),
    ],
)
def test_known_or_new(one: PartyEvent, expected: bool) -> None:
    assert expected == seen(after(event("old", 7)), one)


def test_forwarded_event_leaves_no_offset_behind() -> None:
    """Or an event of the party's own way with a lower offset would be taken for old."""
    party = after(event("a", 50, forwarded_from="5-alias"))
    assert not seen(party, event("b", 10))
    assert seen(party, event("a", 50))  # by its id, when it comes the direct way as well


def test_timers_are_known_by_the_row_not_by_the_ring() -> None:
    fired = PartyEvent("t", "p", 1, TimerFired("x", 1))
    assert not seen(after(fired), fired)
    assert [] == after(fired).recent


def test_ring_and_markers_are_bounded_and_the_least_recent_goes() -> None:
    party = after(
        *(event(f"e{n}", 1, partition=n) for n in range(100)),
        event("again", 2, partition=80),
        event("x", 1, partition=100),
    )
    assert (RECENT_EVENTS, MARKERS) == (len(party.recent), len(party.applied))
    assert "touchpoints:80" in party.applied
    assert "touchpoints:100" in party.applied
    assert "touchpoints:76" not in party.applied


def test_copies_within_the_ring_are_caught() -> None:
    party = after(*(event(f"e{n}") for n in range(RECENT_EVENTS)))
    assert all(seen(party, event(f"e{n}")) for n in range(RECENT_EVENTS))
