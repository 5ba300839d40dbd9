"""I11: nothing is learnt about a person without `profiling` and `personal_data`.

Rules
 1. A learning example comes from an outcome on its party's log, decided at the example's instant. Both consents must
    hold there: without them neither what was known at the choice nor what is known now may be used. Or it comes from a
    correction by staff on the log of the party whose text it was; the consents must hold there.
 2. Where several outcomes fit an example, one with the consents is enough.
 3. The example of a text holds hashes, and no word.
"""

from collections import defaultdict
from typing import Final

from garbo.audit.verify.content import Reported, Touched
from garbo.audit.verify.history import Step
from garbo.audit.verify.log import Example, Log
from garbo.audit.verify.persons import Judge, Person
from garbo.audit.verify.rules import PERSONAL_DATA, PROFILING, Rules

OUTCOME: Final = "an outcome or a correction on the party's log"


class Examples(Judge):
    def __init__(self, log: Log, rules: Rules, *, truncated: bool) -> None:
        super().__init__("I11", "nothing is learnt without profiling and personal_data")
        self._correcting, self._truncated = rules.correcting, truncated
        self._at: dict[tuple[str, int], list[Example]] = defaultdict(list)
        self._missing: dict[Example, str] = {}
        for example in log.examples:
            self._at[example.party, example.at].append(example)
            self._missing[example] = OUTCOME
        self.result.checked = len(log.examples)

    def event(self, person: Person, step: Step) -> None:
        content, decision = step.arrival.content, step.decision
        if not isinstance(content, Reported | Touched) or decision is None:
            return
        for example in self._at.get((decision.party, decision.at), ()):
            if not self._is_of(example, content, decision.event_id):
                continue
            missing = [c for c in (PERSONAL_DATA, PROFILING) if not person.granted(c)]
            if not missing:
                self._missing[example] = ""
            elif self._missing[example]:
                self._missing[example] = " and ".join(missing)

    def _is_of(self, example: Example, content: Reported | Touched, event_id: str) -> bool:
        made = example.example_id.partition("/")[0]
        if isinstance(content, Touched):
            return content.kind in self._correcting and event_id == made
        return event_id == example.example_id or content.action_id == made or content.action == example.action

    def finish(self) -> None:
        """All logs have been walked."""
        self.result.violations += [
            f"{example.place}: an example about {example.party} holds words of a text"
            for example in self._missing
            if example.readable
        ]
        self.result.violations += [
            f"{example.place}: an example about {example.party} without {missing}"
            for example, missing in self._missing.items()
            if missing and not (self._truncated and missing == OUTCOME)
        ]
