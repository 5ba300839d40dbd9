"""The party's own clock: when Garbo asks "what now?" though nothing has happened.

Rules
 1. A row has one timer for it, at the earliest instant at which some cause may apply. When it fires, the causes that do
    apply are the decision's; then it is wound again.
 2. A cause does not speak twice of the same thing: `party.clock` holds what each was last asked for (the entry into the
    stage, the date, the last silence).
 3. Hearing from us resets patience and silence. That is looked up when the timer fires, so only a new stage, an
    attribute and the timer itself move it.
"""

from datetime import UTC, date, datetime

from garbo.core.party.state import Party, Timer
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.core.vocabulary.instants import DAY

INTENT, ID = "proactive", "clock"


def strikes(party: Party, policy: Policy, at: int) -> list[str]:
    """The causes that apply at instant `at` (ms), in one order. They are noted on the row as asked for."""
    found = [cause for cause, due, _ in _causes(party, policy) if due <= at]
    for cause, due, mark in _causes(party, policy):
        if due <= at:
            party.clock[cause] = at if cause in (PATIENCE, SILENCE) else mark
    return found


def is_wound(party: Party) -> bool:
    """Has the row its timer? A row of before the policy had causes has none."""
    return any(t.intent == INTENT for t in party.timers)


def wind(party: Party, policy: Policy) -> None:
    """Set the timer to the earliest instant at which a cause may apply; without any there is no timer."""
    due = min((due for _, due, _ in _causes(party, policy)), default=0)
    held = next((t.due for t in party.timers if t.intent == INTENT), 0)
    if held == due:
        return
    party.timers = [t for t in party.timers if t.intent != INTENT]
    if due:
        party.timers.append(Timer(id=ID, due=due, intent=INTENT))


def last_contact(party: Party) -> int:
    """When the last contact was made with the party (ms); 0 for never, as far as the ledger knows."""
    return max((c.at for c in party.contacts if not c.planned and not c.member), default=0)


def beyond_patience(party: Party) -> str:
    """The stage whose patience the party has exhausted, with no contact since, as far as the ledger knows; "" for none.

    It looks at the row alone: the policy may have changed since the cause applied.
    """
    asked = party.clock.get(PATIENCE)
    if asked is None or asked <= party.stage_since or asked <= last_contact(party):
        return ""
    return party.stage


def date_at(value: str) -> int | None:
    """The instant (ms, midnight UTC) of an ISO date; None when it is none."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _causes(party: Party, policy: Policy) -> list[tuple[str, int, int]]:
    """(cause, when it applies (ms), what it is about). A cause that was asked for that already is left out."""
    given, clock = policy.proactive, party.clock
    found: list[tuple[str, int, int]] = []
    since = party.stage_since
    if given.after_stage and since and clock.get(STAGE, 0) != since:
        found.append((STAGE, since + given.after_stage, since))
    stage = policy.stages.get(party.stage)
    if stage is not None and stage.patience and since:
        found.append((PATIENCE, max(since, last_contact(party), clock.get(PATIENCE, 0)) + stage.patience, since))
    if given.silence:
        decided = max(party.decided_at, party.lifecycle_since, clock.get(SILENCE, 0))
        found.append((SILENCE, decided + given.silence, decided))
    for wanted in given.dates:
        value = party.attributes.get(wanted.attribute)
        at = date_at(value) if isinstance(value, str) else None
        if at is None:
            continue
        cause = DATE + wanted.attribute
        if clock.get(cause, 0) != at and at + DAY > party.at:
            found.append((cause, max(at - wanted.before, 1), at))
    return found
