"""I18: one draw. What was chosen for later is confirmed with the probability of its choice, or cancelled.

Rules
 1. A decision about an action that an earlier one chose, or that another action planned, confirms it: it never chooses.
 2. The confirmation has the probability of the choice. So has the one that makes a failed contact on another channel.
"""

from garbo.audit.verify.history import TIMER, History
from garbo.audit.verify.origins import CONFIRMED, Origins, own_id
from garbo.audit.verify.report import InvariantResult


def check(past: History, origins: Origins) -> InvariantResult:
    """Check I18."""
    result = InvariantResult("I18", "a planned action is confirmed, never drawn again")
    for step in past.steps():
        decision = step.decision
        if decision is None or not decision.action_id:
            continue
        chosen = origins.decision(decision.action_id)
        if chosen is decision:
            chosen = origins.decision(origins.failed_before(step))
            if chosen is not None and chosen.chosen != decision.chosen:  # a rider of that contact, with its own chance
                chosen = None
            planned = decision.event_type == TIMER and decision.action_id != own_id(decision)
        else:
            planned = True
        if not planned and chosen is None:
            continue
        result.checked += 1
        what = f"{decision.place}: {decision.decision_id} on {decision.chosen}"
        if decision.confirmation != CONFIRMED:
            result.violations.append(f"{what} chooses what had been chosen before")
        elif chosen is not None and chosen.probability != decision.probability:
            result.violations.append(
                f"{what} has probability {decision.probability}, but it was chosen with {chosen.probability}"
            )
    return result
