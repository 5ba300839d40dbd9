"""What was known of each person at each place of the log: contacts, consents, names, the household.

Rules
 1. A command is checked against what the party's log held before it: contacts made, consents given or withdrawn, rows
    that arrived from parties of the same person. Later entries do not count.
 2. A command without a record (a violation of I1) is checked as well, at its own time.
 3. A withdrawal always applies; a grant older than the withdrawal it would undo does not. When two rows merge, the
    younger statement holds; at one instant, the withdrawal. An unknown consent is denied.
 4. A contact that its dispatcher reported as `failed` does not count. A contact by another system counts under the
    theme that it names.
 5. A rider counts on the channel of its carrier. What is shown to a person who is there counts like a rider.
 6. A person objects to marketing with a touchpoint of a kind that says so, or by unsubscribing. What only the record of
    the objection says counts too: that a text was one, or the channel of a contact that this log does not know.
 7. Of a household's member this log knows what its messages say, no more. A message from a stranger says nothing, and
    neither does one from a member beyond the twelfth.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from garbo.audit.verify.content import (
    Consented,
    Contacted,
    Content,
    Joined,
    Moved,
    Named,
    Outside,
    Permits,
    Reported,
    Touched,
)
from garbo.audit.verify.history import DECIDED, History, Step
from garbo.audit.verify.log import Arrival, Command, Log
from garbo.audit.verify.origins import Origins
from garbo.audit.verify.report import InvariantResult
from garbo.audit.verify.rules import EVERY, MARKETING, NOT_MARKETING, Rules
from garbo.core.vocabulary.effects import Deliver

MEMBERS: Final = 12


class Contact(NamedTuple):
    """rider: no contact of its own. look: about what the person merely looked at. member: made with this member of the
    household, not with the person."""

    at: int
    channel: str
    action: str
    action_class: str
    purpose: str
    theme: str
    action_id: str
    group: str = ""
    rider: bool = False
    look: bool = False
    member: str = ""


class Statement(NamedTuple):
    granted: bool
    at: int


class Objection(NamedTuple):
    """To marketing on `channel`, or on `EVERY`, at instant `at` (ms)."""

    channel: str
    at: int
    event_id: str


class Invitation(NamedTuple):
    """The consent was given for `channel`, or for `EVERY`, at instant `at` (ms)."""

    consent: str
    channel: str
    at: int


class Member(NamedTuple):
    """A member of the household, and what they permit as far as this log knows."""

    party: str
    names: frozenset[str]
    consents: frozenset[str] = frozenset()


@dataclass(slots=True)
class Person:
    contacts: list[Contact] = field(default_factory=list)
    consents: dict[str, Statement] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    members: list[Member] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)

    def granted(self, consent: str) -> bool:
        held = self.consents.get(consent)
        return held is not None and held.granted

    def objects(self, levels: frozenset[str], channel: str) -> bool:
        """Does some objection hold against marketing on `channel` that needs the consents `levels`?"""
        about, asked = (channel, EVERY), levels - NOT_MARKETING
        return any(
            not asked
            or any(
                not any(i.consent == c and i.channel in about and i.at > o.at for i in self.invitations) for c in asked
            )
            for o in self.objections
            if o.channel in about
        )


class Judge:
    """An invariant about persons. It overrides the hooks that it needs."""

    def __init__(self, name: str, says: str) -> None:
        self.result = InvariantResult(name, says)

    def event(self, person: Person, step: Step) -> None:
        """A decided event was applied to the person; its commands come next."""

    def command(self, person: Person, command: Command) -> None:
        """A command, before its contacts."""

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        """A contact or rider of a command, before it is added to the person's."""


def walk(log: Log, past: History, rules: Rules, origins: Origins, judges: Sequence[Judge]) -> None:
    """Take each judge along every person's log."""
    walking = _Walk(log, past, rules, origins, judges)
    for party in walking.parties:
        walking.person(party)


