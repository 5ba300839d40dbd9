"""Applied markers: an event changes a row once, however often it arrives.

Rules
 1. What resolve forwards carries where it lay (topic, partition, offset). Both hops keep order, so an event at or below
    the last offset applied from that partition has been applied: exact, whatever was sent twice.
 2. An event that came over an alias was checked against the alias's own markers; here only the ring sees it, because
    the two ways are not in one order.
 3. The ring of event ids catches a producer's own duplicates, and an event that came over the alias the first time and
    directly the second.
 4. Timers need neither: a fired timer is no longer on the row.
"""

from garbo.core.party.state import MARKERS, RECENT_EVENTS, Party
from garbo.core.vocabulary.events import PartyEvent, TimerFired


def already_applied(party: Party, event: PartyEvent, fingerprint: int) -> bool:
    """Has `event` changed the row before? fingerprint: of its id (`ids.fingerprint`)."""
    source = event.source
    if source is not None and not event.forwarded_from:
        applied = party.applied.get(f"{source.topic}:{source.partition}", -1)
        if source.offset <= applied:
            return True
    return fingerprint in party.recent and not isinstance(event.body, TimerFired)


def mark(party: Party, event: PartyEvent, fingerprint: int) -> None:
    """Note in the row that `event` is applied. fingerprint: of its id (`ids.fingerprint`)."""
    source = event.source
    if source is not None and not event.forwarded_from:
        key = f"{source.topic}:{source.partition}"
        party.applied.pop(key, None)  # the least recently seen partition stands first
        party.applied[key] = source.offset
        if len(party.applied) > MARKERS:
            del party.applied[next(iter(party.applied))]
    if not isinstance(event.body, TimerFired):
        party.recent.append(fingerprint)
        del party.recent[:-RECENT_EVENTS]
