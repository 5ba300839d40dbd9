"""I19: no marketing on a channel after an objection there, until a consent to it is given later; and each objection has
its record on `objections`.

Rules
 1. Who objects with what, and to which channels, follows from the policy's YAML and the event. What only the record
    says (a text was understood as an objection) counts as the record says. A record may say more than was said.
 2. An objection is lifted for a purpose by each consent to marketing that the purpose needs, given later by the events'
    own time, for that channel or for all.
 3. Marketing is what the class or the purpose says. Riders and what is shown to a person who is there count.
 4. A record without its event is a violation, unless retention has deleted the event.
"""

from garbo.audit.verify.history import DECIDED, History, Step
from garbo.audit.verify.log import Command, Log
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import MARKETING, Rules


class Objections(Judge):
    def __init__(self, log: Log, past: History, rules: Rules, *, truncated: bool) -> None:
        super().__init__("I19", "no marketing after an objection to it; each objection has its record")
        self._rules, self._recorded = rules, log.objections
        if truncated:
            return
        applied = {
            (step.arrival.party, step.arrival.event_id)
            for step in past.steps()
            if step.decision is not None and step.decision.disposition == DECIDED
        }
        self.result.violations += [
            f"{record.place}: {party} has no decision on {event_id}, with which it is said to have objected"
            for (party, event_id), record in log.objections.items()
            if (party, event_id) not in applied
        ]

    def event(self, person: Person, step: Step) -> None:
        arrival = step.arrival
        said = {o.channel for o in person.objections if o.event_id == arrival.event_id}
        if not said:
            return
        self.result.checked += 1
        record = self._recorded.get((arrival.party, arrival.event_id))
        if record is None:
            self.result.violations.append(f"{arrival.place}: {arrival.party} objected, and there is no record of it")
        elif record.at != arrival.at or not (record.every or said <= record.channels):
            self.result.violations.append(f"{record.place}: {arrival.party} objected to {', '.join(sorted(said))}")

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        if not person.objections:
            return
        if contact.action_class != MARKETING and contact.purpose not in self._rules.promotions:
            return
        levels = self._rules.levels(contact.purpose) or frozenset()
        self.result.checked += 1
        if person.objects(levels, contact.channel):
            self.result.violations.append(
                f"{command.place}: {contact.action} to {command.deliver.party}, who objected to marketing on "
                f"{contact.channel}"
            )
