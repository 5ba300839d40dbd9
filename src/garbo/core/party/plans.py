"""Planned contacts that will not be made: they leave the row, and so does what they had reserved."""

from garbo.core.party import needs
from garbo.core.party.state import Need, Party, Timer
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import Reason


def unneeded(party: Party, need: Need, what: str, policy: Policy) -> list[Blocked]:
    """The need has ended: cancel the answer planned for it, unless that answers another need too. what: the reason."""
    cancelled = []
    for timer in list(party.timers):
        action = policy.actions.get(timer.action)
        if timer.need != need.id or timer.intent != "deliver" or action is None:
            continue
        if not needs.answerable(party, action):
            release(party, timer)
            cancelled.append(Blocked(action.name, Reason.CANCELLED, what))
    return cancelled


def release(party: Party, timer: Timer) -> None:
    """Take a timer and the contact it had reserved off the row."""
    party.timers = [t for t in party.timers if t.id != timer.id]
    if timer.action_id:
        party.contacts = [c for c in party.contacts if c.action_id != timer.action_id or not c.planned]
