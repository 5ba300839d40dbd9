"""When something happened that the policy's rules count: the last instants of each counter, oldest first.

Rules
 1. Only the counters that the policy asks for are kept, each as long as its longest window, and its last `COUNTED`
    instants: a count says "at least" when it is full.
 2. A counter is behaviour: without `profiling` nothing is kept (`behaviour.forget`).
"""

from bisect import bisect_right, insort
from collections.abc import Mapping

from garbo.core.party.state import COUNTED, Party


def note(party: Party, key: str, at: int) -> None:
    """It happened at `at` (ms); late news take their place in time."""
    held = party.counters.get(key)
    if held is None:
        party.counters[key] = [at]
        return
    insort(held, at)
    del held[:-COUNTED]


def count(party: Party, key: str, since: int) -> int:
    """How often it happened after `since` (ms), at most `COUNTED`."""
    held = party.counters.get(key)
    return len(held) - bisect_right(held, since) if held else 0


def last(party: Party, key: str) -> int | None:
    """When it last happened (ms), as far as the row remembers."""
    held = party.counters.get(key)
    return held[-1] if held else None


def prune(party: Party, asked: Mapping[str, int], at: int) -> None:
    """Forget what no rule asks for, or what is older than its window. asked: counter -> longest window (ms)."""
    for key, held in list(party.counters.items()):
        since = at - asked.get(key, 0)
        if key not in asked or held[-1] <= since:
            del party.counters[key]
        elif held[0] <= since:
            del held[: bisect_right(held, since)]


def merge(winner: Party, loser: Party) -> None:
    """The winner's counters and the loser's together."""
    for key, theirs in loser.counters.items():
        winner.counters[key] = sorted([*winner.counters.get(key, ()), *theirs])[-COUNTED:]
