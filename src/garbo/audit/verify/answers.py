"""I16: answered means delivered, and what ends unanswered says why.

Rules
 1. Where the answer's channel reports, a need is answered by the report that the answer arrived, at that event: opened,
    accepted and even refused say so too. A command that left is no answer.
 2. Where the channel reports nothing, a need is answered by the command that left at that decision.
"""

from garbo.audit.verify.content import Content, Reported
from garbo.audit.verify.history import Step
from garbo.audit.verify.log import Decision, Log
from garbo.audit.verify.persons import Judge, Person, first_copies
from garbo.audit.verify.rules import Rules
from garbo.core.vocabulary.effects import Deliver, NeedClosed
from garbo.core.vocabulary.reasons import NeedEnd


class Answers(Judge):
    def __init__(self, log: Log, rules: Rules) -> None:
        super().__init__("I16", "a need is answered when its answer arrived; an unanswered one says why")
        self._rules = rules
        self._left: dict[str, Deliver] = {}
        self._by_decision: dict[str, Deliver] = {}
        for command in first_copies(log):
            self._left[command.deliver.action_id] = command.deliver
            self._by_decision[command.deliver.decision_id] = command.deliver

    def event(self, person: Person, step: Step) -> None:
        decision = step.decision
        if decision is None:
            return
        for need in decision.needs_closed:
            if need.end is NeedEnd.UNANSWERED:
                self.result.checked += 1
                if not need.detail:
                    self.result.violations.append(
                        f"{decision.place}: a {need.kind} of {decision.party} ended unanswered without a reason"
                    )
            elif need.end is NeedEnd.ANSWERED:
                self.result.checked += 1
                if not self._arrived(need, step.arrival.content) and not self._left_unreported(need, decision):
                    self.result.violations.append(
                        f"{decision.place}: a {need.kind} of {decision.party} is called answered, "
                        f"but {need.detail or 'its answer'} has not arrived"
                    )

    def _arrived(self, need: NeedClosed, content: Content) -> bool:
        if not isinstance(content, Reported) or content.status in self._rules.missed:
            return False
        made = self._left.get(content.action_id)
        return need.kind in made.answers if made is not None else content.action == need.detail

    def _left_unreported(self, need: NeedClosed, decision: Decision) -> bool:
        made = self._by_decision.get(decision.decision_id)
        return (
            made is not None
            and made.action == need.detail
            and need.kind in made.answers
            and made.channel not in self._rules.reports
        )
