"""The party's own clock: when Garbo asks "what now?" though nothing has happened.

Rules
 1. A row has one timer for it, at the earliest instant at which some cause may apply. When it fires, the causes that do
    apply are the decision's; then it is wound again.
 2. A cause does not speak twice of the same thing: `party.clock` holds what each was last asked for (the entry into the
    stage of a journey, the date, the last silence).
 3. Hearing from us resets patience and silence. That is looked up when the timer fires, so only a new stage, an
    attribute and the timer itself move it.
"""

from datetime import UTC, date, datetime
from typing import NamedTuple

from garbo.core.party.state import Party, Timer
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.core.vocabulary.instants import DAY

INTENT, ID = "proactive", "clock"


def strikes(party: Party, policy: Policy, at: int) -> dict[str, list[str]]:
    """The causes that apply at instant `at` (ms), in one order -> the journeys in which they do; none for a cause that
    speaks of no stage. They are noted on the row as asked for."""
    found: dict[str, list[str]] = {}
    for cause in _causes(party, policy):
        if cause.due <= at:
            party.clock[cause.key] = at if cause.name in (PATIENCE, SILENCE) else cause.mark
            found.setdefault(cause.name, []).extend([cause.journey] if cause.journey else [])
    return found


def is_wound(party: Party) -> bool:
    """Has the row its timer? A row of before the policy had causes has none."""
    return any(t.intent == INTENT for t in party.timers)


def wind(party: Party, policy: Policy) -> None:
    """Set the timer to the earliest instant at which a cause may apply; without any there is no timer."""
    due = min((cause.due for cause in _causes(party, policy)), default=0)
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
    asked = party.clock.get(_key(PATIENCE, party.journey))
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


class _Cause(NamedTuple):
    """A cause that may apply at `due` (ms). mark: what it is about. key: in `party.clock`. journey: "" for no one."""

    name: str
    due: int
    mark: int
    key: str
    journey: str = ""


def _causes(party: Party, policy: Policy) -> list[_Cause]:
    """The causes still to come, or due. One that was asked for what it is about already is left out."""
    given, clock = policy.proactive, party.clock
    found: list[_Cause] = []
    for instance in party.journeys if given.after_stage else ():
        key = _key(STAGE, instance.journey)
        if instance.stage and clock.get(key, 0) != instance.since:
            found.append(_Cause(STAGE, instance.since + given.after_stage, instance.since, key, instance.journey))
    reached = last_contact(party) if party.stage else 0
    for name, stage_name, since in _stages(party):
        stage, key = policy.stage(name, stage_name), _key(PATIENCE, name)
        if stage is not None and stage.patience and since:
            silent = max(since, reached, clock.get(key, 0))
            found.append(_Cause(PATIENCE, silent + stage.patience, since, key, name))
    if given.silence:
        decided = max(party.decided_at, party.lifecycle_since, clock.get(SILENCE, 0))
        found.append(_Cause(SILENCE, decided + given.silence, decided, SILENCE))
    for wanted in given.dates:
        value = party.attributes.get(wanted.attribute)
        at = date_at(value) if isinstance(value, str) else None
        if at is None:
            continue
        cause = DATE + wanted.attribute
        if clock.get(cause, 0) != at and at + DAY > party.at:
            found.append(_Cause(cause, max(at - wanted.before, 1), at, cause))
    return found


def _stages(party: Party) -> list[tuple[str, str, int]]:
    """(journey, stage, since) of the open journeys; without one, where the party stood last."""
    found = [(i.journey, i.stage, i.since) for i in party.journeys if i.stage]
    return found or [(party.journey, party.stage, party.stage_since)]


def _key(cause: str, journey: str) -> str:
    return f"{cause}|{journey}"
