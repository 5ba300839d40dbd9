"""The objection to direct marketing: "stop writing to me" (GDPR art. 21(2)-(3)), channel by channel.

Rules
 1. An objection never ends by itself, and is not forgotten when `profiling` or `personal_data` is withdrawn.
 2. Only a consent lifts it: one that the purpose asks for, given later than the objection, by the time of the events.
    At the same instant the objection holds. The order in which the events arrive does not matter.
 3. What is said on a channel is about the channels that the policy names for it (`objects_to`); else about that
    channel, if contacts are made on it; else about every channel. A channel that the customer names goes first.
 4. It holds back direct marketing: the class `marketing`, and every purpose that promotes, also when it rides on
    another contact or is shown to who is there. Service, and what is owed, still goes.
"""

from garbo.core.party import consent
from garbo.core.party.plans import release
from garbo.core.party.state import INVITATIONS, OBJECTIONS, Party
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, Objection
from garbo.core.vocabulary.events import PartyEvent
from garbo.core.vocabulary.reasons import Reason

EVERY = "*"
"""The key of an objection, or of an invitation, that is about every channel."""

NAMED = "channel"
"""The attribute of a touchpoint in which the customer names the channel."""


def objects(
    party: Party, event: PartyEvent, compiled: CompiledPolicy, *, evidence: str, said_on: str, named: str = ""
) -> tuple[Objection, list[Blocked]]:
    """With `event` the party objects to marketing: the record of it, and the plans that are cancelled.

    evidence: the event's kind or status. said_on: its channel. named: the channel that the customer names.
    """
    channels = meant(compiled, said_on, named)
    for channel in channels:
        object_to(party, channel, event.at)
    every = EVERY in channels
    record = Objection(
        objection_id="o-" + ids.digest(party.id, event.event_id),
        party=party.id,
        at=event.at,
        channels=tuple(sorted(compiled.outbound if every else channels)),
        every=every,
        event_id=event.event_id,
        evidence=evidence,
        said_on=said_on,
        policy_version=compiled.policy.version,
    )
    return record, drop_plans(party, compiled.policy)


def invites(party: Party, given: str, said_on: str, at: int, compiled: CompiledPolicy) -> None:
    """The party gives the consent `given` at instant `at` (ms). said_on: the channel; "": for every channel."""
    for channel in meant(compiled, said_on) if said_on else (EVERY,):
        invite(party, given, channel, at)


def drop_plans(party: Party, policy: Policy) -> list[Blocked]:
    """Cancel the planned contacts to which the party has objected; they leave the ledger."""
    dropped = []
    for timer in list(party.timers) if party.objections else ():
        action = policy.actions.get(timer.action) if timer.action else None
        channel = timer.plan.channel if timer.plan is not None else ""
        if action is None or not channel or not is_marketing(action, policy):
            continue
        if objected(party, action.purpose, channel, policy):
            release(party, timer)
            dropped.append(Blocked(action.name, Reason.CANCELLED, Reason.OBJECTED.value, channel))
    return dropped


def object_to(party: Party, channel: str, at: int) -> bool:
    """The party objects to marketing on `channel` (or `EVERY`) at instant `at` (ms). False: a later objection holds."""
    if at <= _latest(party, channel):
        return False
    party.objections[channel] = at
    _bound(party)
    return True


def invite(party: Party, given: str, channel: str, at: int) -> None:
    """The party gives the consent `given` for `channel` (or `EVERY`) at instant `at` (ms), lifting older objections."""
    if given in consent.MARKETING:
        key = f"{given}|{channel}"
        party.invitations[key] = max(at, party.invitations.get(key, at))
        _bound(party)


def join(winner: Party, loser: Party) -> None:
    """The two are one person: of each channel, the later objection and the later invitation."""
    for channel, at in loser.objections.items():
        winner.objections[channel] = max(at, winner.objections.get(channel, at))
    for key, at in loser.invitations.items():
        winner.invitations[key] = max(at, winner.invitations.get(key, at))
    _bound(winner)


def is_marketing(action: Action, policy: Policy) -> bool:
    """Is it direct marketing: of that class, or for a purpose that promotes?"""
    if action.action_class is ActionClass.MARKETING:
        return True
    own = policy.vocabulary.purposes.get(action.purpose)
    if own is not None:
        return own.promotes
    return not consent.PROMOTION.isdisjoint(consent.PURPOSES.get(action.purpose, ()))


def objected(party: Party, purpose: str, channel: str, policy: Policy) -> bool:
    """Has the party objected to marketing on `channel`, and not given a consent that `purpose` asks for since?"""
    latest = _latest(party, channel)
    if latest < 0:
        return False
    asked = consent.MARKETING.intersection(consent.needs(purpose, policy.vocabulary.purposes) or ())
    return not asked or any(_invited(party, given, channel) <= latest for given in asked)


def meant(compiled: CompiledPolicy, said_on: str, named: str = "") -> tuple[str, ...]:
    """The channels that words on the channel `said_on` are about; (`EVERY`,) for all. named: by the customer.

    A name that is no channel of the policy is not understood, so it stands for every channel.
    """
    if named:
        return (named,) if named in compiled.outbound or named in compiled.policy.channels else (EVERY,)
    declared = compiled.policy.channels.get(said_on)
    if declared is not None and declared.objects_to:
        return declared.objects_to
    return (said_on,) if said_on in compiled.outbound else (EVERY,)


def _invited(party: Party, given: str, channel: str) -> int:
    """When the consent was last given for the channel (ms); -1 for never."""
    invitations = party.invitations
    return max(invitations.get(f"{given}|{channel}", -1), invitations.get(f"{given}|{EVERY}", -1))


def _latest(party: Party, channel: str) -> int:
    """When the party last objected to marketing on the channel (ms); -1 for never."""
    return max(party.objections.get(channel, -1), party.objections.get(EVERY, -1))


def _bound(party: Party) -> None:
    """Drop what an objection to every channel says too. Of too many objections, make one to every channel; of too many
    invitations, give up the oldest."""
    if len(party.objections) > OBJECTIONS:
        party.objections = {EVERY: max(party.objections.values())}
    elif EVERY in party.objections:
        every = party.objections[EVERY]
        party.objections = {c: at for c, at in party.objections.items() if c == EVERY or at > every}
    while len(party.invitations) > INVITATIONS:
        invitations = party.invitations
        invitations.pop(min(invitations, key=lambda key: (invitations[key], key)))
