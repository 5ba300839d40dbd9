"""I22: no model looks at a person without `profiling` and `personal_data`.

Rules
 1. A decision's record has a vector of the person, a model's answer, or another lineup only where both consents hold on
    the party's log, the decision's own event counted.
 2. The prior of the policy needs neither: a score without a model is no violation.
"""

from collections.abc import Iterator

from garbo.audit.verify.history import Step
from garbo.audit.verify.log import Decision
from garbo.audit.verify.persons import Judge, Person
from garbo.audit.verify.rules import PERSONAL_DATA, PROFILING


class Vectors(Judge):
    def __init__(self) -> None:
        super().__init__("I22", "no model looks at a person without profiling and personal_data")

    def event(self, person: Person, step: Step) -> None:
        decision = step.decision
        if decision is None or not decision.competed:
            return
        self.result.checked += 1
        missing = [c for c in (PERSONAL_DATA, PROFILING) if not person.granted(c)]
        if missing and (seen := list(_looked(decision))):
            self.result.violations.append(
                f"{decision.place}: {decision.decision_id} has {', '.join(seen)} of {decision.party} without "
                f"{' and '.join(missing)}"
            )


def _looked(decision: Decision) -> Iterator[str]:
    """What the record holds that a model has looked at or said."""
    if decision.vector:
        yield "a vector"
    if any(scored.model_output >= 0 for scored in decision.scored):
        yield "a model's answer"
    if decision.lineups:
        yield "lineups"
