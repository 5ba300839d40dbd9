"""The row's lists and texts kept within `state`'s bounds: what is given up, and why nobody misses it."""

from garbo.core.customer.state import LEDGER, PLANS, TEXT, Party


def text(given: str) -> str:
    """Names and codes from outside, cut."""
    return given if len(given) <= TEXT else given[:TEXT]


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
    planned = sorted((t for t in party.timers if t.action), key=lambda t: (t.due, t.id))
    for lost in planned[PLANS:]:
        party.timers = [t for t in party.timers if t is not lost]
        if lost.action_id:
            party.contacts = [c for c in party.contacts if not (c.planned and c.action_id == lost.action_id)]
