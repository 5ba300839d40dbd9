"""Applied markers: an event changes a row once, however often it arrives.

Rules
 1. What resolve forwards carries where it lay (topic, partition, offset). Both hops keep order, so anything at or
    below the last offset applied from that partition has been applied: exact, whatever was sent twice.
 2. What came over an alias was checked against the alias's own markers; here only the ring sees it, because the two
    ways are not in one order.
 3. The ring of event ids catches a producer's own duplicates, and an event that took the alias's way the first time
    and the direct way the second.
 4. Timers need neither: a fired timer is no longer on the row.
"""

from garbo.core.party.state import MARKERS, RECENT_EVENTS, Party
from garbo.core.vocabulary.events import PartyEvent, TimerFired
from garbo.core.vocabulary.ids import fingerprint


def already_applied(party: Party, event: PartyEvent) -> bool:
    source = event.source
    if source is not None and not event.forwarded_from:
        applied = party.applied.get(f"{source.topic}:{source.partition}", -1)
        if source.offset <= applied:
            return True
    if isinstance(event.body, TimerFired):
        return False
    return fingerprint(event.event_id) in party.recent


def mark(party: Party, event: PartyEvent) -> None:
    source = event.source
    if source is not None and not event.forwarded_from:
        key = f"{source.topic}:{source.partition}"
        party.applied.pop(key, None)  # the least recently seen partition stands first
        party.applied[key] = source.offset
        if len(party.applied) > MARKERS:
            del party.applied[next(iter(party.applied))]
    if not isinstance(event.body, TimerFired):
        party.recent.append(fingerprint(event.event_id))
        del party.recent[:-RECENT_EVENTS]
