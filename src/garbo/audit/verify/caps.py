"""I3: the caps of the contact policy, recomputed from the contacts that were made.

Rules
 1. A contact without one of its own (a rider, an offer shown to a person who is there) counts only for caps on
    purposes, themes or groups.
 2. A cap on a household counts the contacts with its members as far as the party's log knew them: it cannot be exact
    between two members whom two workers contact in the same moment.
"""

from garbo.audit.verify.log import Command
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import Cap, Rules


class Caps(Judge):
    def __init__(self, rules: Rules) -> None:
        super().__init__("I3", "caps hold in every rolling window")
        self._rules = rules

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        if self._rules.internal(contact.action):
            return
        for cap in self._rules.caps:
            if contact.action_class in cap.limits and _matches(cap, contact):
                self.result.checked += 1
                counted = [c.at for c in person.contacts if c.action_class in cap.counts and _matches(cap, c)]
                if crowded(contact.at, counted, cap.limit, cap.window):
                    self.result.violations.append(
                        f"{command.place}: {contact.action} to {command.deliver.party} is over {cap.name} "
                        f"({cap.limit} in {cap.window // 3_600_000} h)"
                    )


def _matches(cap: Cap, contact: Contact) -> bool:
    """Do the cap's filters match this contact?"""
    if contact.rider and not (cap.purposes or cap.themes or cap.groups):
        return False
    return (
        (not cap.channels or contact.channel in cap.channels)
        and (not cap.purposes or contact.purpose in cap.purposes)
        and (not cap.themes or contact.theme in cap.themes)
        and (not cap.groups or contact.group in cap.groups)
        and (cap.household or not contact.member)
    )


def crowded(at: int, counted: list[int], limit: int, window: int) -> bool:
    """Would a contact at `at` exceed the limit in a window (t - W, t] that holds it? counted: the other ones' instants.

    Windows that end at a contact are enough: at this one, or at a later one less than W away.
    """
    ends = [at, *(t for t in counted if at < t < at + window)]
    return any(1 + sum(end - window < t <= end for t in counted) > limit for end in ends)
