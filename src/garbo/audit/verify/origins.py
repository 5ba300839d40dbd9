"""Where each action came from: the decision that chose it, what it was about, the slot that was kept for it.

Rules
 1. The first decision with an action's id chose it; the later ones confirm it or move it.
 2. An id is a function of the party and the event that chose. A decision whose own id the action does not have, and
    which no decision has named before it, is the first sight of a follow-up: it was planned by another action, for the
    instant at which its timer fired.
 3. A contact that failed and is made on another channel has a new id, but no new choice: it came from the same look.
"""

from hashlib import blake2b
from typing import Final

from garbo.audit.verify.content import Reported
from garbo.audit.verify.history import History, Step
from garbo.audit.verify.log import Decision
from garbo.audit.verify.rules import MARKETING, Rules

CONFIRMED: Final = "confirmed"
TOUCHPOINT: Final = "touchpoint"
EVENT: Final = "event"


class Origins:
    """of: action_id -> the step that chose it."""

    def __init__(self, past: History, rules: Rules) -> None:
        self._rules = rules
        self.of: dict[str, Step] = {}
        for step in past.steps():
            decision = step.decision
            if decision is None or not decision.action_id:
                continue
            held = self.of.get(decision.action_id)
            # The rows of two parties may have carried one plan; its choice is the earlier decision.
            if held is None or held.decision is None or decision.at < held.decision.at:
                self.of[decision.action_id] = step

    def decision(self, action_id: str) -> Decision | None:
        """The decision that chose the action; None when the log has none."""
        step = self.of.get(action_id)
        return None if step is None else step.decision

    def look(self, action_id: str) -> int | None:
        """The instant (ms) at which the person looked, where the offer is about a mere look; None where it is not."""
        step, behind = self.of.get(action_id), set[str]()
        while step is not None and step.decision is not None:
            again = self.failed_before(step)
            if not again or again in behind:
                return self._look(step.decision)
            behind.add(again)
            step = self.of.get(again)
        return None

    def _look(self, decision: Decision) -> int | None:
        known = self._rules.actions.get(decision.chosen)
        looked = (
            decision.event_type == TOUCHPOINT
            and decision.point == EVENT
            and decision.kind in self._rules.behaviour
            and known is not None
            and known.action_class == MARKETING
        )
        return min(decision.occurred_at, decision.at) if looked else None

    def failed_before(self, step: Step) -> str:
        """The id of the contact that failed, where this decision makes it on another channel; "" where it does not."""
        content, decision = step.arrival.content, step.decision
        if decision is None or decision.confirmation != CONFIRMED or not isinstance(content, Reported):
            return ""
        return content.action_id if content.status in self._rules.failed else ""


def own_id(decision: Decision) -> str:
    """The id of an action that this decision chooses itself."""
    named = "\x1f".join((decision.party, decision.event_id, "0"))
    return "a-" + blake2b(named.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
