"""The row's lists and texts, kept within the bounds of `state`: what is given up, and why no rule misses it."""

from garbo.core.party.state import INTERESTS, LEDGER, PLANS, TEXT, Party

# Identifiers of one kind worth keeping: the one in use and the one before it.
SAME_KIND = 2
# Bytes of the class and the purpose of another system's contact. The longest purpose of the law has 34; 96 lines of the
# ledger hold them.
CODE = 64


def text(given: str, most: int = TEXT) -> str:
    """Names and codes from outside, cut to `most` bytes of UTF-8, at a character."""
    if len(given) * 4 <= most:
        return given
    raw = given.encode()
    return given if len(raw) <= most else raw[:most].decode("utf-8", "ignore")


def identify(party: Party, kind: str, value: str) -> None:
    """Keep an identifier as the latest of its kind: the person is reached where they were reached last."""
    pair = (kind, text(value))
    for held in reversed(party.identifiers):
        if held[0] == kind:
            if held == pair:
                return
            break
    same = [held for held in party.identifiers if held[0] == kind]
    if pair in same:
        party.identifiers.remove(pair)
    elif len(same) >= SAME_KIND:
        party.identifiers.remove(same[0])
    party.identifiers.append(pair)


def interests(party: Party) -> None:
    """Give up the interests that were shown the longest ago."""
    while len(party.interests) > INTERESTS:
        party.interests.pop(min(party.interests, key=lambda t: (party.interests[t].at, t)))


def contacts(party: Party) -> None:
    """Give up the oldest contacts made. While the ledger is full no offer is made, so no cap misses them."""
    while len(party.contacts) > LEDGER:
        made = [c for c in party.contacts if not c.planned]
        if not made:
            return
        oldest = min(made, key=lambda c: c.at)
        party.contacts = [c for c in party.contacts if c is not oldest]


def plans(party: Party) -> None:
    """Give up the farthest plans, and what they had reserved. The timers of needs always fit: needs are bounded."""
    if len(party.timers) <= PLANS:
        return
    planned = sorted((t for t in party.timers if t.action), key=lambda t: (t.due, t.id))
    for lost in planned[PLANS:]:
        party.timers = [t for t in party.timers if t is not lost]
        if lost.action_id:
            party.contacts = [c for c in party.contacts if not (c.planned and c.action_id == lost.action_id)]
