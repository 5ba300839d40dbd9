"""Offers that nobody answers: they weigh on the person, mildly, and a pause may follow.

There is no timer for it. At the party's next event, whatever it is, each offer whose time to be answered is over counts
as ignored at the instant at which that time was over; the row is the same as if it had been noticed then.
"""

from garbo.core.party import counters, pressure, suppressions
from garbo.core.party.state import Party, Pending
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.lookups import IGNORED, answer_key


def note(party: Party, compiled: CompiledPolicy, at: int) -> list[tuple[Pending, int]]:
    """Count the offers that were ignored by instant `at` (ms), each once. Returns them, with when that was (ms)."""
    found: list[tuple[Pending, int]] = []
    policy, contact = compiled.policy, compiled.policy.contact
    for pending in party.pending:
        over = pending.at + contact.ignored_after
        if pending.ignored or pending.seen or pending.answered or over > at:
            continue
        pending.ignored = True
        action = policy.actions.get(pending.action)
        if action is None or action.action_class is not ActionClass.MARKETING:
            continue
        line = next((c for c in party.contacts if c.action_id == pending.action_id), None)
        if line is not None and line.rider:
            continue  # it was shown, not sent: nobody had to answer
        if (key := answer_key(IGNORED, pending.channel)) in compiled.counters:
            counters.note(party, key, over)
        if contact.ignored_weight:
            pressure.add(party, contact.ignored_weight, over, contact)
        suppressions.note_negative(
            contact, party, suppressions.IGNORED, pending.channel, pending.theme, pending.action, over
        )
        if line is not None and line.look and contact.remarketing is not None:
            suppressions.note_ignored_look(contact, party, pending.channel, pending.theme, pending.action, over)
        found.append((pending, over))
    return found
