"""I13: nothing that reads a person's behaviour is sent without `profiling`, neither chosen nor made.

Rules
 1. What reads behaviour: an action whose rules, values or stages do; a choice at an event at which each entry of the
    action's `when` that fits the event does. Where one of them does not, the action competed without behaviour.
 2. A planned contact was chosen by the first decision about it. `profiling` must hold there and when it is made.
 3. Purposes that serve (`legal_obligation`, `contract`, `service_request`) may look at what the person did.
"""

from collections.abc import Iterator

from garbo.audit.verify.catalogue import Action, Entry
from garbo.audit.verify.history import TIMER, Step
from garbo.audit.verify.log import Command, Decision
from garbo.audit.verify.origins import TOUCHPOINT, Origins
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import PROFILING, SERVICES, Rules


class Behaviour(Judge):
    def __init__(self, rules: Rules, origins: Origins) -> None:
        super().__init__("I13", "nothing that reads behaviour is sent without profiling")
        self._rules, self._origins = rules, origins
        self._permitted: dict[str, bool] = {}  # action_id -> profiling, where it was chosen

    def event(self, person: Person, step: Step) -> None:
        decision = step.decision
        if decision is not None and decision.action_id:
            self._permitted.setdefault(decision.action_id, person.granted(PROFILING))

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        known = self._rules.actions.get(contact.action)
        if known is None or contact.purpose in SERVICES:
            return
        chosen = contact.action == command.deliver.action
        if not known.behavioural and not (chosen and self._entered_by_behaviour(contact.action_id, known)):
            return
        self.result.checked += 1
        if not person.granted(PROFILING):
            when = "made"
        elif chosen and not self._permitted.get(contact.action_id, True):
            when = "chosen"
        else:
            return
        self.result.violations.append(
            f"{command.place}: {contact.action} to {command.deliver.party} reads behaviour, "
            f"and was {when} without {PROFILING}"
        )

    def _entered_by_behaviour(self, action_id: str, action: Action) -> bool:
        step, behind = self._origins.of.get(action_id), set[str]()
        while step is not None and (again := self._origins.failed_before(step)) and again not in behind:
            behind.add(again)
            step = self._origins.of.get(again)
        decision = None if step is None else step.decision
        if decision is None or decision.confirmation:  # a follow-up: another action planned it
            return False
        fitting = list(_fitting(action, decision, self._rules))
        return bool(fitting) and all(fitting)


def _fitting(action: Action, decision: Decision, rules: Rules) -> Iterator[bool]:
    """For each entry that may have made the action compete at this decision: does it read behaviour?"""
    happened, kind = decision.event_type, decision.kind
    watched = happened == TOUCHPOINT and kind in rules.behaviour
    for entry in action.entries:
        if entry.theme and entry.theme != decision.theme:
            continue
        if entry.on == "event":
            if happened != TIMER and kind in rules.decide_on:
                yield entry.behavioural or watched
        elif entry.on == happened:
            if happened == "profile" or entry.name in ("", kind):
                yield entry.behavioural
        elif _by_point(entry, decision):
            yield entry.behavioural


def _by_point(entry: Entry, decision: Decision) -> bool:
    """A proactive point's record names its first cause only, so an entry for another cause may fit as well."""
    if decision.point == "need":
        return entry.on in ("need", "overdue")
    return entry.on == decision.point
