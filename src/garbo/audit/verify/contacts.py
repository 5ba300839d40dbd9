"""I3 and I4: each person's contacts and consents, recomputed in the order of the person's log.

Rules
 1. A command is checked against what the party's log held before it: contacts made, consents given or withdrawn, rows
    that arrived from parties of the same person. Later entries do not count.
 2. A command without a record (a violation of I1) is checked as well, at its own time.
 3. A withdrawal always applies; a grant older than the withdrawal it would undo does not. When two rows merge, the
    younger statement holds; at one instant, the withdrawal. An unknown consent is denied.
 4. A contact that its dispatcher reported as `failed` does not count. A contact by another system counts under the
    theme that it names.
 5. A rider counts on the channel of its carrier.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from garbo.audit.verify.history import History, Step
from garbo.audit.verify.log import Command, Consented, Content, Failed, Log, Moved, Outside
from garbo.audit.verify.report import InvariantResult
from garbo.audit.verify.rules import Cap, Rules
from garbo.core.vocabulary.effects import Deliver

DECIDED: Final = "decided"


class Contact(NamedTuple):
    at: int
    channel: str
    action: str
    action_class: str
    purpose: str
    theme: str
    action_id: str
    rider: bool = False


class Statement(NamedTuple):
    granted: bool
    at: int


@dataclass(slots=True)
class Person:
    contacts: list[Contact] = field(default_factory=list)
    consents: dict[str, Statement] = field(default_factory=dict)


def check(log: Log, past: History, rules: Rules) -> tuple[InvariantResult, InvariantResult]:
    """Check I3 (caps) and I4 (consents)."""
    walk = _Walk(log, past, rules)
    for party in walk.parties:
        walk.person(party)
    return walk.caps, walk.consent


class _Walk:
    def __init__(self, log: Log, past: History, rules: Rules) -> None:
        self.caps = InvariantResult("I3", "caps hold in every rolling window")
        self.consent = InvariantResult("I4", "nothing is sent without the consents its purpose needs")
        self._past, self._rules = past, rules
        self._persons: dict[str, Person] = {}
        known = {s.decision.decision_id for s in past.steps() if s.decision and s.decision.disposition == DECIDED}
        self._of: dict[str, list[Command]] = defaultdict(list)
        self._stray: dict[str, list[Command]] = defaultdict(list)
        seen: set[str] = set()
        for command in log.commands:
            deliver = command.deliver
            if deliver.action_id in seen:  # a copy: I2 checks it
                continue
            seen.add(deliver.action_id)
            if deliver.decision_id in known:
                self._of[deliver.decision_id].append(command)
            else:
                self._stray[deliver.party].append(command)
        self.parties = sorted({*past.parties, *self._stray})

    def person(self, party: str) -> Person:
        """The party after all events of its log."""
        if party in self._persons:
            return self._persons[party]
        person = self._persons[party] = Person()
        for step, commands in self._in_order(party):
            if step is not None:
                self._apply(person, step.arrival.content, step.arrival.at)
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

    def _apply(self, person: Person, content: Content, at: int) -> None:
        match content:
            case Consented(consent, granted):
                held = person.consents.get(consent)
                if held is not None and held.granted == granted:
                    person.consents[consent] = Statement(granted, max(at, held.at))
                elif held is None or not granted or at >= held.at:
                    person.consents[consent] = Statement(granted, at)
            case Outside(channel, action_class, purpose, theme):
                person.contacts.append(Contact(at, channel, "", action_class, purpose, theme, ""))
            case Failed(action_id, action):
                whose = action_id or next((c.action_id for c in reversed(person.contacts) if c.action == action), "")
                person.contacts = [c for c in person.contacts if not whose or c.action_id != whose]
            case Moved(loser):
                self._join(person, self.person(loser))
            case _:
                pass

    @staticmethod
    def _join(person: Person, other: Person) -> None:
        held = {(c.action_id, c.rider) for c in person.contacts if c.action_id}
        person.contacts += [c for c in other.contacts if (c.action_id, c.rider) not in held]
        for consent, theirs in other.consents.items():
            ours = person.consents.get(consent)
            if ours is None or (theirs.at, not theirs.granted) > (ours.at, not ours.granted):
                person.consents[consent] = theirs

    # ---- a command -----------------------------------------------------------------------------------------------

    def _made(self, person: Person, command: Command) -> None:
        for contact in self._contacts(command.deliver):
            self._permitted(person, command, contact)
            known = self._rules.actions.get(contact.action)
            if known is not None and known.internal:  # a note for staff is not a contact
                continue
            for cap in self._rules.caps:
                if contact.action_class in cap.limits and _matches(cap, contact):
                    self.caps.checked += 1
                    if _over(cap, contact.at, person.contacts):
                        self.caps.violations.append(
                            f"{command.place}: {contact.action} to {command.deliver.party} is over {cap.name} "
                            f"({cap.limit} in {cap.window // 3_600_000} h)"
                        )
            person.contacts.append(contact)

    def _contacts(self, made: Deliver) -> list[Contact]:
        """The contact and its riders."""
        contacts = [
            Contact(made.at, made.channel, made.action, made.action_class, made.purpose, made.theme, made.action_id)
        ]
        for rider in made.riders:
            known = self._rules.actions.get(rider.action)
            contacts.append(
                Contact(
                    made.at, made.channel, rider.action, known.action_class if known else "marketing", rider.purpose,
                    rider.theme, made.action_id, rider=True,
                )
            )  # fmt: skip
        return contacts

    def _permitted(self, person: Person, command: Command, contact: Contact) -> None:
        self.consent.checked += 1
        needed = self._rules.needed(contact.purpose, contact.action)
        if needed is None:
            self.consent.violations.append(f"{command.place}: the purpose {contact.purpose!r} is not declared")
            return
        for consent in sorted(needed):
            held = person.consents.get(consent)
            if held is None or not held.granted:
                why = "never given" if held is None else "withdrawn"
                self.consent.violations.append(
                    f"{command.place}: {contact.action} to {command.deliver.party} for {contact.purpose}, "
                    f"but {consent} was {why}"
                )


def _matches(cap: Cap, contact: Contact) -> bool:
    """Do the cap's filters match this contact? A rider counts only for caps on purposes or themes."""
    if contact.rider and not (cap.purposes or cap.themes):
        return False
    return (
        (not cap.channels or contact.channel in cap.channels)
        and (not cap.purposes or contact.purpose in cap.purposes)
        and (not cap.themes or contact.theme in cap.themes)
    )


def _over(cap: Cap, at: int, before: list[Contact]) -> bool:
    """Would a contact at `at` exceed the limit in a window (t - W, t] that holds it?

    Windows that end at a contact are enough: at this one, or at a later one less than W away.
    """
    counted = [c.at for c in before if c.action_class in cap.counts and _matches(cap, c)]
    ends = [at, *(t for t in counted if at < t < at + cap.window)]
    return any(1 + sum(end - cap.window < t <= end for t in counted) > cap.limit for end in ends)