class _Walk:
    def __init__(self, log: Log, past: History, rules: Rules, origins: Origins, judges: Sequence[Judge]) -> None:
        self._past, self._rules, self._origins, self._recorded = past, rules, origins, log.objections
        self._on_event = [j.event for j in judges if type(j).event is not Judge.event]
        self._on_command = [j.command for j in judges if type(j).command is not Judge.command]
        self._on_contact = [j.contact for j in judges if type(j).contact is not Judge.contact]
        self._persons: dict[str, Person] = {}
        known = {s.decision.decision_id for s in past.steps() if s.decision and s.decision.disposition == DECIDED}
        self._of: dict[str, list[Command]] = defaultdict(list)
        self._stray: dict[str, list[Command]] = defaultdict(list)
        for command in first_copies(log):
            if command.deliver.decision_id in known:
                self._of[command.deliver.decision_id].append(command)
            else:
                self._stray[command.deliver.party].append(command)
        self.parties = sorted({*past.parties, *self._stray})

    def person(self, party: str) -> Person:
        """The party after all events of its log."""
        if party in self._persons:
            return self._persons[party]
        person = self._persons[party] = Person()
        for step, commands in self._in_order(party):
            if step is not None:
                self._object(person, step.arrival)
                self._apply(person, party, step.arrival.content, step.arrival.at)
                for judge in self._on_event:
                    judge(person, step)
            for command in commands:
                self._made(person, command)
        return person

    def _in_order(self, party: str) -> Iterator[tuple[Step | None, list[Command]]]:
        stray = sorted(self._stray.get(party, ()), key=lambda c: c.deliver.at, reverse=True)
        for step in self._past.parties.get(party, ()):
            decision = step.decision
            if decision is None or decision.disposition != DECIDED:
                continue
            while stray and stray[-1].deliver.at < decision.at:
                yield None, [stray.pop()]
            # Two decisions under one id have one command: it belongs to the first.
            yield step, self._of.pop(decision.decision_id, [])
        for command in reversed(stray):
            yield None, [command]

    def _object(self, person: Person, arrival: Arrival) -> None:
        """What the event says about marketing: an objection, or a consent that lifts one."""
        rules, content, at = self._rules, arrival.content, arrival.at
        channels, record = frozenset[str](), self._recorded.get((arrival.party, arrival.event_id))
        match content:
            case Consented(consent, True, said_on):
                for channel in rules.meant(said_on) if said_on else (EVERY,):
                    person.invitations.append(Invitation(consent, channel, at))
            case Touched(kind, said_on, named) if kind in rules.objecting:
                channels = rules.meant(said_on, named)
            case Reported(status, action_id, _, said_on) if status in rules.unsubscribing:
                on = said_on or next(
                    (c.channel for c in reversed(person.contacts) if action_id and c.action_id == action_id), ""
                )
                channels = rules.meant(on) if on else frozenset() if record is not None else frozenset({EVERY})
            case _:
                pass
        if not channels and record is not None:
            channels = frozenset({EVERY}) if record.every else record.channels
        person.objections += [Objection(channel, at, arrival.event_id) for channel in channels]

    def _apply(self, person: Person, party: str, content: Content, at: int) -> None:
        match content:
            case None:
                pass
            case Consented(consent, granted):
                held = person.consents.get(consent)
                if held is not None and held.granted == granted:
                    person.consents[consent] = Statement(granted, max(at, held.at))
                elif held is None or not granted or at >= held.at:
                    person.consents[consent] = Statement(granted, at)
            case Outside(channel, action_class, purpose, theme):
                person.contacts.append(Contact(at, channel, "", action_class, purpose, theme, ""))
            case Reported(status, action_id, action, _) if status in self._rules.failed:
                whose = action_id or next((c.action_id for c in reversed(person.contacts) if c.action == action), "")
                person.contacts = [c for c in person.contacts if not whose or c.action_id != whose]
            case Moved(loser):
                self._join(person, party, loser)
            case Named(name):
                person.names.add(name)
            case Joined(member, name) if member != party:
                held_back = next((m.consents for m in person.members if m.party == member), frozenset())
                others = [m for m in person.members if m.party != member]
                joined = Member(member, frozenset({name}), held_back)
                person.members = sorted([*others, joined], key=lambda m: m.party)[:MEMBERS]
            case Permits(member, consents):
                person.members = [m._replace(consents=consents) if m.party == member else m for m in person.members]
            case Contacted(member, when, channel, action_class, purpose, theme, group):
                if any(m.party == member for m in person.members):
                    person.contacts.append(
                        Contact(when, channel, "", action_class, purpose, theme, "", group, member=member)
                    )
            case _:
                pass

    def _join(self, person: Person, party: str, loser: str) -> None:
        other = self.person(loser)
        held = {(c.action_id, c.rider) for c in person.contacts if c.action_id}
        person.contacts += [
            c for c in other.contacts if (c.action_id, c.rider) not in held and c.member not in (party, loser)
        ]
        for consent, theirs in other.consents.items():
            ours = person.consents.get(consent)
            if ours is None or (theirs.at, not theirs.granted) > (ours.at, not ours.granted):
                person.consents[consent] = theirs
        person.objections += other.objections
        person.invitations += other.invitations
        person.names |= other.names
        known = {m.party for m in person.members}
        members = person.members + [m for m in other.members if m.party not in known]
        person.members = [m for m in members if m.party not in (party, loser)][:MEMBERS]

    # ---- a command -----------------------------------------------------------------------------------------------

    def _made(self, person: Person, command: Command) -> None:
        for judge in self._on_command:
            judge(person, command)
        for contact in self._contacts(command.deliver):
            for look in self._on_contact:
                look(person, command, contact)
            if not self._rules.internal(contact.action):  # a note for staff is not a contact
                person.contacts.append(contact)

    def _contacts(self, made: Deliver) -> list[Contact]:
        """The contact and its riders."""
        looked = made.action_class == MARKETING and self._origins.look(made.action_id) is not None
        contacts = [
            Contact(
                made.at, made.channel, made.action, made.action_class, made.purpose, made.theme, made.action_id,
                made.group, rider=made.inbound, look=looked,
            )
        ]  # fmt: skip
        for rider in made.riders:
            known = self._rules.actions.get(rider.action)
            contacts.append(
                Contact(
                    made.at, made.channel, rider.action, known.action_class if known else MARKETING, rider.purpose,
                    rider.theme, made.action_id, known.group if known else "", rider=True,
                )
            )  # fmt: skip
        return contacts


def first_copies(log: Log) -> Iterator[Command]:
    """Each command once; I2 checks its copies."""
    seen: set[str] = set()
    for command in log.commands:
        if command.deliver.action_id not in seen:
            seen.add(command.deliver.action_id)
            yield command
