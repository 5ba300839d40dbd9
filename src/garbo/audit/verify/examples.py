"""I11: nothing is learnt about a person without `profiling` and `personal_data`, and only what happened is learnt.

Rules
 1. A learning example comes from an event on its party's log, decided at the example's instant. Both consents must hold
    there: without them neither what was known at the choice nor what is known now may be used.
 2. That of another system's contact comes from its outcome. That of a text comes from a correction by staff on the log
    of the party who wrote it, and holds hashes, no word. Any other is about a contact of ours: a command (or an offer
    that rode on one) was made, with both consents, and nothing said before that it failed.
 3. A contact gives each model one label: at the close of the target's window, not before; or a no early, and then
    perhaps a yes; after a no at the close perhaps a late yes. Each comes once, and a yes only after something said so.
 4. Where several events fit an example, one without a fault is enough.
"""

from collections import defaultdict
from typing import Final, NamedTuple

from garbo.audit.verify.content import Content, Reported, Touched
from garbo.audit.verify.history import Step
from garbo.audit.verify.log import OF_TEXTS, Command, Example, Log
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import PERSONAL_DATA, PROFILING, Rules

OUTCOME: Final = "an outcome on the party's log"
DECISION: Final = "a decision on the party's log"
CORRECTED: Final = "a correction on the party's log"
MADE: Final = "a contact that was made"
OUTSIDE, CLOSE, CORRECTION = "outside", "close", "correction"
_PLACES: Final = {OUTSIDE: OUTCOME, CORRECTION: CORRECTED}
# Kind -> the label it must have, and the kinds that the same contact may also have given to the same model.
LABELS: Final = {"early_no": 0, "early_yes": 1, "late_yes": 1}
BESIDE: Final = {
    "close": {"late_yes"},
    "early_no": {"early_yes", "late_yes"},
    "early_yes": {"early_no"},
    "late_yes": {"close", "early_no"},
}


class Made(NamedTuple):
    """A contact, as it was made. missing: the consents that were missing then."""

    party: str
    at: int
    channel: str
    missing: str


class Examples(Judge):
    def __init__(self, log: Log, rules: Rules, *, exactly_once: bool, truncated: bool) -> None:
        super().__init__("I11", "nothing is learnt without profiling and personal_data; a contact gives one label")
        self._rules, self._exactly_once, self._truncated = rules, exactly_once, truncated
        self._at: dict[tuple[str, int], list[Example]] = defaultdict(list)
        self._missing: dict[Example, str] = {}
        self._made: dict[str, Made] = {}  # by the name of the contact in an example's id
        self._said_yes: set[str] = set()  # ids of contacts
        for example in log.examples:
            self._at[example.party, example.at].append(example)
            self._missing[example] = _PLACES.get(_kind(example), DECISION)
        self._conversions = {target.touchpoint for target in rules.targets.values()} - {""}
        self.result.checked = len(log.examples)

    def event(self, person: Person, step: Step) -> None:
        content, decision = step.arrival.content, step.decision
        if decision is None:
            return
        self._said_yes |= self._yes(person, content)
        for example in self._at.get((decision.party, decision.at), ()):
            kind = _kind(example)
            if kind in _PLACES and not self._is_of(example, content, decision.event_id):
                continue
            missing = _denied(person)
            if not missing and kind not in _PLACES and not self._truncated:
                missing = self._fault(example, person)
            if not missing or self._missing[example]:
                self._missing[example] = missing

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        made = command.deliver
        self._made.setdefault(
            f"{made.action_id}/{contact.action}", Made(made.party, made.at, contact.channel, _denied(person))
        )

    def finish(self) -> None:
        """All logs have been walked."""
        self.result.violations += [
            f"{example.place}: an example about {example.party} without {missing}"
            for example, missing in self._missing.items()
            if missing and not (self._truncated and missing in (OUTCOME, DECISION, CORRECTED))
        ]
        given: dict[tuple[str, str], dict[str, Example]] = defaultdict(dict)
        for example in self._missing:
            if example.readable:
                self._violation(example, f"an example about {example.party} holds words of a text")
            if _kind(example) in _PLACES:
                continue
            name = _name(example)
            before = given[example.model, name]
            first = before.get(example.kind)
            if first is not None and (self._exactly_once or first.label != example.label):
                self._violation(example, f"a second {example.kind} of {name}, after {first.place}")
            for kind, other in before.items():
                if kind != example.kind and kind not in BESIDE.get(example.kind, ()):
                    self._violation(example, f"a {example.kind} of {name} beside the {kind} at {other.place}")
                elif kind != example.kind and example.label == other.label == 1:
                    self._violation(example, f"a second yes of {name}, after {other.place}")
            before.setdefault(example.kind, example)
            made = self._made.get(name)
            target = self._rules.targets.get(example.model)
            if example.kind == CLOSE and made is not None and target is not None:
                closes = made.at + target.windows.get(made.channel, target.window)
                if example.at < closes:
                    self._violation(example, f"the label of {name}, {closes - example.at} ms before its window closes")
            if example.label != LABELS.get(example.kind, example.label):
                self._violation(example, f"a {example.kind} with the label {example.label}")

    def _violation(self, example: Example, what: str) -> None:
        self.result.violations.append(f"{example.place}: {what}")

    def _is_of(self, example: Example, content: Content, event_id: str) -> bool:
        """Is the event that of an example that is about no contact of ours?"""
        if _kind(example) == CORRECTION:
            made_of = example.example_id.rpartition("/")[0]
            return isinstance(content, Touched) and content.kind in self._rules.correcting and event_id == made_of
        return isinstance(content, Reported) and event_id == example.example_id and content.action == example.action

    def _fault(self, example: Example, person: Person) -> str:
        """What an example of our own contact lacks; empty for nothing."""
        made_of, _, action = _name(example).partition("/")
        here = any(c.action_id == made_of and c.action == action for c in person.contacts)
        made = self._made.get(f"{made_of}/{action}")
        if example.kind == "early_no" and made is None:
            return ""  # its command comes next: `finish` finds none
        if not here or made is None:
            return MADE
        if made.missing:
            return f"{made.missing} when the contact was made"
        return "a yes of the customer" if example.label and made_of not in self._said_yes else ""

    def _yes(self, person: Person, content: Content) -> set[str]:
        """The contacts of which the event may say yes."""
        match content:
            case Reported(status, action_id, action, _) if status in self._rules.positive:
                return {action_id} if action_id else {c.action_id for c in person.contacts if c.action == action}
            case Touched(kind, _, _) if kind in self._conversions:
                return {c.action_id for c in person.contacts}
            case _:
                return set()


def _kind(example: Example) -> str:
    """Of what the example is. One for a model of texts is a correction, whatever it says."""
    return CORRECTION if example.model.startswith(OF_TEXTS) else example.kind


def _name(example: Example) -> str:
    return example.example_id.rpartition("/")[0]


def _denied(person: Person) -> str:
    return " and ".join(c for c in (PERSONAL_DATA, PROFILING) if not person.granted(c))
